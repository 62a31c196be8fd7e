"""One site over all visits: small multiples laid onto the first photo, and its erythema."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import streamlit as st

from lesionscope.core.comparison import Change
from lesionscope.core.people import Reader
from lesionscope.exchange.timeline_figure import FigureTile
from lesionscope.imaging.overlay import outline_overlay, thumbnail_jpeg
from lesionscope.pages import frame, pictures, session, vega
from lesionscope.pages.laying import Laid, laid, lay_all, lesion_on_first
from lesionscope.pages.serial import Place, Shot, place_name, shots_of
from lesionscope.pages.vega import Spec
from lesionscope.pipeline import read_photo

SITE = "timeline_site"
TILE_SIDE = 640
"""Longer side of a small multiple, pixels."""
_ACROSS = 6


@dataclass(frozen=True, eq=False)
class SiteCourse:
    """One site over the visits.

    Attributes
    ----------
    name : str
        Of the site, with its side.
    tiles : tuple of FigureTile
        The photos, by day.
    erythema : tuple of (date, Change or None)
        Since the first photo, where they are laid onto each other; None for the first.
    """

    name: str
    tiles: tuple[FigureTile, ...]
    erythema: tuple[tuple[date, Change | None], ...]


def show_site(reader: Reader, patient_id: int) -> SiteCourse | None:
    """Let the reader choose a site and show its photos over all visits."""
    by_place = shots_of(reader, patient_id)
    if not by_place:
        st.caption("No photo yet.")
        return None
    place = _choose(by_place)
    shots = [shots[-1] for shots in by_place[place]]
    later = [laid(reader, shots[0], follow) for follow in shots[1:]]
    tiles = tuple(
        FigureTile(shot.visit.day, shot.visit.label, _tile(reader, shot, one), _note(number, one))
        for number, (shot, one) in enumerate(zip(shots, [None, *later], strict=True))
    )
    show_tiles(tiles)
    if None in later and st.button(
        "Lay the photos onto the first", icon=":material/join:", key="timeline_lay"
    ):
        lay_all(reader, shots)
        st.rerun()
    if len(shots) > 1:
        st.page_link(session.page_file("comparator"), label="Compare", icon=":material/compare:")
    return SiteCourse(place_name(place), tiles, _erythema(shots, later))


def _choose(by_place: dict[Place, list[list[Shot]]]) -> Place:
    """Begin with the site that most visits show."""
    places = sorted(by_place, key=lambda place: -len(by_place[place]))
    if st.session_state.get(SITE) not in by_place:
        st.session_state[SITE] = places[0]
    chosen: Place = st.selectbox("Site", places, format_func=place_name, key=SITE, width=320)
    return chosen


def _note(number: int, one: Laid | None) -> str:
    if number == 0:
        return "first photo"
    if one is None or one.mesh is None:
        return "as taken"
    return "laid onto the first" if one.measured else "on marked spots alone"


def _tile(reader: Reader, shot: Shot, one: Laid | None) -> bytes:
    if one is not None and one.aligned:
        return _laid_tile(one.key, one)
    if shot.measurement is None:
        return pictures.thumbnail(reader, shot.photo, TILE_SIDE)
    return pictures.outlined(reader, shot.photo, shot.measurement, side=TILE_SIDE)


@st.cache_data(max_entries=300, show_spinner=False)
def _laid_tile(key: str, _one: Laid) -> bytes:  # noqa: ARG001 - what the cache tells tiles apart by
    pixels = read_photo(_one.aligned).pixels
    lesion = lesion_on_first(_one)
    return thumbnail_jpeg(pixels if lesion is None else outline_overlay(pixels, lesion), TILE_SIDE)


def show_tiles(tiles: Sequence[FigureTile]) -> None:
    """Show the photos of a site in rows, the first visit first."""
    for start in range(0, len(tiles), _ACROSS):
        row = tiles[start : start + _ACROSS]
        across = max(4, min(len(tiles), _ACROSS))
        for column, tile in zip(st.columns(across, gap="small"), row, strict=False):
            with column:
                name = f"{tile.label}, {frame.day_name(tile.day)}"
                st.image(tile.picture, width="stretch", alt=f"{name}, {tile.note}")
                st.caption(f"**{name}**  \n{tile.note}")


def _erythema(
    shots: Sequence[Shot], later: Sequence[Laid | None]
) -> tuple[tuple[date, Change | None], ...]:
    known: list[tuple[date, Change | None]] = []
    for shot, one in zip(shots[1:], later, strict=True):
        change = None if one is None or one.comparison is None else one.comparison.erythema
        if change is not None:
            known.append((shot.visit.day, change))
    return ((shots[0].visit.day, None), *known) if known else ()


def erythema_rows(course: SiteCourse) -> list[Spec]:
    """Return the erythema of a site as the chart reads it."""
    rows = []
    for day, change in course.erythema:
        value = 0.0 if change is None else change.value
        low, high = (0.0, 0.0) if change is None else (change.interval.low, change.interval.high)
        within = change is not None and change.within_error
        said = "first photo" if change is None else "within error" if within else "changed"
        rows.append(
            {"day": vega.moment(day), "value": value, "low": low, "high": high, "state": said}
        )
    return rows


def erythema_layers(rows: Sequence[Spec], axis: Spec) -> list[Spec]:
    """Draw the change of erythema since the first photo; hollow where within error."""
    data = {"values": list(rows)}
    figure = {**vega.quantity("value"), "format": "+.2f"}
    low = vega.quantity("low", "log units")
    return [
        {
            "data": {"values": [{"y": 0.0}]},
            "mark": {"type": "rule", "color": vega.GREY},
            "encoding": {"y": vega.quantity("y")},
        },
        {
            "data": data,
            "mark": vega.LINE,
            "encoding": {"x": axis, "y": vega.quantity("value")},
        },
        {
            "data": data,
            "mark": vega.BARS,
            "encoding": {"x": axis, "y": low, "y2": {"field": "high"}},
        },
        {
            "data": data,
            "mark": vega.POINTS,
            "encoding": {
                "x": axis,
                "y": vega.quantity("value"),
                "fillOpacity": vega.filled_where("datum.state === 'changed'"),
                "tooltip": [vega.day(), figure, vega.name("state")],
            },
        },
    ]
