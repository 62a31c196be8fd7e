"""Colour profiles: what a file says its numbers mean, turned into sRGB.

A phone's photo is often Display P3 and a camera's may be Adobe RGB. Read as if they were sRGB,
both look paler than the skin was, so that redness would be measured too low.

References
----------
ICC.1:2022 (profile format). IEC 61966-2-1:1999 (sRGB). Adobe RGB (1998) Color Image Encoding.
CIPA DC-009 (DCF 2.0: interoperability index R03 stands for Adobe RGB).
ITU-T H.273 (code points of primaries and transfer in HEIC).
"""

from __future__ import annotations

import io
import struct

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from lesionscope.imaging.quality import Note

ADOBE_RGB = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
"""Chromaticity (x, y) of red, green and blue: Adobe RGB (1998), section 4.3.1."""
DISPLAY_P3 = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
"""Chromaticity of red, green and blue: SMPTE EG 432-1, H.273 code point 12."""
BT_2020 = ((0.708, 0.292), (0.17, 0.797), (0.131, 0.046))
"""Chromaticity of red, green and blue: ITU-R BT.2020, H.273 code point 9."""
ADOBE_GAMMA = 563 / 256
"""Exponent of Adobe RGB (1998), section 4.3.4.2."""

_D65_XY = (0.3127, 0.3290)
_D50_XYZ = np.array([0.9642, 1.0, 0.8249])
# Bradford cone responses (ICC.1:2022, annex E.3).
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
# H.273: primaries that a HEIC file may name without carrying a profile, and transfers of HDR.
_HEIC_PRIMARIES = {9: (BT_2020, "BT.2020"), 12: (DISPLAY_P3, "Display P3")}
_HEIC_HDR_TRANSFERS = (16, 18)
_SPACE_OF_MODE = {"RGB": "RGB", "CMYK": "CMYK", "L": "GRAY"}
_RELATIVE = ImageCms.Intent.RELATIVE_COLORIMETRIC


def matrix_profile(
    primaries: tuple[tuple[float, float], ...], gamma: float | None, name: str
) -> bytes:
    """Write the ICC profile of an RGB space under D65.

    Parameters
    ----------
    primaries : tuple of three (x, y)
        Chromaticity of red, green and blue.
    gamma : float or None
        Exponent of the transfer curve; None for the curve of sRGB.
    name : str
        Description, ASCII.

    Returns
    -------
    bytes
        A version 2.4 display profile with the primaries adapted to D50.

    References
    ----------
    ICC.1:2001-04, sections 6.1 to 6.5.
    """
    columns = _adapted_primaries(primaries)
    curve = _curve_tag(gamma)
    text = name.encode("ascii") + b"\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78)
    tags = [
        (b"desc", description),
        (b"cprt", b"text\0\0\0\0CC0\0"),
        (b"wtpt", _xyz_tag(_D50_XYZ)),
        *((key, _xyz_tag(columns[:, i])) for i, key in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))),
        *((key, curve) for key in (b"rTRC", b"gTRC", b"bTRC")),
    ]
    offset = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for key, tag in tags:
        table += key + struct.pack(">II", offset + len(body), len(tag))
        body += tag + bytes(-len(tag) % 4)
    header = struct.pack(
        ">I4sI4s4s4s12s4s28s",
        offset + len(body), b"", 0x02400000, b"mntr", b"RGB ", b"XYZ ", bytes(12), b"acsp", b"",
    )  # fmt: skip
    return (header + _xyz_tag(_D50_XYZ)[8:]).ljust(128, b"\0") + table + body


def _adapted_primaries(primaries: tuple[tuple[float, float], ...]) -> NDArray[np.float64]:
    def xyz(x: float, y: float) -> NDArray[np.float64]:
        return np.array([x / y, 1.0, (1 - x - y) / y])

    white = xyz(*_D65_XY)
    columns = np.stack([xyz(x, y) for x, y in primaries], axis=1)
    columns *= np.linalg.solve(columns, white)
    cones = np.diag((_BRADFORD @ _D50_XYZ) / (_BRADFORD @ white))
    return np.asarray(np.linalg.solve(_BRADFORD, cones @ _BRADFORD @ columns))


def _xyz_tag(xyz: NDArray[np.float64]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(65536 * float(v)) for v in xyz))


def _curve_tag(gamma: float | None) -> bytes:
    if gamma is not None:
        return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(256 * gamma))
    x = np.arange(1024) / 1023
    linear = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    samples: bytes = np.rint(65535 * linear).astype(">u2").tobytes()
    return struct.pack(">4sII", b"curv", 0, 1024) + samples


def stated_profile(image: Image.Image) -> tuple[bytes | None, Note | None]:
    """Return the colour profile that a file carries or names.

    Parameters
    ----------
    image : PIL.Image.Image
        As opened, with its `info` and EXIF.

    Returns
    -------
    profile : bytes or None
        ICC profile; None when the file says nothing, which means sRGB.
    note : Note or None
        Set when the file names a coding that cannot be undone here (HDR).
    """
    embedded = image.info.get("icc_profile")
    if embedded:
        return bytes(embedded), None
    named = image.info.get("nclx_profile") or {}
    hdr = None
    if named.get("transfer_characteristics") in _HEIC_HDR_TRANSFERS:
        hdr = Note(
            "hdr_coding",
            "serious",
            "The photo is coded for HDR screens, which is not undone here: brightness and "
            "redness are not those of the skin.",
            "Turn HDR video and HDR photo off in the camera's settings and take the photo again.",
        )
    if named.get("color_primaries") in _HEIC_PRIMARIES:
        primaries, name = _HEIC_PRIMARIES[named["color_primaries"]]
        return matrix_profile(primaries, None, name), hdr
    if _dcf_adobe_rgb(image):
        return matrix_profile(ADOBE_RGB, ADOBE_GAMMA, "Adobe RGB (1998)"), hdr
    return None, hdr


def _dcf_adobe_rgb(image: Image.Image) -> bool:
    try:
        index = image.getexif().get_ifd(0xA005).get(1)
    except Exception:  # a damaged EXIF block raises nearly anything; decode() reports it
        return False
    return isinstance(index, str) and index.rstrip("\0 ") == "R03"


def to_srgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, tuple[Note, ...]]:
    """Convert a picture to sRGB by its profile, relative colorimetric.

    Parameters
    ----------
    image : PIL.Image.Image
        Mode RGB, L or CMYK. An RGB picture may be changed in place.
    profile : bytes or None
        ICC profile; None leaves RGB and L as they are.

    Returns
    -------
    image : PIL.Image.Image
        Mode RGB.
    notes : tuple of Note
        What was converted, or that the profile could not be used.
    """
    notes: list[Note] = []
    if profile is not None:
        try:
            return _by_profile(image, profile)
        except (ImageCms.PyCMSError, OSError, ValueError) as error:
            notes.append(_broken(str(error)))
    if image.mode == "CMYK":
        notes.append(_inks(with_profile=False))
    return (image if image.mode == "RGB" else image.convert("RGB")), tuple(notes)


def _by_profile(image: Image.Image, profile: bytes) -> tuple[Image.Image, tuple[Note, ...]]:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    space = source.profile.xcolor_space.strip()
    if image.mode == "L" and space == "RGB":
        image = image.convert("RGB")
    if _SPACE_OF_MODE[image.mode] != space:
        raise ValueError(f"the profile is for {space}, the picture is {image.mode}")
    # Black point compensation matters for ink alone: both ends of a screen profile are 0.
    transform = ImageCms.buildTransform(
        source, ImageCms.createProfile("sRGB"), image.mode, "RGB",
        renderingIntent=_RELATIVE, flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )  # fmt: skip
    if image.mode == "RGB":
        if _is_identity(transform):
            return image, ()
        ImageCms.applyTransform(image, transform, inPlace=True)
        return image, (_converted(ImageCms.getProfileDescription(source)),)
    converted = ImageCms.applyTransform(image, transform)
    if converted is None:
        raise ValueError("the profile gave no picture")
    return converted, ((_inks(with_profile=True),) if image.mode == "CMYK" else ())


def _is_identity(transform: ImageCms.ImageCmsTransform) -> bool:
    # Most photos carry a profile of sRGB itself; 4096 colours show it without touching 12 MP.
    steps = np.arange(0, 256, 17, dtype=np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(64, 64, 3)
    moved = ImageCms.applyTransform(Image.fromarray(grid), transform)
    if moved is None:
        raise ValueError("the profile gave no picture")
    return bool(np.abs(np.asarray(moved).astype(int) - grid).max() <= 1)


def _converted(description: str) -> Note:
    name = "".join(c for c in description if c.isprintable()).strip()[:60] or "unnamed profile"
    return Note(
        "profile_converted", "info", f"Colours were converted from the file's profile ({name})."
    )


def _broken(why: str) -> Note:
    return Note(
        "profile_broken",
        "warning",
        "The file's colour profile could not be used, so its colours were read as sRGB: redness "
        f"may be somewhat off ({why.splitlines()[0][:120] if why else 'no reason given'}).",
        "Use the file as the camera wrote it, not a copy from another program.",
    )


def _inks(*, with_profile: bool) -> Note:
    if with_profile:
        message = (
            "The picture was stored in printing inks (CMYK) and converted by its profile: strong "
            "reds may have been lost before it came here."
        )
    else:
        message = (
            "The picture is stored in printing inks (CMYK) without a profile: its colours are a "
            "guess, and redness is not reliable."
        )
    return Note(
        "cmyk",
        "warning" if with_profile else "serious",
        message,
        "Use the photo as the camera wrote it, before it was prepared for print.",
    )
