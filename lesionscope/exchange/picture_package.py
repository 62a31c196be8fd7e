"""The de-identified pictures of a study, for a central reader or a paper.

Only photos that a person released are in it, as the pictures made for that: encoded anew from
pixels, without metadata, covered where the person said. No calendar day, no file name and no name
of staff is beside them.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

from PIL import Image

from lesionscope.core.study_data import RecordedPhoto, StudyData
from lesionscope.exchange.tidy_table import Column, Kind, TidyTable, Value, csv_bytes
from lesionscope.imaging.deidentify import metadata_in

_COLUMNS = (
    Column("file", Kind.TEXT, "Picture, beside this index.", required=True),
    Column("patient", Kind.TEXT, "Pseudonym of the patient.", required=True),
    Column("study_day", Kind.WHOLE, "The patient's first visit is 1.", "d", required=True),
    Column("view", Kind.TEXT, "Standard view.", required=True),
    Column("site", Kind.TEXT, "Site that it counts for.", required=True),
    Column("side", Kind.TEXT, "Side of the body.", required=True),
    Column("width_px", Kind.WHOLE, "Of the picture.", required=True),
    Column("height_px", Kind.WHOLE, "Of the picture.", required=True),
    Column(
        "mm_per_px",
        Kind.NUMBER,
        "Scale of the picture on the plane of the ruler; empty when not calibrated.",
        "mm",
    ),
    Column("covered", Kind.WHOLE, "Rectangles covered by a person.", required=True),
    Column("sha256", Kind.TEXT, "Of the picture.", required=True),
    Column("original_sha256", Kind.TEXT, "Of the original in the record.", required=True),
)


def picture_name(data: StudyData, photo: RecordedPhoto) -> str:
    """Return the path of a picture: pseudonym, study day, view, and the photo's number."""
    day = data.study_day(photo.visit_id)
    patient = data.pseudonym(photo.visit_id)
    return f"{patient}/day{day:04d}_{photo.view}_{photo.side.name.lower()}_{photo.id}.jpg"


def mm_per_picture_px(data: StudyData, photo_id: int, width: int) -> float | None:
    """Return the scale of a released picture, which may be smaller than the photo was.

    Parameters
    ----------
    data : StudyData
        One snapshot of the record.
    photo_id : int
        The photo.
    width : int
        Of the picture, in pixels.

    Returns
    -------
    float or None
        Millimetres per pixel on the plane of the ruler; None when not calibrated.
    """
    one = data.measured_of.get(photo_id)
    scale = one.document.get("mm_per_px") if one else None
    return float(scale) * float(one.document["width_px"]) / width if one and scale else None


def picture_files(data: StudyData, picture: Callable[[int], bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield the released pictures of a study and their index.

    Parameters
    ----------
    data : StudyData
        One snapshot of the record.
    picture : callable
        Returns the released picture of a photo.

    Yields
    ------
    (str, bytes)
        A JPEG each, and ``index.csv``.

    Raises
    ------
    ValueError
        If a picture carries metadata.
    """
    rows: list[tuple[Value, ...]] = []
    for release in data.releases:
        photo = data.photo_of[release.photo_id]
        content = picture(photo.id)
        carried = metadata_in(content)
        if carried:
            raise ValueError(f"the picture of photo {photo.id} carries {', '.join(carried)}")
        name = picture_name(data, photo)
        with Image.open(io.BytesIO(content)) as opened:
            width, height = opened.size
        rows.append(
            (
                name,
                data.pseudonym(photo.visit_id),
                data.study_day(photo.visit_id),
                photo.view,
                photo.site.value,
                photo.side.value,
                width,
                height,
                mm_per_picture_px(data, photo.id, width),
                release.masks,
                release.view_sha256,
                photo.sha256,
            )
        )
        yield name, content
    about = "One row per picture that a person released."
    yield "index.csv", csv_bytes(TidyTable("index", about, _COLUMNS, rows, ("file",)))
