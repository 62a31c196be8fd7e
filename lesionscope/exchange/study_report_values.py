"""The signed values of a study report: each patient's course, each change, and the responders."""

from __future__ import annotations

from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Spacer, Table

from lesionscope.core.cdasi_meaning import IMPORTANT_ACTIVITY_CHANGES
from lesionscope.core.criterion import LABELS, UNITS, Quantity
from lesionscope.core.protocol import Protocol
from lesionscope.core.schedule import PlannedVisit
from lesionscope.core.study_settings import PGA_SCALES
from lesionscope.exchange.report_sheet import GUTTER, Sheet, section, table, with_sign, words
from lesionscope.exchange.study_report_charts import (
    MOST_BARS_NAMED,
    MOST_NAMED,
    change_chart,
    course_chart,
)
from lesionscope.exchange.study_report_content import StudyReport
from lesionscope.scoring.response import (
    ChangeSummary,
    change_summary,
    responder_counts,
    rule_words,
)
from lesionscope.scoring.response_rows import ChangeRow, CourseRow, spaghetti_rows, waterfall_rows

QUANTITIES = (Quantity.CDASI_ACTIVITY, Quantity.BSA_PERCENT, Quantity.PGA)
_TALL = 42 * mm


def values(report: StudyReport, sheet: Sheet) -> list[Any]:
    """Set course and change of every quantity, then the changes of all visits as a table."""
    protocol = report.protocol
    if protocol is None:
        return []
    parts: list[Any] = []
    for quantity in QUANTITIES:
        parts += _quantity(report, protocol, quantity, sheet)
    return [*parts, *_summaries(report, protocol, sheet)]


def _quantity(
    report: StudyReport, protocol: Protocol, quantity: Quantity, sheet: Sheet
) -> list[Any]:
    label, title = LABELS[quantity], _heading(report, protocol, quantity)
    rows = spaghetti_rows(report.courses, quantity)
    if not rows:
        silent = quantity is Quantity.PGA and protocol.settings.pga_scale.value is None
        why = " The protocol sets no scale for it." if silent else ""
        return section(title, words(f"No {label} is signed.{why}", "text"))
    size = (sheet.wide - GUTTER) / 2, _TALL
    unit = _unit(quantity)
    scale = protocol.settings.pga_scale.value
    top = PGA_SCALES[scale].high if quantity is Quantity.PGA and scale else None
    left = course_chart(rows, protocol.visits, f"{label}{unit}: each patient", size, top=top)
    visit, changes = _last_changes(report, protocol, quantity)
    if visit is None:
        right: Any = words("No patient has a signed value at the baseline and after it.", "text")
    else:
        right = change_chart(
            changes,
            f"Change from baseline to {visit.label}{unit}, worst first",
            size,
            error=_band(report, quantity),
            important=IMPORTANT_ACTIVITY_CHANGES if quantity is Quantity.CDASI_ACTIVITY else (),
        )
    both = Table([[left, "", right]], [size[0], GUTTER, size[0]], style=_BARE)
    said = words(_caption(report, quantity, rows, changes), "caption")
    return section(title, both, Spacer(0, 1 * mm), said)


_BARE = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    *((f"{side}PADDING", (0, 0), (-1, -1), 0) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")),
]


def _heading(report: StudyReport, protocol: Protocol, quantity: Quantity) -> str:
    label = LABELS[quantity]
    signed = sum(one.value(quantity) is not None for c in report.courses for one in c.visits)
    scale = protocol.settings.pga_scale.value
    more = f" ({scale.value.replace('_', ' ')})" if quantity is Quantity.PGA and scale else ""
    return f"{label[:1].upper()}{label[1:]}{more} over the visits, {signed} signed"


def _last_changes(
    report: StudyReport, protocol: Protocol, quantity: Quantity
) -> tuple[PlannedVisit | None, list[ChangeRow]]:
    """Return the changes at the latest visit of which any is known."""
    for visit in reversed([one for one in protocol.visits if one.day > 0]):
        rules = [r for r in protocol.response if (r.quantity, r.visit) == (quantity, visit.id)]
        rows = waterfall_rows(
            protocol,
            report.courses,
            quantity=quantity,
            visit=visit.id,
            rule=rules[0] if rules else None,
        )
        if rows:
            return visit, rows
    return None, []


def _band(report: StudyReport, quantity: Quantity) -> float | None:
    error = report.errors.get(quantity)
    return None if error is None else error.smallest_detectable


def _caption(
    report: StudyReport, quantity: Quantity, rows: list[CourseRow], changes: list[ChangeRow]
) -> str:
    """Say what the two charts show and what of it cannot be told from measurement error."""
    said = ["Grey columns are the windows of the visits. Nothing is carried forward."]
    if len({row.patient for row in rows}) > MOST_NAMED or len(changes) > MOST_BARS_NAMED:
        said.append("With so many patients, not every line and bar is named.")
    if any(row.responder is not None for row in changes):
        said.append("Full bars are responders by the rule of the protocol, empty ones are not.")
    error = report.errors.get(quantity)
    if error is not None:
        within = sum(abs(row.change) < error.smallest_detectable for row in changes)
        said.append(
            f"Grey band: the smallest detectable change, {error.smallest_detectable:.1f} "
            f"({error.origin}); {within} of {len(changes)} changes lie within it."
        )
    elif quantity is not Quantity.BSA_PERCENT:
        said.append(
            "The study has not measured its own error of this score, so no band of measurement "
            "error is drawn."
        )
    if quantity is Quantity.CDASI_ACTIVITY and changes:
        said.append("Dashed: published falls that matter, by centre.")
    if quantity is Quantity.BSA_PERCENT and changes:
        within = sum(bool(row.within_error) for row in changes)
        said.append(
            f"Vertical lines: 90 % intervals of area and of change; {within} of {len(changes)} "
            "changes are within measurement error: their interval covers zero."
        )
    return " ".join(said)


def _summaries(report: StudyReport, protocol: Protocol, sheet: Sheet) -> list[Any]:
    head = ("Quantity", "Visit", "Both values", "Mean change (95 % interval)", "Median (quartiles)")
    rows = [[words(title, "head") for title in head]]
    for quantity in QUANTITIES:
        name = f"{LABELS[quantity]}{_unit(quantity)}"
        for visit in protocol.visits:
            if visit.day > 0:
                found = change_summary(protocol, report.courses, quantity=quantity, visit=visit.id)
                if found.assessed:
                    rows.append(_summary_row(found, name, visit.label))
                    name = ""
    if len(rows) == 1:
        return []
    widths = [34 * mm, 26 * mm, 24 * mm, 50 * mm]
    return section(
        "Change from the baseline, signed values only; negative is better",
        table(rows, [*widths, sheet.wide - sum(widths)]),
        whole=len(rows) < 16,
    )


def _summary_row(found: ChangeSummary, name: str, visit: str) -> list[Any]:
    assert found.mean is not None
    assert found.median is not None
    assert found.lower_quartile is not None
    assert found.upper_quartile is not None
    mean = with_sign(found.mean, ".1f")
    if found.mean_interval is not None:
        ends = found.mean_interval.low, found.mean_interval.high
        mean += f" ({with_sign(ends[0], '.1f')} to {with_sign(ends[1], '.1f')})"
    quartiles = (with_sign(one, ".1f") for one in (found.lower_quartile, found.upper_quartile))
    return [
        words(name, "label"),
        words(visit),
        words(f"{found.assessed} of {found.patients}"),
        words(mean),
        words(f"{with_sign(found.median, '.1f')} ({' to '.join(quartiles)})"),
    ]


def responders(report: StudyReport) -> list[Any]:
    """Set the responders by each rule, or that the protocol's text has none."""
    protocol = report.protocol
    if protocol is None:
        return []
    counts = responder_counts(protocol, report.courses)
    if not counts:
        asked = next((q for q in protocol.open_questions if q.about == "response"), None)
        said = "Responders are undetermined: the protocol text is silent."
        return section(
            "Responders", words(f"{said} {asked.until_settled if asked else ''}", "text")
        )
    lines: list[Any] = []
    for count in counts:
        label = protocol.visit_named(count.rule.visit).label
        share = f"{len(count.responders)} of {count.assessed}"
        lines.append(words(f"{label}: {share}", "label"))
        lines.append(words(f"{rule_words(count.rule)}. {count.describe()}.", "text"))
        if count.unknown:
            lines.append(words(f"Not known of: {', '.join(count.unknown)}.", "caption"))
    return section("Responders", *lines)


def _unit(quantity: Quantity) -> str:
    return f",{UNITS[quantity]}" if quantity in UNITS else ""
