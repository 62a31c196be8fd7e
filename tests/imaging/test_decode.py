"""Every kind of file that a clinic may hand in, and what comes of it."""

import hashlib
import io
import struct
import warnings
import zlib
from datetime import datetime, timedelta, timezone
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lesionscope.imaging.decode import (
    BYTE_LIMIT,
    ENDINGS,
    FORMATS,
    SIDE_MINIMUM,
    UnreadableImage,
    decode,
)
from lesionscope.imaging.icc import DISPLAY_P3, matrix_profile

HEIC = Path(__file__).parent / "data"

# One colour for each quarter, so that no turn or mirror image looks like another.
TOP_LEFT, TOP_RIGHT = (200, 120, 100), (60, 160, 60)
BOTTOM_LEFT, BOTTOM_RIGHT = (60, 60, 180), (230, 220, 210)

# EXIF orientation -> how the upright picture lies in the file.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def quarters(height: int = 96, width: int = 128) -> np.ndarray:
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = TOP_LEFT
    pixels[: height // 2, width // 2 :] = TOP_RIGHT
    pixels[height // 2 :, : width // 2] = BOTTOM_LEFT
    pixels[height // 2 :, width // 2 :] = BOTTOM_RIGHT
    return pixels


def as_file(image: Image.Image | np.ndarray, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    picture.save(file, kind, **options)
    return file.getvalue()


def jpeg(image: Image.Image | np.ndarray, **options: object) -> bytes:
    return as_file(image, "JPEG", **{"quality": 95, "subsampling": 0, **options})


def assert_upright(pixels: np.ndarray, tolerance: int = 6) -> None:
    assert pixels.shape == (96, 128, 3)
    for (row, column), colour in (
        ((20, 30), TOP_LEFT),
        ((20, 100), TOP_RIGHT),
        ((70, 30), BOTTOM_LEFT),
        ((70, 100), BOTTOM_RIGHT),
    ):
        assert np.abs(pixels[row, column].astype(int) - colour).max() <= tolerance


def codes(data: bytes) -> dict[str, str]:
    return {note.code: note.severity for note in decode(data).notes}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "BMP"])
def test_plain_photo_comes_back_without_a_word(kind: str) -> None:
    data = as_file(quarters(), kind, **({"quality": 95} if kind in ("JPEG", "WEBP") else {}))
    decoded = decode(data)
    assert_upright(decoded.pixels)
    assert decoded.pixels.dtype == np.uint8
    assert not decoded.pixels.flags.writeable
    assert decoded.sha256 == hashlib.sha256(data).hexdigest()
    assert decoded.notes == ()
    assert decoded.taken_at is None


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_lossless_file_keeps_every_level(kind: str) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (70, 90, 3), dtype=np.uint8)
    assert np.array_equal(decode(as_file(pixels, kind)).pixels, pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_every_exif_orientation_ends_upright(kind: str, orientation: int) -> None:
    image = Image.fromarray(quarters())
    turn = STORED[orientation]
    stored = image if turn is None else image.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert_upright(decode(as_file(stored, kind, exif=exif)).pixels, tolerance=30)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_heic_orientation_ends_upright_once(orientation: int) -> None:
    decoded = decode((HEIC / f"orientation_{orientation}.heic").read_bytes())
    assert_upright(decoded.pixels)
    assert decoded.notes == ()
    assert decoded.taken_at == datetime(2024, 3, 5, 14, 30, tzinfo=timezone(timedelta(hours=2)))


def test_heic_whose_two_orientations_differ_is_doubted() -> None:
    decoded = decode((HEIC / "exif_only_orientation_6.heic").read_bytes())
    assert [note.code for note in decoded.notes] == ["orientation_doubtful"]
    assert decoded.pixels.shape == (128, 96, 3)


@pytest.mark.parametrize("name", ["profile_display_p3.heic", "named_display_p3.heic"])
def test_heic_in_display_p3_becomes_srgb(name: str) -> None:
    decoded = decode((HEIC / name).read_bytes())
    assert [note.code for note in decoded.notes] == ["profile_converted"]
    # Display P3 (200, 120, 100) is a stronger red than the same numbers in sRGB.
    assert np.abs(decoded.pixels[20, 30].astype(int) - (211, 118, 96)).max() <= 4


def test_heic_in_hdr_coding_is_a_serious_note() -> None:
    assert codes((HEIC / "hdr_pq.heic").read_bytes())["hdr_coding"] == "serious"


def test_heic_burst_measures_its_first_picture() -> None:
    data = (HEIC / "burst.heic").read_bytes()
    assert codes(data) == {"first_frame": "warning"}
    assert_upright(decode(data).pixels)


def test_jpeg_in_display_p3_becomes_srgb() -> None:
    data = jpeg(quarters(), icc_profile=matrix_profile(DISPLAY_P3, None, "Display P3"))
    decoded = decode(data)
    assert [note.code for note in decoded.notes] == ["profile_converted"]
    assert "Display P3" in decoded.notes[0].message
    assert np.abs(decoded.pixels[20, 30].astype(int) - (211, 118, 96)).max() <= 3


def test_camera_that_only_names_adobe_rgb_is_converted() -> None:
    base = jpeg(quarters())
    tiff = b"MM\0*\0\0\0\x08" + struct.pack(">HHHIII", 1, 0x8769, 4, 1, 26, 0)
    tiff += struct.pack(">HHHIII", 1, 0xA005, 4, 1, 44, 0)
    tiff += struct.pack(">HHHI4sI", 1, 1, 2, 4, b"R03\0", 0)
    block = b"Exif\0\0" + tiff
    data = base[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + base[2:]
    decoded = decode(data)
    assert [note.code for note in decoded.notes] == ["profile_converted"]
    assert "Adobe RGB" in decoded.notes[0].message
    assert decoded.pixels[20, 30, 0] > 210


def test_broken_profile_is_read_as_srgb_and_said() -> None:
    data = jpeg(quarters(), icc_profile=b"not a profile" * 20)
    assert codes(data) == {"profile_broken": "warning"}
    assert_upright(decode(data).pixels)


def test_profile_of_another_colour_space_is_not_applied() -> None:
    grey = Image.fromarray(quarters()).convert("CMYK")
    data = jpeg(grey, icc_profile=matrix_profile(DISPLAY_P3, None, "Display P3"))
    assert codes(data) == {"profile_broken": "warning", "cmyk": "serious"}


def test_cmyk_without_profile_is_a_serious_note() -> None:
    data = jpeg(Image.fromarray(quarters()).convert("CMYK"))
    assert codes(data) == {"cmyk": "serious"}
    assert_upright(decode(data).pixels, tolerance=12)


def test_palette_is_a_serious_note() -> None:
    for kind in ("PNG", "GIF"):
        data = as_file(Image.fromarray(quarters()).quantize(64), kind)
        assert codes(data) == {"palette": "serious"}
        assert_upright(decode(data).pixels)


def test_palette_with_a_clear_colour_is_laid_on_white() -> None:
    image = Image.fromarray(quarters()).quantize(8)
    clear = image.getpixel((30, 20))
    data = as_file(image, "PNG", transparency=clear)
    assert codes(data) == {"palette": "serious", "transparent": "warning"}
    assert tuple(decode(data).pixels[20, 30]) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["L", "1", "LA"])
def test_picture_without_colour_is_a_serious_note(mode: str) -> None:
    data = as_file(Image.fromarray(quarters()).convert("L").convert(mode), "PNG")
    assert codes(data) == {"greyscale": "serious"}
    pixels = decode(data).pixels
    assert np.array_equal(pixels[..., 0], pixels[..., 2])


def test_transparent_part_is_laid_on_white_and_said() -> None:
    image = Image.fromarray(quarters()).convert("RGBA")
    alpha = np.full((96, 128), 255, np.uint8)
    alpha[48:, 64:] = 0
    image.putalpha(Image.fromarray(alpha))
    decoded = decode(as_file(image, "PNG"))
    assert [(n.code, n.value) for n in decoded.notes] == [("transparent", 25.0)]
    assert tuple(decoded.pixels[70, 100]) == (255, 255, 255)
    assert tuple(decoded.pixels[20, 30]) == TOP_LEFT


def test_opaque_alpha_channel_is_no_finding() -> None:
    image = Image.fromarray(quarters()).convert("RGBA")
    for kind in ("PNG", "TIFF"):
        assert codes(as_file(image, kind)) == {}
        assert_upright(decode(as_file(image, kind)).pixels, tolerance=0)


def deep(kind: str, words: np.ndarray) -> bytes:
    ok, data = cv2.imencode(kind, words[..., ::-1] if words.ndim == 3 else words)
    assert ok
    return bytes(data)


@pytest.mark.parametrize("kind", [".png", ".tiff"])
def test_sixteen_bits_are_rounded_and_not_cut(kind: str) -> None:
    words = np.random.default_rng(2).integers(0, 65536, (70, 90, 3), dtype=np.uint16)
    expected = np.floor(words / 257 + 0.5).astype(np.uint8)
    assert np.array_equal(decode(deep(kind, words)).pixels, expected)
    # Cutting off the low byte, as some readers do, would give other numbers.
    assert not np.array_equal(expected, (words >> 8).astype(np.uint8))


@pytest.mark.parametrize("kind", [".png", ".tiff"])
def test_sixteen_bit_grey_is_scaled(kind: str) -> None:
    words = np.linspace(0, 65535, 70 * 90).reshape(70, 90).astype(np.uint16)
    decoded = decode(deep(kind, words))
    assert np.array_equal(decoded.pixels[..., 0], np.floor(words / 257 + 0.5))
    assert [note.code for note in decoded.notes] == ["greyscale"]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_sixteen_bit_tiff_turned_by_its_tag_ends_upright(orientation: int) -> None:
    turn = STORED[orientation]
    image = Image.fromarray(quarters())
    stored = np.asarray(image if turn is None else image.transpose(turn))
    plain = deep(".tiff", stored.astype(np.uint16) * 257)
    assert_upright(decode(with_tiff_orientation(plain, orientation)).pixels, tolerance=0)


def with_tiff_orientation(data: bytes, orientation: int) -> bytes:
    """Move the directory of a TIFF to its end, with an orientation."""
    order = "<" if data[:2] == b"II" else ">"
    (start,) = struct.unpack_from(order + "I", data, 4)
    (count,) = struct.unpack_from(order + "H", data, start)
    entries = [data[start + 2 + 12 * i : start + 14 + 12 * i] for i in range(count)]
    entries = [e for e in entries if struct.unpack_from(order + "H", e)[0] != 274]
    entries.append(struct.pack(order + "HHIHH", 274, 3, 1, orientation, 0))
    entries.sort(key=lambda e: struct.unpack_from(order + "H", e)[0])
    body = data + bytes(len(data) % 2)
    directory = struct.pack(order + "H", len(entries)) + b"".join(entries) + bytes(4)
    return body[:4] + struct.pack(order + "I", len(body)) + body[8:] + directory


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_several_pictures_measure_the_first(kind: str) -> None:
    first, second = Image.fromarray(quarters()), Image.new("RGB", (128, 96), "black")
    options: dict[str, object] = {"save_all": True, "append_images": [second]}
    if kind == "WEBP":
        options["lossless"] = True
    data = as_file(first, kind, **options)
    assert codes(data)["first_frame"] == "warning"
    assert_upright(decode(data).pixels)


def test_phone_jpeg_with_a_second_picture_behind_is_one_photo() -> None:
    first, second = Image.fromarray(quarters()), Image.new("RGB", (64, 64), "black")
    data = as_file(first, "MPO", save_all=True, append_images=[second], quality=95)
    assert decode(data).notes == ()
    assert_upright(decode(data).pixels, tolerance=30)


def test_date_without_a_zone_stays_without() -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[36867] = "2023:11:30 08:15:09"
    assert decode(jpeg(quarters(), exif=exif)).taken_at == datetime(2023, 11, 30, 8, 15, 9)


@pytest.mark.parametrize("stamp", ["0000:00:00 00:00:00", "yesterday", "2023:13:40 99:00:00"])
def test_date_that_is_none_is_not_made_up(stamp: str) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[36867] = stamp
    assert decode(jpeg(quarters(), exif=exif)).taken_at is None


def test_printing_resolution_changes_nothing() -> None:
    plain, dense = jpeg(quarters()), jpeg(quarters(), dpi=(300, 300))
    assert np.array_equal(decode(plain).pixels, decode(dense).pixels)
    assert decode(dense).notes == ()


def test_same_bytes_give_the_same_pixels() -> None:
    rng = np.random.default_rng(3)
    data = jpeg(rng.integers(0, 256, (200, 300, 3), dtype=np.uint8))
    first, again = decode(data), decode(data)
    assert np.array_equal(first.pixels, again.pixels)
    assert (first.sha256, first.notes) == (again.sha256, again.notes)


# Refusals: what was wrong, and what to do.


def refusal(data: bytes) -> str:
    with pytest.raises(UnreadableImage) as refused:
        decode(data)
    sentence = str(refused.value)
    assert sentence.endswith(".")
    assert len(sentence) < 250
    return sentence


def test_empty_file() -> None:
    assert "empty" in refusal(b"")


def test_file_of_zeros() -> None:
    assert "zeros" in refusal(bytes(5000))


def test_file_of_200_megabytes_is_refused_unread() -> None:
    assert f"{BYTE_LIMIT // 10**6} MB" in refusal(bytes(200_000_000))


@pytest.mark.parametrize("size", [(1, 1), (SIDE_MINIMUM - 1, 500)])
def test_picture_too_small_to_measure(size: tuple[int, int]) -> None:
    sentence = refusal(as_file(Image.new("RGB", size, "white"), "PNG"))
    assert "too small" in sentence
    assert f"{size[0]} x {size[1]}" in sentence


def png_of_claimed_size(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(10_000_000), 9))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("width", "height"), [(30_000, 30_000), (12_000, 11_000), (65_000, 2_000)])
def test_bomb_is_refused_from_its_header(width: int, height: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        assert "megapixels" in refusal(png_of_claimed_size(width, height))


@pytest.mark.parametrize(
    ("start", "word"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"PK\x03\x04\x14\0", "ZIP"),
        (b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"\xef\xbb\xbf  <!DOCTYPE html><html><body>404</body></html>", "web page"),
        (b"\0\0\0\x20ftypisom\0\0\2\0", "video"),
        (b"\0\0\0\x14ftypqt  \0\0\2\0", "video"),
        (b"\x1a\x45\xdf\xa3\x01\0", "video"),
        (b"RIFF\0\0\1\0AVI LIST", "video"),
        (b"II*\0" + bytes(124) + b"DICM\2\0\0\0", "DICOM"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "AVIF"),
        (b"II*\0\x10\0\0\0CR\2\0", "raw"),
        (b"8BPS\0\1", "Photoshop"),
        (b"Dear colleague, the photos are attached.", "not a photo"),
    ],
)
def test_file_that_is_no_photo_is_named(start: bytes, word: str) -> None:
    assert word in refusal(start + bytes(range(256)) * 8)


def test_camera_raw_in_a_tiff_is_not_measured_by_its_preview() -> None:
    preview = as_file(quarters(), "TIFF", tiffinfo={254: 1})
    assert "raw" in refusal(preview)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_half_a_photo_is_refused(kind: str, share: float) -> None:
    rng = np.random.default_rng(4)
    pixels = rng.integers(0, 256, (200, 200, 3), dtype=np.uint8)
    whole = as_file(pixels, kind, **({"compression": "tiff_lzw"} if kind == "TIFF" else {}))
    assert "damaged or incomplete" in refusal(whole[: int(share * len(whole))])


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_progressive_jpeg_cut_short_is_refused(share: float) -> None:
    pixels = np.random.default_rng(5).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    whole = jpeg(pixels, progressive=True, quality=80)
    assert "damaged or incomplete" in refusal(whole[: int(share * len(whole))])


@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_half_a_heic_is_refused(share: float) -> None:
    whole = (HEIC / "orientation_1.heic").read_bytes()
    assert "damaged or incomplete" in refusal(whole[: int(share * len(whole))])


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("kind", [".png", ".tiff"])
def test_half_a_sixteen_bit_picture_is_refused(kind: str) -> None:
    words = np.random.default_rng(6).integers(0, 65536, (100, 100, 3), dtype=np.uint16)
    whole = deep(kind, words)
    assert "damaged or incomplete" in refusal(whole[: len(whole) // 2])


def test_floating_point_picture_is_refused_by_name() -> None:
    picture = Image.fromarray(np.zeros((80, 80), np.float32))
    assert "8 or 16 bits" in refusal(as_file(picture, "TIFF"))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_damaged_metadata_leave_the_pixels() -> None:
    base = jpeg(quarters())
    block = b"Exif\0\0MM\0*\xff\xff\xff\xff" + bytes(range(60))
    data = base[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + base[2:]
    decoded = decode(data)
    assert_upright(decoded.pixels)
    assert [note.code for note in decoded.notes] == ["metadata_damaged"]


SEEDS = {
    "jpeg": jpeg(quarters()),
    "png": as_file(quarters(), "PNG"),
    "tiff": as_file(quarters(), "TIFF", compression="tiff_lzw"),
    "webp": as_file(quarters(), "WEBP"),
    "heic": (HEIC / "orientation_6.heic").read_bytes(),
    "gif": as_file(Image.fromarray(quarters()).quantize(16), "GIF"),
    "deep": deep(".png", quarters().astype(np.uint16) * 257),
}


@pytest.mark.filterwarnings("ignore::Warning")
@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    name=st.sampled_from(sorted(SEEDS)),
    flips=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=8),
    cut=st.floats(0.05, 1),
)
def test_damaged_file_is_a_photo_or_a_sentence(
    name: str, flips: list[tuple[float, int]], cut: float
) -> None:
    data = bytearray(SEEDS[name][: max(1, int(cut * len(SEEDS[name])))])
    for place, value in flips:
        data[int(place * len(data))] = value
    sentence, pixels = "", np.empty((0, 0, 3))
    try:
        pixels = decode(bytes(data)).pixels
    except UnreadableImage as refused:
        sentence = str(refused)
    assert sentence.endswith(".") or (pixels.dtype == np.uint8 and min(pixels.shape) == 3)


def test_every_ending_of_what_is_read_is_known() -> None:
    kinds = {*FORMATS, "MPO"}  # a JPEG with further pictures behind
    registered = Image.registered_extensions().items()
    assert set(ENDINGS) == {ending for ending, kind in registered if kind in kinds} | {".dcm"}


@pytest.mark.parametrize(
    ("at_least", "size"),
    [(None, (600, 800)), (500, (600, 800)), (390, (300, 400)), (100, (75, 100))],
)
def test_for_the_eye_a_jpeg_is_decoded_no_finer_than_needed(
    at_least: int | None, size: tuple[int, int]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    tall = Image.fromarray(np.full((800, 600, 3), (200, 120, 40), np.uint8))
    data = as_file(tall.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif, quality=95)
    pixels = decode(data, at_least=at_least).pixels
    assert pixels.shape[:2] == size[::-1]
    assert np.abs(pixels.astype(int) - (200, 120, 40)).max() < 6
    whole = decode(as_file(tall, "PNG"), at_least=at_least).pixels
    assert whole.shape == (800, 600, 3)
