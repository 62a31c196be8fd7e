from __future__ import annotations

import io
from datetime import date

import numpy as np
import pytest
import streamlit as st
from PIL import Image

from lesionscope.core.people import Reader
from lesionscope.core.sites import Side, Site
from lesionscope.pages import kept, pictures
from lesionscope.places import data_home
from lesionscope.store.entries import StoredPhoto
from lesionscope.store.store import Store
from tests.pages.conftest import Clinic


def large_jpeg() -> bytes:
    """Return 2400 x 1800 pixels, dark on the left and light on the right, upright by EXIF."""
    pixels = np.full((2400, 1800, 3), 60, np.uint8)
    pixels[:, 900:] = 200
    image = Image.fromarray(np.rot90(pixels))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x0132] = "2026:01:05 10:00:00"
    buffer = io.BytesIO()
    image.save(buffer, format="JPEG", quality=95, exif=exif)
    return buffer.getvalue()


@pytest.fixture
def photo(record: Store, owner: Reader) -> StoredPhoto:
    patient = record.add_patient(owner, "DM-001")
    visit = record.add_visit(owner, patient.id, date(2026, 1, 5), "Baseline")
    return record.add_photo(
        owner, visit.id, large_jpeg(), name="a.jpg", view="other", site=Site.OTHER, side=Side.LEFT
    )


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_a_small_picture_is_upright_and_says_nothing_of_the_camera(
    photo: StoredPhoto, owner: Reader
) -> None:
    small = opened(pictures.thumbnail(owner, photo))
    assert small.size == (240, 320)
    assert not small.getexif()
    shown = np.asarray(small)
    assert abs(int(shown[160, 40, 0]) - 60) < 4
    assert abs(int(shown[160, 200, 0]) - 200) < 4
    assert opened(pictures.tile(owner, photo)).size == (320, 240)
    assert opened(pictures.full_jpeg(owner, photo)).size == (1800, 2400)


def test_a_picture_is_drawn_once_and_found_by_a_server_that_starts_anew(
    photo: StoredPhoto, owner: Reader, record: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = pictures.thumbnail(owner, photo), pictures.full_jpeg(owner, photo)
    st.cache_data.clear()
    st.cache_resource.clear()
    monkeypatch.setattr(Store, "original", lambda *_: pytest.fail("the photo was decoded again"))
    assert (pictures.thumbnail(owner, photo), pictures.full_jpeg(owner, photo)) == first
    shelf = data_home() / "computed"
    assert all(path.stat().st_mode & 0o077 == 0 for path in (shelf, *shelf.iterdir()))


def test_an_emptied_shelf_is_filled_again(photo: StoredPhoto, owner: Reader) -> None:
    before = pictures.thumbnail(owner, photo)
    for path in (data_home() / "computed").iterdir():
        path.unlink()
    st.cache_data.clear()
    assert pictures.thumbnail(owner, photo) == before


def test_another_outline_is_another_picture(clinic: Clinic) -> None:
    plain = pictures.thumbnail(clinic.owner, clinic.arm)
    outlined = pictures.outlined(clinic.owner, clinic.arm, clinic.measurement)
    tinted = pictures.outlined(clinic.owner, clinic.arm, clinic.measurement, opacity=0.5)
    assert len({plain, outlined, tinted}) == 3
    drawn = np.asarray(opened(outlined)).astype(int)
    assert (drawn[..., 1] - drawn[..., 0]).max() > 60  # the green line


def test_what_is_kept_depends_on_all_it_is_made_from(record: Store) -> None:
    assert kept.kept({"what": "a", "edition": 1}, lambda: {"x": b"1"}) == {"x": b"1"}
    assert kept.kept({"what": "a", "edition": 1}, lambda: {"x": b"2"}) == {"x": b"1"}
    assert kept.kept({"what": "a", "edition": 2}, lambda: {"x": b"2"}) == {"x": b"2"}
