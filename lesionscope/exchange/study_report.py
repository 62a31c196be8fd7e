"""The study report: where a study stands, on paper for an investigator or a data manager.

A PDF of A4 or Letter pages, made from what is given and nothing else; the same report gives the
same bytes. Patients are named by pseudonym and readers by number. Only what was signed is a score.
"""

from __future__ import annotations

from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Spacer

from lesionscope.core.protocol import Protocol
from lesionscope.core.trial import Timing
from lesionscope.exchange import study_report_quality, study_report_values
from lesionscope.exchange.report_binding import Binding, bound
from lesionscope.exchange.report_sheet import (
    Sheet,
    figures,
    section,
    table,
    time_words,
    words,
)
from lesionscope.exchange.study_report_content import StudyReport, VisitLine
from lesionscope.exchange.target_sheet import Paper
from lesionscope.scoring.eligibility import Verdict

_OPEN = (Timing.DUE, Timing.NOT_YET_DUE, Timing.NO_BASELINE)
_SHORT = 8
"""Planned visits that have a column each beside the patients; more would not be legible."""


def study_report(report: StudyReport, paper: Paper = Paper.A4) -> bytes:
    """Print the report of a study.

    Parameters
    ----------
    report : StudyReport
        What it says.
    paper : Paper
        Size of the pages.

    Returns
    -------
    bytes
        A PDF; the same report and paper give the same bytes.
    """
    sheet = Sheet.of(paper)
    binding = Binding(
        kind="LesionScope study report",
        title=f"Study report {report.study}",
        head=f"Study {report.study}",
        foot=_foot(report),
        as_of=report.as_of,
        software=report.software,
    )
    return bound(binding, sheet, lambda: _story(report, sheet))


def _foot(report: StudyReport) -> str:
    place, _, head = report.chain_head.partition(":")
    return f"Record at {time_words(report.as_of)} · event {place}, chain {head[:16]}"


def _story(report: StudyReport, sheet: Sheet) -> list[Any]:
    return [
        *_opening(report, sheet),
        *_patients(report, sheet),
        *_schedule(report, sheet),
        *study_report_values.values(report, sheet),
        *study_report_values.responders(report),
        *study_report_quality.capture(report, sheet),
        *study_report_quality.overridden(report, sheet),
        *study_report_quality.agreement(report, sheet),
        *study_report_quality.origin(report, sheet),
        *study_report_quality.limits(report),
    ]


def _opening(report: StudyReport, sheet: Sheet) -> list[Any]:
    protocol = report.protocol
    line = "No protocol is set: there is no schedule, no criterion and no response rule."
    return [
        words(f"Study {report.study}", "title"),
        words(protocol.title if protocol else line, "visit"),
        *([words(protocol_words(protocol), "caption")] if protocol else []),
        Spacer(0, 4 * mm),
        figures(_boxes(report), sheet),
    ]


def protocol_words(protocol: Protocol) -> str:
    """Say the protocol in a line: version, phase, masking and arms, as far as it states them."""
    design = protocol.design
    arms = design.arms.value
    parts = [
        f"Protocol version: {protocol.version}",
        design.phase.value,
        f"masking {design.masking.value}" if design.masking.value else None,
        f"{arms} arm{'s' * (arms != 1)}" if arms else None,
        f"{len(protocol.visits)} planned visits",
    ]
    return " · ".join(part for part in parts if part)


def _boxes(report: StudyReport) -> list[tuple[str, str, str]]:
    planned = report.protocol.design.patients.value if report.protocol else None
    verdicts = [one.verdict for one in report.patients]
    held, due = (sum(getattr(one, name) for one in report.schedule) for name in ("held", "due"))
    counts = report.counts
    measured = sum(report.capture.photos.values())
    return [
        (
            "Patients",
            f"{len(report.pseudonyms)}" + (f" of {planned}" if planned else ""),
            "in the record, of those planned" if planned else "in the record",
        ),
        (
            "Eligible",
            f"{verdicts.count(Verdict.ELIGIBLE)}" if report.protocol else "–",
            f"{verdicts.count(Verdict.NOT_ELIGIBLE)} not eligible, "
            f"{verdicts.count(Verdict.UNDETERMINED)} undetermined"
            if report.protocol
            else "no criterion",
        ),
        (
            "Visits held",
            f"{held} of {due}" if report.protocol else f"{counts['visits']}",
            "of those due by today" if report.protocol else "no schedule",
        ),
        ("Photos measured", f"{measured} of {counts['photos']}", f"{counts['readings']} readings "
         f"and {counts['forms']} forms signed"),
    ]  # fmt: skip


def _patients(report: StudyReport, sheet: Sheet) -> list[Any]:
    if not report.patients:
        named = ", ".join(report.pseudonyms) or "No patient yet."
        return section("Patients", words(named, "text"), whole=False)
    assert report.protocol is not None
    visits = report.protocol.visits if len(report.protocol.visits) <= _SHORT else ()
    head = ["Patient", "Eligibility by what is signed", *(visit.label for visit in visits)]
    extra = any(one.unscheduled for one in report.patients)
    rows = [[words(title, "head") for title in [*head, *(["Unscheduled"] if extra else [])]]]
    for one in report.patients:
        cells = [words(one.pseudonym, "label"), words(one.criteria, "caption")]
        cells += [words(said, "caption") for said in one.timings[: len(visits)]]
        rows.append([*cells, *([words(str(one.unscheduled or "–"), "caption")] if extra else [])])
    columns = len(visits) + extra
    first, second = 24 * mm, 52 * mm
    rest = (sheet.wide - first - second) / columns if columns else 0
    widths = [first, second if columns else sheet.wide - first, *[rest] * columns]
    return section("Patients", table(rows, widths), whole=len(rows) < 16)


def _schedule(report: StudyReport, sheet: Sheet) -> list[Any]:
    if not report.schedule:
        return []
    head = ("Visit", "Held of due", "In window", "Early", "Late", "Missing", "Not due yet",
            "Photographs", "Scores signed")  # fmt: skip
    rows = [[words(title, "head") for title in head]]
    rows += [_visit_row(one) for one in report.schedule]
    widths = [24 * mm, 20 * mm, 17 * mm, 11 * mm, 11 * mm, 15 * mm, 19 * mm]
    said = (
        "Photographs: views of the shot list that are there, of those asked for, at the visits "
        "that were held. Scores: instruments signed, of those the protocol asks for there. Not "
        "due yet counts patients without a baseline, too."
    )
    return section(
        "How complete the schedule is",
        table(rows, [*widths, *[(sheet.wide - sum(widths)) / 2] * 2]),
        Spacer(0, 1 * mm),
        words(said, "caption"),
    )


def _visit_row(one: VisitLine) -> list[Any]:
    timings = one.timings
    counted = [timings[t] for t in (Timing.IN_WINDOW, Timing.EARLY, Timing.LATE, Timing.MISSING)]
    return [
        words(one.label, "label"),
        words(f"{one.held} of {one.due}"),
        *(words(str(number)) for number in counted),
        words(str(sum(timings[timing] for timing in _OPEN))),
        words(of(one.photographs)),
        words(of(one.scores)),
    ]


def of(pair: tuple[int, int]) -> str:
    """Write how many there are of those asked for.

    Examples
    --------
    >>> of((15, 16)), of((0, 0))
    ('15 of 16 (94 %)', '–')
    """
    there, asked = pair
    return f"{there} of {asked} ({100 * there / asked:.0f} %)" if asked else "–"
