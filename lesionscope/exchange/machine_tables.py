"""The tables of visits and photos, and of what the machine measured and suggested in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from lesionscope.core.measurement import LEVELS, Item
from lesionscope.core.study_data import RecordedMeasurement, StudyData
from lesionscope.exchange.tidy_table import Column, Kind, TidyTable, Value

_INTERVALS = (
    ("bsa_percent", "Involved body surface in the photo, one handprint 1 %", "%"),
    ("bsa_percent_adjusted", "The same, one handprint 0.87 % or as body size says", "%"),
    ("bsa_percent_surface", "The same from square centimetres, height and weight", "%"),
    ("handprints", "Lesion area in handprints", "{handprint}"),
    ("area_cm2", "Lesion area", "cm2"),
)
_OF_A_MEASUREMENT = (
    Column("measurement_id", Kind.WHOLE, "Measurement of the machine.", required=True),
    Column("photo_id", Kind.WHOLE, "Photo, see the table photos.", required=True),
    Column("patient", Kind.TEXT, "Pseudonym of the patient.", required=True),
    Column("visit_id", Kind.WHOLE, "Visit, see the table visits.", required=True),
    Column(
        "current",
        Kind.YES_NO,
        "Whether it is the newest of its photo. Count current rows only.",
        required=True,
    ),
)


def visits_table(data: StudyData) -> TidyTable:
    """Make the table of visits, one row each."""
    photos = Counter(photo.visit_id for photo in data.photos if not photo.withdrawn)
    read = {reading.visit_id for reading in data.readings}
    return TidyTable(
        "visits",
        "One row per visit of a patient.",
        (
            Column("visit_id", Kind.WHOLE, "Visit.", required=True),
            Column("patient", Kind.TEXT, "Pseudonym of the patient.", required=True),
            Column("label", Kind.TEXT, "Name of the visit.", required=True),
            Column("day", Kind.DAY, "Day of the visit.", required=True),
            Column("study_day", Kind.WHOLE, "The patient's first visit is 1.", "d", required=True),
            Column("photos", Kind.WHOLE, "Photos that were not withdrawn.", required=True),
            Column("reading_signed", Kind.YES_NO, "Whether a person signed one.", required=True),
        ),
        [
            (
                visit.id,
                data.pseudonym(visit.id),
                visit.label,
                visit.day,
                data.study_day(visit.id),
                photos[visit.id],
                visit.id in read,
            )
            for visit in data.visits
        ],
        ("visit_id",),
    )


def photos_table(data: StudyData) -> TidyTable:
    """Make the table of photos, one row each; file names stay at home."""
    return TidyTable(
        "photos",
        "One row per photo. The pixels and the names of the files are not in these tables.",
        (
            Column("photo_id", Kind.WHOLE, "Photo.", required=True),
            Column("patient", Kind.TEXT, "Pseudonym of the patient.", required=True),
            Column("visit_id", Kind.WHOLE, "Visit, see the table visits.", required=True),
            Column("sha256", Kind.TEXT, "Of the original file.", required=True),
            Column("bytes", Kind.WHOLE, "Size of the original file.", "By", required=True),
            Column("view", Kind.TEXT, "Standard view.", required=True),
            Column("site", Kind.TEXT, "Site that it counts for.", required=True),
            Column("side", Kind.TEXT, "Side of the body.", required=True),
            Column("added_at", Kind.TIME, "When it came into the record, UTC.", required=True),
            Column("withdrawn", Kind.TEXT, "Why it was withdrawn; empty when it was not."),
            Column(
                "released_sha256", Kind.TEXT, "Picture that a person released; empty when none."
            ),
        ),
        [
            (
                photo.id,
                data.pseudonym(photo.visit_id),
                photo.visit_id,
                photo.sha256,
                photo.size,
                photo.view,
                photo.site.value,
                photo.side.value,
                photo.added_at,
                photo.withdrawn or None,
                data.release_of[photo.id].view_sha256 if photo.id in data.release_of else None,
            )
            for photo in data.photos
        ],
        ("photo_id",),
        (("visit_id", "visits", "visit_id"),),
    )


def _of_measurement(data: StudyData, one: RecordedMeasurement) -> tuple[Value, ...]:
    visit_id = data.photo_of[one.photo_id].visit_id
    return one.id, one.photo_id, data.pseudonym(visit_id), visit_id, one.current


def measurements_table(data: StudyData) -> TidyTable:
    """Make the table of measurements, one row each."""
    return TidyTable(
        "measurements",
        "One row per measurement of a photo by the machine. No row here is a score: only what a "
        "person signed is, see readings.",
        (
            *_OF_A_MEASUREMENT,
            Column("made_at", Kind.TIME, "When it was made, UTC.", required=True),
            Column(
                "outline_by",
                Kind.TEXT,
                "machine, or machine with the outline corrected by a person.",
                required=True,
            ),
            Column("drawn_by", Kind.TEXT, "Software version, or who corrected the outline."),
            Column("software_version", Kind.TEXT, "Software that measured."),
            Column("model_version", Kind.TEXT, "Networks that measured."),
            Column("site", Kind.TEXT, "Site that was measured for."),
            *_interval_columns(),
            Column("interval_level", Kind.NUMBER, "Level of all intervals, such as 0.9."),
            Column("bsa_source", Kind.TEXT, "What gave the scale; empty when nothing did."),
            Column("mm_per_px", Kind.NUMBER, "Scale on the plane of the ruler.", "mm"),
            Column("ita_deg", Kind.NUMBER, "Individual typology angle of clear skin.", "deg"),
            Column("skin_tone", Kind.TEXT, "Class of that angle."),
            Column("lesions", Kind.WHOLE, "Connected lesions, see the table lesions."),
            Column("findings", Kind.TEXT, "Codes of what limits it, separated by semicolons."),
            Column("document_sha256", Kind.TEXT, "Hash of the whole document.", required=True),
        ),
        [_measurement_row(data, one) for one in data.measurements],
        ("measurement_id",),
        (("photo_id", "photos", "photo_id"), ("visit_id", "visits", "visit_id")),
    )


def _interval_columns() -> Iterator[Column]:
    for key, about, unit in _INTERVALS:
        yield Column(key, Kind.NUMBER, f"{about}; empty when not measurable.", unit)
        yield Column(f"{key}_low", Kind.NUMBER, "Lower end of its interval.", unit)
        yield Column(f"{key}_high", Kind.NUMBER, "Upper end of its interval.", unit)


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _measurement_row(data: StudyData, one: RecordedMeasurement) -> tuple[Value, ...]:
    found = one.document
    bounds = [f"{key}{end}" for key, _, _ in _INTERVALS for end in ("", "_low", "_high")]
    lesions = found.get("lesions")
    return (
        *_of_measurement(data, one),
        one.made_at,
        one.origin,
        one.drawn_by,
        found.get("software_version"),
        found.get("model_version"),
        found.get("site"),
        *(_float(found.get(key)) for key in bounds),
        _float(found.get("bsa_interval_level")),
        found.get("bsa_source"),
        _float(found.get("mm_per_px")),
        _float(found.get("ita_deg")),
        found.get("skin_tone"),
        None if lesions is None else len(lesions),
        "; ".join(finding["code"] for finding in found.get("findings") or ()) or None,
        one.document_sha256,
    )


def lesions_table(data: StudyData) -> TidyTable:
    """Make the table of lesions, one row each."""
    levels = [
        Column(item.value, Kind.WHOLE, f"Most probable level, 0 to {LEVELS[item] - 1}.")
        for item in Item
    ]
    return TidyTable(
        "lesions",
        "One row per connected lesion that a measurement outlined. Levels are the machine's "
        "suggestions and no scores.",
        (
            *_OF_A_MEASUREMENT,
            Column("lesion", Kind.WHOLE, "Number in the photo, largest first.", required=True),
            Column("area_px", Kind.WHOLE, "Pixels of the upright photo.", required=True),
            Column("area_cm2", Kind.NUMBER, "Area; empty without a scale.", "cm2"),
            Column("centre_row", Kind.NUMBER, "Centroid, pixels from the top.", required=True),
            Column("centre_column", Kind.NUMBER, "Centroid, pixels from the left.", required=True),
            Column(
                "delta_erythema",
                Kind.NUMBER,
                "Haemoglobin contrast against clear skin near by, optical density (natural log).",
            ),
            Column("delta_a_star", Kind.NUMBER, "CIELAB a* minus that of clear skin near by."),
            *levels,
            Column("not_gradable", Kind.TEXT, "Why no level is suggested."),
            Column("sites", Kind.TEXT, "Locations that it counts for, separated by semicolons."),
        ),
        [
            (*_of_measurement(data, one), *_lesion_row(lesion))
            for one in data.measurements
            for lesion in one.document.get("lesions") or ()
        ],
        ("measurement_id", "lesion"),
        (("measurement_id", "measurements", "measurement_id"),),
    )


def _lesion_row(lesion: dict[str, Any]) -> tuple[Value, ...]:
    row, column = lesion["centre_px"]
    return (
        lesion["label"],
        lesion["area_px"],
        _float(lesion["area_cm2"]),
        float(row),
        float(column),
        _float(lesion["delta_erythema"]),
        _float(lesion["delta_a_star"]),
        *(lesion[item.value] for item in Item),
        lesion["not_gradable"] or None,
        "; ".join(lesion.get("sites") or ()) or None,
    )


def suggestions_table(data: StudyData) -> TidyTable:
    """Make the table of suggested levels, one row each."""
    return TidyTable(
        "suggestions",
        "One row per level that the machine suggested for an item of a location. Never a score: "
        "compare with the signed answers of the same visit.",
        (
            *_OF_A_MEASUREMENT,
            Column("item", Kind.TEXT, "Activity item of the CDASI.", required=True),
            Column("site", Kind.TEXT, "Location that it is suggested for.", required=True),
            Column("level", Kind.WHOLE, "Suggested level; empty when not gradable."),
            *(
                Column(f"p{level}", Kind.NUMBER, f"Probability of level {level}.")
                for level in range(max(LEVELS.values()))
            ),
            Column("reason", Kind.TEXT, "The measured numbers in words, or why there is none."),
        ),
        [
            (*_of_measurement(data, one), *_suggestion_row(suggestion))
            for one in data.measurements
            for suggestion in one.document.get("suggestions") or ()
        ],
        ("measurement_id", "item", "site"),
        (("measurement_id", "measurements", "measurement_id"),),
    )


def _suggestion_row(suggestion: dict[str, Any]) -> tuple[Value, ...]:
    given = [_float(p) for p in suggestion["probabilities"] or ()]
    padded = given + [None] * (max(LEVELS.values()) - len(given))
    return (
        suggestion["item"],
        suggestion["site"],
        suggestion["level"],
        *padded,
        suggestion["reason"] or None,
    )
