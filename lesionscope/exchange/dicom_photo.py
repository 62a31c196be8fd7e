"""A released photo as a DICOM VL Photographic Image.

References
----------
DICOM PS3.3 A.32.4 (VL Photographic Image IOD), C.8.12.1 (VL Image Module), 10.7.1.3 (pixel spacing
calibration); PS3.5 A.4.1 (JPEG).
"""

from __future__ import annotations

import hashlib
import io

from PIL import Image
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit, VLPhotographicImageStorage

from lesionscope.core.study_data import RecordedPhoto, StudyData
from lesionscope.exchange.dicom_parts import (
    MANUFACTURER,
    put_patient_and_study,
    put_region,
    uid_of,
)
from lesionscope.exchange.picture_package import mm_per_picture_px


def photo_dataset(data: StudyData, photo: RecordedPhoto, picture: bytes) -> FileDataset:
    """Make the VL Photographic Image of a photo.

    Parameters
    ----------
    data : StudyData
        One snapshot of the record.
    photo : RecordedPhoto
        Which photo.
    picture : bytes
        JPEG that a person released.

    Returns
    -------
    FileDataset
        The bytes of the picture as they are. With a pixel spacing only if the photo is calibrated;
        it holds on the plane of the ruler, and nothing is said of skin that curves away from it.
    """
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = VLPhotographicImageStorage
    meta.MediaStorageSOPInstanceUID = uid_of(data.record, "photo", photo.id, _sha256(picture))
    meta.TransferSyntaxUID = JPEGBaseline8Bit
    made = FileDataset("", Dataset(), file_meta=meta, preamble=b"\0" * 128)
    made.SOPClassUID = meta.MediaStorageSOPClassUID
    made.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    put_patient_and_study(made, data, photo)
    made.Modality = "XC"
    made.SeriesInstanceUID = uid_of(data.record, "photos of visit", photo.visit_id)
    made.SeriesNumber = 1
    made.SeriesDescription = f"Released photos: {photo.site}"[:64]
    made.Manufacturer = MANUFACTURER
    made.SoftwareVersions = data.software
    made.InstanceNumber = photo.id
    made.PatientOrientation = ""
    made.ImageComments = f"{photo.view}, {photo.side.value}. Original sha256 {photo.sha256}"
    put_region(made, photo)
    _put_pixels(made, picture)
    _put_spacing(made, mm_per_picture_px(data, photo.id, int(made.Columns)))
    return made


def _sha256(picture: bytes) -> str:
    # In the UID: a photo released anew with other pixels is another image.
    return hashlib.sha256(picture).hexdigest()


def _put_pixels(made: FileDataset, picture: bytes) -> None:
    with Image.open(io.BytesIO(picture)) as opened:
        made.Columns, made.Rows = opened.size
    made.ImageType = ["DERIVED", "PRIMARY"]
    made.SamplesPerPixel = 3
    made.PhotometricInterpretation = "YBR_FULL_422"
    made.PlanarConfiguration = 0
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit = 7
    made.PixelRepresentation = 0
    made.BurnedInAnnotation = "NO"
    made.LossyImageCompression = "01"
    made.LossyImageCompressionMethod = "ISO_10918_1"
    ratio = int(made.Rows) * int(made.Columns) * 3 / len(picture)
    made.LossyImageCompressionRatio = f"{ratio:.2f}"
    made.AcquisitionContextSequence = []
    made.PixelData = encapsulate([picture])
    made["PixelData"].is_undefined_length = True


def _put_spacing(made: FileDataset, mm_per_px: float | None) -> None:
    if mm_per_px is None:
        return
    spacing = float(f"{mm_per_px:.8g}")
    made.PixelSpacing = [spacing, spacing]
    made.PixelSpacingCalibrationType = "FIDUCIAL"
    made.PixelSpacingCalibrationDescription = "On the plane of a ruler in the photo"
