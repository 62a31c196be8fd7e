"""The figures of a visit report: totals, body surface, change against baseline, and trend."""

from __future__ import annotations

from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Spacer, Table

from lesionscope.core import cdasi
from lesionscope.core.cdasi import CDASI, Part, severity_bands
from lesionscope.core.change import Change
from lesionscope.core.measurement import BsaEstimate, Convention
from lesionscope.exchange.report_chart import trend_chart
from lesionscope.exchange.report_content import VisitReport
from lesionscope.exchange.report_sheet import (
    Sheet,
    amount,
    bsa_words,
    day_words,
    figures,
    section,
    table,
    with_sign,
    words,
)
from lesionscope.scoring.bsa import probability_above

_TOPS = {Part.ACTIVITY: 100, Part.DAMAGE: 32}
_CONVENTIONS = {
    Convention.PROTOCOL: ("Protocol", "One handprint is 1 % (Thomas and Finlay 2007)."),
    Convention.ADJUSTED: (
        "Adjusted",
        "One handprint is 0.87 % (Rhodes 2013), or what sex, height and weight lead one to expect.",
    ),
    Convention.SURFACE: (
        "Height and weight",
        "cm² of lesion over the body's surface; no handprint in it.",
    ),
}


def opening(report: VisitReport, sheet: Sheet) -> list[Any]:
    """Set the patient, the visit and the four figures that a reader looks for first."""
    visit = report.visit
    state = "DRAFT: nobody has signed this visit" if report.draft else "Signed"
    size = report.size
    body = [] if size is None else [f"{size.height_cm:g} cm, {size.weight_kg:g} kg"]
    line = " · ".join([visit.label, day_words(visit.day), *body, state])
    return [
        words(report.patient.pseudonym, "title"),
        words(line, "visit"),
        Spacer(0, 4 * mm),
        _figures(report, sheet),
    ]


def _figures(report: VisitReport, sheet: Sheet) -> Table:
    bsa = report.bsa
    area = "not measurable" if bsa is None else f"{amount(bsa.percent)} %"
    boxes = [
        *(_total(report, part) for part in Part),
        ("Change of activity", *_change_figure(report)),
        ("Body surface involved", area, _area_caption(bsa, report.draft)),
    ]
    return figures(boxes, sheet)


def _total(report: VisitReport, part: Part) -> tuple[str, str, str]:
    """Return label, figure and caption of a total; an unsigned visit has none."""
    label = f"CDASI {part.value}"
    if report.reading is None:
        return label, "no score", "Not signed: only a signed reading is a score."
    state = report.reading.score(part)
    if state.total is None:
        return label, "no total", state.describe()
    if part is Part.DAMAGE:
        return label, f"{state.total} of {_TOPS[part]}", "A score of its own, never added."
    named = severity_bands(
        state.total,
        adopted=report.settings.adopted,
        cutoff=report.settings.severity_cutoff,
    )
    bands = "; ".join(f"{band} ({source})" for source, band in named.items())
    return label, f"{state.total} of {_TOPS[part]}", f"{bands[:1].upper()}{bands[1:]}"


def _area_caption(bsa: BsaEstimate | None, draft: bool) -> str:
    state = "measured, not signed" if draft else "signed"
    if bsa is None:
        return state.capitalize()
    low, high = amount(bsa.interval.low), amount(bsa.interval.high)
    return f"{100 * bsa.interval.level:.0f} % interval {low} to {high} %; protocol; {state}"


def _activity_change(report: VisitReport) -> Change | None:
    if report.reading is None or report.baseline is None:
        return None
    totals = [one.score(Part.ACTIVITY).total for one in (report.baseline[1], report.reading)]
    before, now = totals
    if before is None or now is None:
        return None
    error = report.settings.errors.get((CDASI.id, Part.ACTIVITY.value))
    return cdasi.change(Part.ACTIVITY, before, now, error=error)


def _change_figure(report: VisitReport) -> tuple[str, str]:
    found = _activity_change(report)
    if found is not None and report.baseline is not None:
        first = report.baseline[0]
        share = "" if found.percent is None else f"{with_sign(found.percent, '.0f')} % "
        return (
            f"{with_sign(found.points)} points",
            f"{share}against {first.label}, {day_words(first.day)}",
        )
    if report.draft:
        return "none", "Not signed: there is no total to compare."
    if report.baseline is None:
        return "none", "There is no earlier, signed baseline."
    return "none", "One of the two forms has no total."


def surface(report: VisitReport, sheet: Sheet) -> list[Any]:
    """Set the body surface under each convention with its interval."""
    head = ("Convention", "BSA (90 % interval)", "P (> 1 %)", "P (< 20 %)", "Meaning")
    rows: list[list[Any]] = [[words(title, "head") for title in head]]
    signed = report.reading.bsa if report.reading is not None else None
    if signed is not None:
        rows.append(_surface_row("Protocol, signed", signed, _CONVENTIONS[signed.convention][1]))
    for convention, (name, meaning) in _CONVENTIONS.items():
        area = report.areas.get(convention)
        if signed is not None and convention is signed.convention:
            continue
        missing = convention is Convention.SURFACE and (area is None or area.total is None)
        if missing:
            meaning = "Needs height and weight before measuring, and cm² in every photo."
        rows.append(_surface_row(name, None if area is None else area.total, meaning))
    rest = sheet.wide - (30 + 34 + 17 + 18) * mm
    found = table(rows, [30 * mm, 34 * mm, 17 * mm, 18 * mm, rest])
    return section("Body surface involved", found)


def _surface_row(name: str, bsa: BsaEstimate | None, meaning: str) -> list[Any]:
    chances = ["–", "–"]
    if bsa is not None:
        chances = [_chance(probability_above(bsa, 1)), _chance(1 - probability_above(bsa, 20))]
    said = [words(name), words(bsa_words(bsa), bold=bsa is not None), *map(words, chances)]
    return [*said, words(meaning, "caption")]


def _chance(probability: float) -> str:
    if probability > 0.99:
        return "over 99 %"
    return "under 1 %" if probability < 0.01 else f"{100 * probability:.0f} %"


def change(report: VisitReport, sheet: Sheet) -> list[Any]:
    """Set the change of the activity beside what matters and what can be told from noise."""
    found = _activity_change(report)
    if found is None or report.baseline is None:
        return []
    first = report.baseline[0]
    now = f"{report.visit.label}, {day_words(report.visit.day)}"
    rows = [
        ("Activity", f"{found.baseline:g} at {first.label}, {day_words(first.day)}; "
         f"{found.now:g} at {now}"),
        *(
            (
                f"{one.points:g} points ({one.name})",
                f"{'reached' if found.reaches(one) else 'not reached'}: the smallest change that "
                f"matters by {one.citation.text if one.citation else 'the study'}",
            )
            for one in found.important
        ),
        ("Measurement error", _error_words(found)),
    ]  # fmt: skip
    cells = [[words(name), words(said)] for name, said in rows]
    return section(
        "Change of CDASI activity against baseline",
        table(cells, [44 * mm, sheet.wide - 44 * mm]),
    )


def _error_words(found: Change) -> str:
    if found.error is None:
        return (
            "not known: the agreement of this study's readers was not measured, so noise cannot be "
            "told from change"
        )
    side = "within" if found.within_error else "beyond"
    return (
        f"{side} the smallest detectable change of {found.error.smallest_detectable:.1f} points "
        f"(95 %; {found.error.origin})"
    )


def trend(report: VisitReport, sheet: Sheet) -> list[Any]:
    """Draw the visits: totals on the left, body surface with its interval on the right."""
    if not report.trend:
        return []
    baseline = None if report.baseline is None else report.baseline[1]
    before = None if baseline is None else baseline.score(Part.ACTIVITY).total
    important = [one.points for one in cdasi.CDASI.rule(Part.ACTIVITY.value).important]
    band = None if before is None else (before - max(important), before - min(important))
    chart = trend_chart(report.trend, report.visit.day, (sheet.wide, 37 * mm), band)
    caption = "Filled: signed. Hollow: measured, not signed. Bars: 90 % interval."
    if band is not None:
        caption += (
            f" Grey band: activity fallen by {min(important):g} to {max(important):g} points, the "
            "smallest change that matters."
        )
    return section("Over the visits", chart, words(caption, "caption"))
