"""What every DICOM object of an export has: who, de-identified, made by what.

References
----------
DICOM PS3.3 (modules), PS3.15 annex E (de-identification), PS3.5 annex B.2 (UIDs from UUIDs).
"""

from __future__ import annotations

import uuid

from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import UID

from lesionscope.core.sites import Side, Site
from lesionscope.core.study_data import RecordedPhoto, StudyData

MANUFACTURER = "LesionScope"
METHOD = "Pseudonym and study day; no dates, no metadata of the photo; pixels released by a person"

# Made once for this project: the same photo of the same study has the same UID in every export.
_NAMESPACE = uuid.UUID("0c1d5a34-9a3e-4d0f-8f57-61b5b7f5a1d2")

REGIONS: dict[Site, Code] = {
    Site.SCALP: codes.SCT.Scalp,
    Site.MALAR: codes.SCT.Cheek,
    Site.PERIORBITAL: codes.SCT.EyeRegion,
    Site.REST_OF_FACE: codes.SCT.Face,
    Site.V_NECK: codes.SCT.Neck,
    Site.POSTERIOR_NECK: codes.SCT.Neck,
    Site.UPPER_BACK_SHOULDERS: codes.SCT.Back,
    Site.REST_BACK_BUTTOCKS: codes.SCT.Back,
    Site.ABDOMEN: codes.SCT.Abdomen,
    Site.LATERAL_UPPER_THIGH: codes.SCT.Thigh,
    Site.REST_LEG_FEET: codes.SCT.LowerLimb,
    Site.ARM: codes.SCT.UpperLimb,
    Site.MECHANICS_HAND: codes.SCT.Hand,
    Site.DORSUM_HANDS: codes.SCT.Hand,
    Site.GOTTRON_HANDS: codes.SCT.Hand,
    Site.ANTERIOR_CHEST: codes.SCT.Chest,
}
"""The nearest region that SNOMED CT names; the site itself is in the series description."""

_UNPAIRED = (codes.SCT.Scalp, codes.SCT.Neck, codes.SCT.Back, codes.SCT.Abdomen)
_SIDES = {Side.LEFT: "L", Side.RIGHT: "R"}


def uid_of(*names: object) -> UID:
    """Return the UID of something of a study, the same in every export.

    Examples
    --------
    >>> uid_of("study", "photo", 1) == uid_of("study", "photo", 1)
    True
    """
    return UID(f"2.25.{uuid.uuid5(_NAMESPACE, '/'.join(map(str, names))).int}")


def coded(code: Code) -> Dataset:
    """Return a code as an item of a sequence."""
    item = Dataset()
    item.CodeValue = code.value
    item.CodingSchemeDesignator = code.scheme_designator
    item.CodeMeaning = code.meaning[:64]
    return item


def put_patient_and_study(made: Dataset, data: StudyData, photo: RecordedPhoto) -> None:
    """Write whose photo it is and of which visit: a pseudonym, a study day, and no date."""
    pseudonym = data.pseudonym(photo.visit_id)
    made.SpecificCharacterSet = "ISO_IR 192"
    # The whole pseudonym is the family name: a caret says that nothing else is known.
    made.PatientName = f"{pseudonym}^"
    made.PatientID = pseudonym
    made.PatientBirthDate = ""
    made.PatientSex = ""
    made.PatientIdentityRemoved = "YES"
    made.DeidentificationMethod = METHOD[:64]
    made.LongitudinalTemporalInformationModified = "REMOVED"
    made.StudyInstanceUID = uid_of(data.record, "visit", photo.visit_id)
    made.StudyID = str(photo.visit_id)
    made.StudyDate = ""
    made.StudyTime = ""
    made.AccessionNumber = ""
    made.ReferringPhysicianName = ""
    made.StudyDescription = f"Study day {data.study_day(photo.visit_id)}"


def put_region(made: Dataset, photo: RecordedPhoto) -> None:
    """Write which part of the body a photo shows."""
    region = REGIONS.get(photo.site, codes.SCT.Skin)
    made.AnatomicRegionSequence = [coded(region)]
    side = _SIDES.get(photo.side)
    if side is not None:
        made.ImageLaterality = side
    elif region not in _UNPAIRED:
        made.Laterality = ""  # of a region of two sides the standard asks, and both are shown
