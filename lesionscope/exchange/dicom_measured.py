"""What the machine measured in a released photo, as DICOM: a segmentation and a structured report.

Both say that software made them and that nobody signed: the report is unverified.

References
----------
DICOM PS3.3 A.51 (Segmentation IOD), A.35.3 (Comprehensive SR IOD); PS3.16 TID 1500 (measurement
report).
"""

from __future__ import annotations

from copy import deepcopy

import highdicom as hd
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from lesionscope.core.measurement import Item
from lesionscope.core.study_data import RecordedMeasurement, StudyData
from lesionscope.exchange.dicom_parts import MANUFACTURER, METHOD, uid_of

_SCHEME = "99LESION"
_MODEL = "LesionScope, research software, not a medical device"
_PERCENT, _CM2, _ONE = codes.UCUM.Percent, codes.UCUM.SquareCentimeter, codes.UCUM.NoUnits
_MEASURED = (
    ("bsa_percent", "Involved body surface area, handprint 1 %", _PERCENT),
    ("bsa_percent_low", "Involved body surface area, lower bound", _PERCENT),
    ("bsa_percent_high", "Involved body surface area, upper bound", _PERCENT),
    ("handprints", "Lesion area in handprints", _ONE),
    ("area_cm2", "Lesion area", _CM2),
    ("area_cm2_low", "Lesion area, lower bound", _CM2),
    ("area_cm2_high", "Lesion area, upper bound", _CM2),
    ("ita_deg", "Individual typology angle of clear skin", codes.UCUM.Degree),
)


def outline_dataset(
    data: StudyData, one: RecordedMeasurement, photo: Dataset, lesion: NDArray[np.bool_]
) -> Dataset:
    """Make the segmentation of the lesions of a photo.

    Parameters
    ----------
    data : StudyData
        One snapshot of the record.
    one : RecordedMeasurement
        The measurement that outlined them.
    photo : Dataset
        VL Photographic Image of the photo.
    lesion : ndarray of shape (Rows, Columns), bool
        Lesional skin in the pixels of that image.

    Returns
    -------
    Dataset
        Segmentation of one segment. Semi-automatic when a person corrected the outline.
    """
    kind = hd.seg.SegmentAlgorithmTypeValues
    segment = hd.seg.SegmentDescription(
        segment_number=1,
        segment_label="Lesional skin",
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=codes.SCT.Lesion,
        algorithm_type=kind.SEMIAUTOMATIC if one.corrected else kind.AUTOMATIC,
        algorithm_identification=hd.AlgorithmIdentificationSequence(
            name=MANUFACTURER,
            family=codes.DCM.ArtificialIntelligence,
            version=_version(one),
            parameters={"networks": _model(one)},
        ),
        tracking_uid=uid_of(data.record, "lesions of", one.photo_id),
        tracking_id=f"lesions of photo {one.photo_id}",
    )
    # The spacing stays with the image: copied, it would need a slice thickness, which skin has not.
    source = deepcopy(photo)
    source.pop("PixelSpacing", None)
    made = hd.seg.Segmentation(
        source_images=[source],
        pixel_array=lesion[None].astype(np.uint8),
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[segment],
        series_instance_uid=uid_of(data.record, "outlines of visit", photo.StudyID),
        series_number=2,
        sop_instance_uid=uid_of(photo.SOPInstanceUID, "outline", one.id),
        instance_number=one.id,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=_MODEL,
        software_versions=_version(one),
        device_serial_number="none",
        series_description=f"Outlines by {one.origin}; signed by nobody"[:64],
    )
    made.PatientOrientation = ""
    return _deidentified(made)


def report_dataset(
    data: StudyData, one: RecordedMeasurement, photo: Dataset, evidence: list[Dataset]
) -> Dataset:
    """Make the structured report of a measurement.

    Parameters
    ----------
    data : StudyData
        One snapshot of the record.
    one : RecordedMeasurement
        The measurement.
    photo : Dataset
        VL Photographic Image of the photo.
    evidence : list of Dataset
        The image, and the segmentation where there is one.

    Returns
    -------
    Dataset
        Comprehensive SR after TID 1500, complete and unverified.
    """
    observer = hd.sr.ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=hd.sr.DeviceObserverIdentifyingAttributes(
            uid=uid_of("software", _version(one), _model(one)),
            name=f"{MANUFACTURER} {_version(one)}",
            manufacturer_name=MANUFACTURER,
            model_name=_MODEL[:64],
        ),
    )
    content = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(observer_device_context=observer),
        procedure_reported=codes.DCM.ExternalCameraPhotography,
        imaging_measurements=[_measurements(data, one, photo)],
        title=codes.DCM.ImagingMeasurementReport,
    )
    made = hd.sr.ComprehensiveSR(
        evidence=evidence,
        content=content,
        series_instance_uid=uid_of(data.record, "reports of visit", photo.StudyID),
        series_number=3,
        sop_instance_uid=uid_of(photo.SOPInstanceUID, "report", one.id),
        instance_number=one.id,
        manufacturer=MANUFACTURER,
        is_complete=True,
        is_final=False,
        is_verified=False,
        series_description="Measured by software, signed by nobody",
    )
    return _deidentified(made)


def _measurements(
    data: StudyData, one: RecordedMeasurement, photo: Dataset
) -> hd.sr.MeasurementsAndQualitativeEvaluations:
    source = hd.sr.SourceImageForMeasurementGroup(photo.SOPClassUID, photo.SOPInstanceUID)
    algorithm = hd.sr.AlgorithmIdentification(
        name=MANUFACTURER, version=_version(one), parameters=[f"networks: {_model(one)}"]
    )
    found = one.document
    listed = [
        hd.sr.Measurement(_name(key, words), float(found[key]), unit, algorithm_id=algorithm)
        for key, words, unit in _MEASURED
        if found.get(key) is not None
    ]
    for suggestion in found.get("suggestions") or ():
        if suggestion["level"] is not None:
            item = Item(suggestion["item"])
            name = _name(f"suggested_{item}", f"Suggested level of {item}, no score")
            level = float(suggestion["level"])
            listed.append(hd.sr.Measurement(name, level, _ONE, algorithm_id=algorithm))
    outlined = hd.sr.QualitativeEvaluation(
        _name("outlined_by", "Outlined by"),
        _name("corrected", "Machine, corrected by a person")
        if one.corrected
        else _name("machine", "Machine alone"),
    )
    return hd.sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(
            uid=uid_of(data.record, "measured", one.id), identifier=f"measurement {one.id}"
        ),
        source_images=[source],
        measurements=listed,
        qualitative_evaluations=[outlined],
    )


def _name(key: str, words: str) -> hd.sr.CodedConcept:
    """Return one of this project's own codes: no official one was found."""
    return hd.sr.CodedConcept(key[:16], _SCHEME, words)


def _version(one: RecordedMeasurement) -> str:
    return str(one.document.get("software_version") or "unknown")


def _model(one: RecordedMeasurement) -> str:
    return str(one.document.get("model_version") or "unknown")


def _deidentified(made: Dataset) -> Dataset:
    made.PatientIdentityRemoved = "YES"
    made.DeidentificationMethod = METHOD[:64]
    made.LongitudinalTemporalInformationModified = "REMOVED"
    return made
