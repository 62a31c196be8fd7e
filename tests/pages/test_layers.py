from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
from PIL import Image
from streamlit.testing.v1 import AppTest

from lesionscope.pages import layers
from lesionscope.pages.measuring import Bench
from tests.pages.conftest import Clinic


def test_a_measured_photo_has_maps_and_no_corrected_colour_of_its_own(clinic: Clinic) -> None:
    made = layers.layers_of(Bench(clinic.store, clinic.owner, None), clinic.arm, clinic.measurement)
    pixels = np.asarray(Image.open(io.BytesIO(made.maps_png)))
    assert pixels.shape == (120, 160, 3)
    # The photo is of one colour: no redder anywhere than its clear skin, and skin throughout.
    assert np.ptp(pixels[..., 0]) <= 1
    assert pixels[..., 2].all()
    assert made.corrected_jpeg == b""
    assert not layers.has_corrected_colour(clinic.measurement)


def test_a_chart_gives_corrected_colour(clinic: Clinic) -> None:
    darker = (np.vstack([0.5 * np.eye(3), np.zeros(3)])).tolist()
    calibration = {**clinic.measurement.document["calibration"], "colour_matrix": darker}
    document = {**clinic.measurement.document, "calibration": calibration}
    latest = replace(clinic.measurement, document=document)
    assert layers.has_corrected_colour(latest)
    made = layers.layers_of(Bench(clinic.store, clinic.owner, None), clinic.arm, latest)
    pixels = np.asarray(Image.open(io.BytesIO(made.corrected_jpeg)))
    assert pixels.shape == (120, 160, 3)
    assert pixels.mean() < 120


def _page() -> None:
    import streamlit as st

    from lesionscope.pages.components.layer_relay import Layers, layer_relay

    def made() -> Layers:
        st.session_state["made"] = st.session_state.get("made", 0) + 1
        return Layers(b"the maps", b"the colours")

    layer_relay(made, key=st.session_state.get("photo", "case"))


def test_a_question_is_answered_once_and_kept_for_one_photo() -> None:
    page = AppTest.from_function(_page, default_timeout=60).run()
    assert "made" not in page.session_state
    page.session_state["case.layer_relay"] = {"asked": {"id": "first"}}
    page.run()
    page.run()
    assert page.session_state["made"] == 1
    key, asked, data = page.session_state["mask_editor.layers"]
    assert (key, asked) == ("case", "first")
    assert data.endswith(b"the mapsthe colours")
    page.session_state["photo"] = "other"
    page.session_state["other.layer_relay"] = {"asked": {"id": "second"}}
    page.run()
    assert page.session_state["mask_editor.layers"][0] == "other"
    assert not page.exception


def test_what_is_no_question_is_not_answered() -> None:
    page = AppTest.from_function(_page, default_timeout=60).run()
    for wrong in ({"asked": {"id": 5}}, {"asked": "all"}, {}):
        page.session_state["case.layer_relay"] = wrong
        page.run()
    assert "made" not in page.session_state
    assert not page.exception
