"""What a file is that is not a photo, told from its first bytes, and what to do about it."""

from __future__ import annotations

_RAW = "This is a camera raw file. Develop it in the camera's program and export a JPEG or TIFF."
_VIDEO = "This is a video, not a photo. Take a photo, or export one sharp frame as JPEG."
_PDF = "This is a PDF, not a photo. Export the page as JPEG or PNG and add that file."
_ZIP = (
    "This is a ZIP archive or an office document, not a photo. Unpack it and add the photos in it."
)
_DICOM = "This is a DICOM file. Export the photo from it as JPEG or PNG and add that file."
_DRAWING = "This is an SVG drawing, not a photo. Add the photo itself as JPEG or PNG."
_PAGE = (
    "This is a web page, not a photo: a download may have failed. Save the photo itself and add it."
)
_LAYERS = "This is a Photoshop document. Export it as JPEG or TIFF and add that file."
_NEWER = "This picture's format ({}) is not read. Export it as JPEG, PNG or HEIC."

# (offset, bytes, sentence); the first that fits counts. Signatures: the formats' own
# specifications; raw: as listed in the file(1) database.
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (128, b"DICM", _DICOM),  # first: its preamble may imitate a TIFF
    (0, b"%PDF-", _PDF),
    (0, b"PK\x03\x04", _ZIP),
    (0, b"\x1f\x8b", _ZIP),
    (0, b"Rar!\x1a\x07", _ZIP),
    (0, b"7z\xbc\xaf\x27\x1c", _ZIP),
    (0, b"8BPS", _LAYERS),
    (0, b"II*\0\x10\0\0\0CR", _RAW),
    (0, b"FUJIFILMCCD-RAW", _RAW),
    (0, b"IIRO", _RAW),
    (0, b"IIRS", _RAW),
    (0, b"IIU\0", _RAW),
    (4, b"ftypcrx ", _RAW),
    (4, b"ftypavi", _NEWER.format("AVIF")),
    (0, b"\0\0\0\x0cJXL ", _NEWER.format("JPEG XL")),
    (0, b"\xff\x0a", _NEWER.format("JPEG XL")),
    (0, b"\0\0\0\x0cjP  ", _NEWER.format("JPEG 2000")),
    (0, b"\xff\x4f\xff\x51", _NEWER.format("JPEG 2000")),
    (8, b"AVI ", _VIDEO),
    (0, b"\x1a\x45\xdf\xa3", _VIDEO),
    (0, b"\0\0\1\xba", _VIDEO),
)
_VIDEO_BRANDS = (b"isom", b"iso2", b"iso5", b"iso6", b"mp41", b"mp42", b"M4V ", b"qt  ", b"avc1",
                 b"3gp", b"MSNV", b"dash")  # fmt: skip
_PHOTO_STARTS = (b"\xff\xd8", b"\x89PNG", b"II*\0", b"MM\0*", b"RIFF", b"GIF8", b"BM")


def refusal_of(data: bytes) -> str | None:
    r"""Say what a file is, if it is a known kind that is not a photo.

    Parameters
    ----------
    data : bytes
        The file, not empty.

    Returns
    -------
    str or None
        A sentence that names the kind and says what to do; None when it may be a photo.

    Examples
    --------
    >>> refusal_of(b"%PDF-1.7 ...").split(",")[0]
    'This is a PDF'
    >>> refusal_of(b"\xff\xd8\xff\xe0") is None
    True
    """
    for offset, signature, sentence in _SIGNATURES:
        if data[offset : offset + len(signature)] == signature:
            return sentence
    if data[4:8] == b"ftyp" and data[8:12].startswith(_VIDEO_BRANDS):
        return _VIDEO
    if not data[:4096].strip(b"\0") and not data.strip(b"\0"):
        return "The file holds nothing but zeros: copying it failed. Copy it from the camera again."
    return _refusal_of_text(data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip().lower())


def _refusal_of_text(start: bytes) -> str | None:
    if not start.startswith(b"<"):
        return None
    if b"<svg" in start:
        return _DRAWING
    if b"<html" in start or start.startswith(b"<!doctype html"):
        return _PAGE
    return None


def looks_like_photo(data: bytes) -> bool:
    r"""Return whether a file starts like a photo, even if the rest cannot be read.

    Parameters
    ----------
    data : bytes
        The file.

    Returns
    -------
    bool

    Examples
    --------
    >>> looks_like_photo(b"\xff\xd8\xff")
    True
    """
    return data.startswith(_PHOTO_STARTS) or data[4:8] == b"ftyp"
