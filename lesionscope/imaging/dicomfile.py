"""The photo in a DICOM file, if the file is de-identified and the photo can be read.

The record keeps every file as it came, so a DICOM file that names its patient is not let in.
Its pixel spacing is not read: a photo is measured with the ruler that is seen in it.

References
----------
DICOM PS3.5 section 7.1 and annex A.4 (transfer syntaxes); PS3.15 annex E (de-identification).
"""

from __future__ import annotations

import io
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_EXPORT = "Export the photo from it as JPEG or PNG and add that file."
# It would be inflated without a bound before anything of it is known.
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
_PLAIN = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1")


class NotInDicom(ValueError):  # noqa: N818 - a refusal, and named as one
    """A DICOM file without a photo that can be read; its text is a sentence for a person."""


def is_dicom(data: bytes) -> bool:
    """Return whether a file says that it is DICOM."""
    return data[128:132] == b"DICM"


def photo_in_dicom(data: bytes, *, pixel_limit: int) -> bytes:
    """Take the photo out of a DICOM file.

    Parameters
    ----------
    data : bytes
        A whole DICOM file.
    pixel_limit : int
        Largest picture, in pixels.

    Returns
    -------
    bytes
        The JPEG as it is in the file, or a PNG of uncompressed pixels.

    Raises
    ------
    NotInDicom
        If the file names its patient, is no single colour photo, is compressed otherwise, is too
        large, or if the packages that read DICOM are not installed.
    """
    if find_spec("pydicom") is None:
        raise NotInDicom(
            f"This is a DICOM file, which needs pip install 'lesionscope[dicom]'. {_EXPORT}"
        )
    if _DEFLATED in data:
        raise NotInDicom(f"This DICOM file is deflated, which is not read. {_EXPORT}")
    from pydicom import dcmread

    try:
        return _photo(dcmread(io.BytesIO(data)), pixel_limit)
    except NotInDicom:
        raise
    except Exception as error:  # a hostile or damaged file makes the reader raise nearly anything
        raise NotInDicom(f"This DICOM file is damaged, or holds no photo. {_EXPORT}") from error


def _photo(found: Dataset, pixel_limit: int) -> bytes:
    if found.get("PatientIdentityRemoved") != "YES":
        raise NotInDicom(
            "This DICOM file is not marked as de-identified, and the record would keep what it "
            f"says of the patient. {_EXPORT}"
        )
    if int(found.get("NumberOfFrames", 1)) != 1 or found.SamplesPerPixel != 3:
        raise NotInDicom(f"This DICOM file is no single colour photo. {_EXPORT}")
    if found.Rows * found.Columns > pixel_limit:
        raise NotInDicom(
            f"The picture in this DICOM file is {found.Columns} x {found.Rows} pixels; at most "
            f"{pixel_limit // 10**6} megapixels are read. {_EXPORT}"
        )
    syntax = found.file_meta.TransferSyntaxUID
    colours = str(found.PhotometricInterpretation)
    if syntax == _JPEG_BASELINE and colours.startswith("YBR"):
        from pydicom.encaps import get_frame

        return bytes(get_frame(found.PixelData, 0, number_of_frames=1))
    if syntax in _PLAIN and colours == "RGB" and found.BitsAllocated == 8:
        return _png(found)
    if syntax in (_JPEG_BASELINE, *_PLAIN):
        raise NotInDicom(
            f"This DICOM file stores its colours in a form that is not read. {_EXPORT}"
        )
    # A name that the standard does not know is whatever the file says: no words for a person.
    known = syntax.name if syntax.name != syntax else "something that DICOM does not know"
    raise NotInDicom(f"This DICOM file is coded as {known}, which is not read. {_EXPORT}")


def _png(found: Dataset) -> bytes:
    samples = np.frombuffer(found.PixelData, np.uint8)[: found.Rows * found.Columns * 3]
    if found.get("PlanarConfiguration", 0) == 1:
        pixels = samples.reshape(3, found.Rows, found.Columns).transpose(1, 2, 0)
    else:
        pixels = samples.reshape(found.Rows, found.Columns, 3)
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "PNG", compress_level=1)
    return out.getvalue()
