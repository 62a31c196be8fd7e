from __future__ import annotations

import base64
import io
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as arrays
from PIL import Image
from streamlit.testing.v1 import AppTest

from lesionscope.pages.components import mask_editor as editor
from lesionscope.pages.components.mask_editor import (
    PhotoFacts,
    decode_runs,
    encode_runs,
    mask_editor,
)

MASKS = arrays.arrays(np.bool_, arrays.array_shapes(min_dims=2, max_dims=2, max_side=40))


def photo(width: int, height: int, **options: Any) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (width, height), (200, 150, 130)).save(held, "JPEG", **options)
    return held.getvalue()


@given(MASKS)
@settings(max_examples=150, deadline=None)
def test_a_mask_comes_back_from_its_run_lengths(mask: np.ndarray) -> None:
    assert np.array_equal(decode_runs(encode_runs(mask), mask.shape), mask)


@pytest.mark.parametrize("length", [1, 127, 128, 16383, 16384, 2097151, 2097152])
def test_lengths_at_the_edge_of_a_byte(length: int) -> None:
    mask = np.zeros((1, length + 1), np.bool_)
    mask[0, -1] = True
    assert np.array_equal(decode_runs(encode_runs(mask), mask.shape), mask)


def test_the_coding_is_leb128_with_background_first() -> None:
    mask = np.zeros((2, 200), np.bool_)
    mask.flat[300:] = True
    assert encode_runs(mask) == bytes([0xAC, 0x02, 100])
    assert encode_runs(~mask) == bytes([0, 0xAC, 0x02, 100])


def test_twelve_megapixels_of_lesions_stay_small() -> None:
    y, x = np.mgrid[0:3000, 0:4000]
    mask = np.sin(x / 90) * np.sin(y / 70) > 0.6
    assert len(encode_runs(mask)) < 300_000
    assert np.array_equal(decode_runs(encode_runs(mask), mask.shape), mask)


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        (b"", "whole LEB128"),
        (b"\x80", "whole LEB128"),
        (b"\x05\x81", "whole LEB128"),
        (b"\x80\x80\x80\x80\x80\x01", "whole LEB128"),
        (b"\x05", "add up to 6"),
        (b"\x02\x02\x03", "add up to 6"),
        (b"\xff\xff\xff\xff\x7f", "add up to 6"),
    ],
)
def test_broken_run_lengths_are_refused(code: bytes, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        decode_runs(code, (2, 3))


def test_what_does_not_fit_the_photo_is_refused() -> None:
    def call(data: bytes, mask: Any, cm2: float | None = None) -> None:
        mask_editor(data, mask, PhotoFacts(cm2_per_px=cm2), key="k")

    with pytest.raises(ValueError, match="must be bool"):
        call(photo(6, 4), np.zeros((4, 6), np.uint8))
    with pytest.raises(ValueError, match="must be 6 x 4, got 4 x 6"):
        call(photo(6, 4), np.zeros((6, 4), np.bool_))
    with pytest.raises(ValueError, match="cm2_per_px must be positive"):
        call(photo(6, 4), np.zeros((4, 6), np.bool_), 0.0)
    turned = Image.Exif()
    turned[0x0112] = 6
    with pytest.raises(ValueError, match="upright, got EXIF orientation 6"):
        call(photo(6, 4, exif=turned), np.zeros((4, 6), np.bool_))


def test_the_block_for_the_browser_holds_header_mask_and_photo() -> None:
    mask = np.eye(4, 6, dtype=np.bool_)
    block = editor._packed({"key": "k"}, mask, b"photo bytes")
    size = int.from_bytes(block[:4], "little")
    header = json.loads(block[4 : 4 + size])
    runs, rest = block[4 + size :][: header["mask_bytes"]], block[4 + size + header["mask_bytes"] :]
    assert header["key"] == "k"
    assert np.array_equal(decode_runs(runs, mask.shape), mask)
    assert rest == b"photo bytes"


def _page() -> None:
    import hashlib
    import io

    import numpy as np
    import streamlit as st
    from PIL import Image

    from lesionscope.pages.components.mask_editor import HandChoice, PhotoFacts, mask_editor

    held = io.BytesIO()
    Image.new("RGB", (6, 4)).save(held, "PNG")
    st.session_state["hash"] = hashlib.sha256(held.getvalue()).hexdigest()
    start = np.zeros((4, 6), np.bool_)
    saved = mask_editor(held.getvalue(), start, PhotoFacts(hands=((1, 1), (4, 2))), key="case")
    chose = isinstance(saved, HandChoice)
    st.session_state["hand"] = saved.at if chose else None
    st.session_state["handed"] = None if saved is None or chose else saved.mask.tolist()
    st.session_state["clear_skin"] = None if saved is None or chose else saved.clear_skin


def sent(page: AppTest, mask: np.ndarray, save: str, **other: Any) -> None:
    runs = base64.b64encode(encode_runs(mask)).decode()
    message = {"id": save, "photo": page.session_state["hash"], "runs": runs, **other}
    page.session_state["case"] = {"saved": message}


def test_a_save_is_handed_out_once() -> None:
    page = AppTest.from_function(_page, default_timeout=30).run()
    assert page.session_state["handed"] is None
    mask = np.eye(4, 6, dtype=np.bool_)
    sent(page, mask, "first")
    assert page.run().session_state["handed"] == mask.tolist()
    assert page.run().session_state["handed"] is None
    sent(page, ~mask, "second")
    assert page.run().session_state["handed"] == (~mask).tolist()
    assert not page.exception


def test_a_save_that_the_record_already_shows_is_not_handed_out() -> None:
    page = AppTest.from_function(_page, default_timeout=30).run()
    sent(page, np.zeros((4, 6), np.bool_), "repeated")
    assert page.run().session_state["handed"] is None
    assert not page.exception


def test_clear_skin_alone_is_worth_a_save() -> None:
    page = AppTest.from_function(_page, default_timeout=30).run()
    sent(page, np.zeros((4, 6), np.bool_), "first", clear_skin=[3, 2])
    assert page.run().session_state["handed"] == np.zeros((4, 6), bool).tolist()
    assert page.session_state["clear_skin"] == (3, 2)
    assert not page.exception


def test_a_hand_is_chosen_once() -> None:
    page = AppTest.from_function(_page, default_timeout=30).run()
    hand = {"id": "first", "photo": page.session_state["hash"], "at": [4, 2]}
    page.session_state["case"] = {"hand": hand}
    assert page.run().session_state["hand"] == (4, 2)
    assert page.run().session_state["hand"] is None
    page.session_state["case"] = {"hand": {**hand, "id": "second", "at": "here"}}
    assert page.run().session_state["hand"] is None
    assert not page.exception


def test_a_save_for_another_photo_is_not_this_ones() -> None:
    page = AppTest.from_function(_page, default_timeout=30).run()
    sent(page, np.ones((4, 6), np.bool_), "first", photo="0" * 64)
    assert page.run().session_state["handed"] is None
    assert not page.exception


def test_an_incomplete_message_is_no_save() -> None:
    page = AppTest.from_function(_page, default_timeout=30).run()
    page.session_state["case"] = {"saved": {"id": "first"}}
    assert page.run().session_state["handed"] is None
    assert not page.exception


def test_a_save_that_cannot_be_read_is_refused_once() -> None:
    with pytest.raises(ValueError, match="base64"):
        editor._bytes_of("§§")
    page = AppTest.from_function(_page, default_timeout=30).run()
    sent(page, np.ones((4, 6), np.bool_), "first", runs="§§")
    assert page.run().exception
    assert not page.run().exception
