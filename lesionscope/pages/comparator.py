"""Compare: photos of one site at two to six visits, laid onto each other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from lesionscope.core.lesion_course import LesionCourse
from lesionscope.core.people import Act, Reader, may
from lesionscope.imaging.overlay import jpeg
from lesionscope.pages import course_words, frame, lesion_trends, pictures, session
from lesionscope.pages.components.comparator import (
    LesionCard,
    SameSpots,
    VisitPicture,
    comparator,
)
from lesionscope.pages.components.detail_relay import Wanted, detail_relay
from lesionscope.pages.laying import Followed, Laid, followed, laid, lay_all
from lesionscope.pages.serial import Place, Shot, place_name, preview, shots_of
from lesionscope.series import SIDE
from lesionscope.store.store import Store

MOST_VISITS = 6
BEGIN_WITH = 3
SITE = "compare_site"
SHOTS = "compare_visits"


def choose_place(places: Sequence[Place]) -> Place:
    """Let the reader choose the site."""
    if st.session_state.get(SITE) not in places:
        st.session_state[SITE] = places[0]
    chosen: Place = st.selectbox("Site", places, format_func=place_name, key=SITE, width=260)
    return chosen


def choose_shots(place: Place, visits: list[list[Shot]]) -> list[Shot]:
    """Let the reader choose two to six visits; where a visit has several photos, one of them."""
    newest = {shots[0].visit.id: shots for shots in visits}
    ids = list(newest)
    key = f"{SHOTS}.{place[0].value}.{place[1].value}.{ids[0]}"
    session.begin_with(key, ids if len(ids) <= BEGIN_WITH else [ids[0], *ids[-2:]])
    chosen = st.pills(
        "Visits",
        ids,
        selection_mode="multi",
        format_func=lambda visit_id: frame.visit_name(newest[visit_id][0].visit),
        key=key,
        width="content",
    )
    chosen = [visit_id for visit_id in ids if visit_id in (chosen or ())]
    if len(chosen) > MOST_VISITS:
        st.caption(f"{MOST_VISITS} visits fit at once: the last of those chosen are left out.")
    return [one_photo(newest[visit_id]) for visit_id in chosen[:MOST_VISITS]]


def one_photo(shots: list[Shot]) -> Shot:
    """Return the photo of a visit that is compared: the reader's choice where there are several."""
    if len(shots) == 1:
        return shots[0]
    by_id = {shot.photo.id: shot for shot in shots}
    photo_id: Any = st.selectbox(
        f"Photo at {shots[0].visit.label}",
        list(by_id),
        index=len(shots) - 1,
        format_func=lambda photo_id: by_id[photo_id].photo.name,
        key=f"compare_photo.{shots[0].visit.id}.{shots[0].photo.site.value}",
    )
    return by_id[photo_id]


def note_of(shot: Shot, one: Laid | None) -> str:
    """Say in few words how a photo lies on the first."""
    if one is None:
        return "Not aligned yet."
    if one.by_spots_alone:
        return "On marked spots alone: to look at, not measured."
    if one.comparison is None:
        return "Not measured, so not aligned."
    aligned = one.comparison.alignment
    if aligned.error_px is None:
        return "Not aligned."
    how = "From marked spots" if one.marked else "Aligned"
    if aligned.error_mm is not None:
        return f"{how}, ± {aligned.error_mm:.1f} mm."
    return f"{how}, ± {100 * aligned.error_px / _side(shot):.1f} % of the photo."


def _side(shot: Shot) -> int:
    document = shot.measurement.document if shot.measurement else {}
    return min(SIDE, max(int(document.get(name, SIDE)) for name in ("width_px", "height_px")))


def picture_of(reader: Reader, shot: Shot, one: Laid | None, *, is_first: bool) -> VisitPicture:
    """Return what the comparator shows of a visit."""
    seen = preview(reader, shot)
    scale = None if shot.measurement is None else shot.measurement.document["mm_per_px"]
    return VisitPicture(
        id=str(shot.photo.id),
        title=shot.visit.label,
        day=frame.day_name(shot.visit.day),
        note="" if is_first else note_of(shot, one),
        size=seen.size,
        taken=seen.jpeg,
        mm=None if scale is None else scale * max(seen.size),
        outlines=seen.outlines,
        aligned=one.aligned if one else b"",
        change=one.change if one else b"",
        mesh=one.mesh if one else None,
        gain=one.gain if one else None,
    )


def with_tracks(shown: list[VisitPicture], found: Followed | None) -> list[VisitPicture]:
    """Give the photos that lie on the first the numbers of their lesions."""
    if found is None:
        return shown
    lines = dict(zip(found.visits, found.outlines, strict=True))
    return [
        VisitPicture(**{**vars(one), "tracked": lines.get(number, ())})
        for number, one in enumerate(shown)
    ]


def days_of(shots: Sequence[Shot]) -> list[float]:
    """Return when the visits were, in days since the first."""
    return [float((shot.visit.day - shots[0].visit.day).days) for shot in shots]


def cards_of(shots: Sequence[Shot], found: Followed | None) -> list[LesionCard]:
    """Return what is said of each lesion."""
    if found is None:
        return []
    here = [shots[number] for number in found.visits]
    titles = [shot.visit.label for shot in here]
    return [course_words.card_of(course, titles, days_of(here)) for course in found.courses]


def drawn_part(
    reader: Reader, shots: list[Shot], later: list[Laid | None], wanted: Wanted
) -> bytes | None:
    """Draw a finer part of a photo for the comparator."""
    numbers = {str(shot.photo.id): number for number, shot in enumerate(shots)}
    number = numbers.get(wanted.visit)
    if number is None:
        return None
    one = later[number - 1] if number else None
    mesh = one.mesh if one is not None and wanted.aligned else None
    part = (wanted.box, (wanted.height, wanted.width))
    return jpeg(pictures.part_laid(reader, shots[number].photo, mesh, part))


def mark(store: Store, reader: Reader, pair: tuple[Shot, Shot], spots: SameSpots | None) -> None:
    """Write the same spots of two photos into the record; None takes them back."""
    base, follow = pair
    store.mark_spots(
        reader,
        base.photo.id,
        follow.photo.id,
        base=spots.base_spots if spots else (),
        follow=spots.follow_spots if spots else (),
    )


def show(reader: Reader, shots: list[Shot]) -> None:
    """Show the comparator, align what is not aligned yet, and say what changed."""
    later = [laid(reader, shots[0], follow) for follow in shots[1:]]
    whole = [one for one in later if one is not None]
    found = followed(reader, shots, whole) if len(whole) == len(later) else None
    shown = [
        picture_of(reader, shot, one, is_first=number == 0)
        for number, (shot, one) in enumerate(zip(shots, [None, *later], strict=True))
    ]
    key = f"comparator.{reader.id}.{shots[0].photo.id}"
    if len(whole) == len(later):
        show_alignment(reader, shots, whole)
    spots = comparator(
        with_tracks(shown, found),
        cards_of(shots, found),
        may_align=may(reader.role, Act.MEASURE),
        key=key,
    )
    if spots is not None:
        follow = next(shot for shot in shots if str(shot.photo.id) == spots.follow)
        session.attempt(mark, (shots[0], follow), spots)
        st.rerun()
    details(partial(drawn_part, reader, shots, later), key)
    if len(whole) < len(later):
        lay_all(reader, shots)
        st.rerun()
    show_change(shots, whole, found)


@st.fragment
def details(drawn: partial[bytes | None], key: str) -> None:
    """Answer the comparator's questions for finer parts; the photos do not travel again."""
    detail_relay(drawn, key=key)


def show_alignment(reader: Reader, shots: list[Shot], later: list[Laid]) -> None:
    """Say which photos could not be aligned and what to do; offer to take marked spots back."""
    can = may(reader.role, Act.MEASURE)
    for follow, one in zip(shots[1:], later, strict=True):
        name = follow.visit.label
        if one.by_spots_alone:
            st.info(
                f"{name} lies on {shots[0].visit.label} by the marked spots alone. Nothing in the "
                "skin confirms it, so no change is measured. Mark other spots for a better fit.",
                icon=":material/join:",
            )
        elif one.comparison is None:
            st.info(
                f"{name} or {shots[0].visit.label} is not measured, so the photos are not aligned. "
                "Measure them on the Capture page, or align them by spots.",
                icon=":material/straighten:",
            )
        elif one.comparison.alignment.refused:
            st.warning(
                f"{name} is not aligned. {one.comparison.alignment.refused} "
                + ("Choose it as the right photo and press Align by spots." if can else ""),
                icon=":material/join:",
            )
        if one.marked is not None and can:
            st.button(
                f"Take back the spots marked in {name}",
                help=f"Marked by {one.marked.marked_by}",
                key=f"unmark.{follow.photo.id}",
                on_click=session.attempt,
                args=(mark, (shots[0], follow), None),
            )


def show_change(shots: list[Shot], later: list[Laid], found: Followed | None) -> None:
    """Say what changed since the first visit, and lesion by lesion."""
    measured = [
        (s, one.comparison) for s, one in zip(shots[1:], later, strict=True) if one.measured
    ]
    if not measured or found is None:
        return
    st.subheader(f"Since {frame.visit_name(shots[0].visit)}", anchor=False)
    for shot, comparison in measured:
        if comparison is not None:
            st.markdown(f"**{shot.visit.label}**: {course_words.comparison_words(comparison)}")
    st.caption(
        "On skin that both photos show; 90 % intervals. Erythema is the blood in the skin over the "
        "clear skin around it, in natural log units of green optical density."
    )
    here = [shots[number] for number in found.visits]
    show_lesions(here, found.courses)


def show_lesions(shots: list[Shot], courses: Sequence[LesionCourse]) -> None:
    """Show the lesions one by one: trend lines with intervals, and a table."""
    if not courses:
        st.caption("No lesion in these photos.")
        return
    st.subheader("Lesion by lesion", anchor=False)
    labels = [shot.visit.label for shot in shots]
    dates = [shot.visit.day for shot in shots]
    points = lesion_trends.points_of(courses, labels, dates)
    with st.container(horizontal=True, gap="small"):
        for one in lesion_trends.charts(points):
            st.vega_lite_chart(one, width="content")
    st.caption(
        "The largest lesions; bars are 90 % intervals. Numbers are those of the outlines: click "
        "a lesion in the photos for its figures."
    )
    with st.expander(f"All {len(courses)} lesions in figures"):
        st.dataframe(
            lesion_trends.figures(courses, labels, days_of(shots)), hide_index=True, width="stretch"
        )


reader = session.reader_here()
session.require(reader, Act.READ_RECORD)
patient = session.patient_here(reader)
frame.heading("Compare", patient)
by_place = {place: v for place, v in shots_of(reader, patient.id).items() if len(v) >= 2}
if not by_place:
    st.info(
        "Two visits with a photo of the same site and side are needed to compare.",
        icon=":material/compare:",
    )
    st.page_link(session.page_file("capture"), label="Capture", icon=":material/photo_camera:")
    st.stop()
with st.container(horizontal=True, vertical_alignment="bottom"):
    chosen_place = choose_place(list(by_place))
    chosen_shots = choose_shots(chosen_place, by_place[chosen_place])
if len(chosen_shots) < 2:
    st.caption("Choose two visits or more.")
else:
    show(reader, chosen_shots)
