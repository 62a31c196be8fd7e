import pytest

from lesionscope.imaging.filekind import looks_like_photo, refusal_of


@pytest.mark.parametrize(
    "start",
    [
        b"\xff\xd8\xff\xe1",
        b"\x89PNG\r\n\x1a\n",
        b"II*\0\x08\0\0\0",
        b"MM\0*\0\0\0\x08",
        b"RIFF\0\0\0\0WEBPVP8 ",
        b"\0\0\0\x18ftypheic",
        b"\0\0\0\x18ftypmif1",
    ],
)
def test_photo_passes(start: bytes) -> None:
    assert refusal_of(start + b"\1" * 200) is None
    assert looks_like_photo(start + b"\1" * 200)


def test_dicom_that_poses_as_tiff_is_named_dicom() -> None:
    sentence = refusal_of(b"II*\0" + bytes(124) + b"DICM" + b"\1" * 50)
    assert sentence is not None
    assert "DICOM" in sentence


def test_text_that_only_mentions_svg_is_not_called_a_drawing() -> None:
    assert refusal_of(b"about <svg> and <html>") is None


def test_xml_that_is_no_drawing_is_left_to_the_reader() -> None:
    assert refusal_of(b"<?xml version='1.0'?><note/>") is None
    assert not looks_like_photo(b"<?xml version='1.0'?><note/>")
