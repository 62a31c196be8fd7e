"""The agreement report of a read campaign: how it was read, and how far the readers agree.

A PDF of A4 or Letter pages, made from what is given and nothing else; the same report gives the
same bytes. Readers are named by their accounts' full names: the report is for who runs the study.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reportlab.graphics.shapes import Circle, Drawing, Line, Rect, String
from reportlab.lib.colors import black
from reportlab.lib.units import mm
from reportlab.platypus import Spacer

from lesionscope.exchange.report_binding import Binding, bound
from lesionscope.exchange.report_chart import nice_top
from lesionscope.exchange.report_sheet import (
    BOLD,
    FAMILY,
    HAIR,
    QUIET,
    Sheet,
    section,
    table,
    time_words,
    words,
)
from lesionscope.exchange.target_sheet import Paper
from lesionscope.scoring.agreement import Coefficient
from lesionscope.scoring.campaign_agreement import (
    FEWEST,
    CampaignAgreement,
    Comparison,
    NumberAgreement,
)

FORMULAS = (
    "ICC(2,1) = (MSR - MSE) / (MSR + (k-1) MSE + k (MSC - MSE) / n): agreement of single readers "
    "drawn at random. ICC(3,1) = (MSR - MSE) / (MSR + (k-1) MSE): consistency of these readers. "
    "Intervals by the F distribution (Shrout and Fleiss 1979; McGraw and Wong 1996).",
    "Weighted kappa = 1 - sum(w seen) / sum(w by chance), w = squared distance of the levels "
    "(Cohen 1968); large-sample interval (Fleiss, Cohen and Everitt 1969).",
    "Limits of agreement = mean difference -/+ 1.96 SD of the differences; proportional bias: "
    "slope of the difference on the mean of the two (Bland and Altman 1986, 1999).",
    "SEM consistency = sqrt(MSE); SEM agreement = sqrt((MSC - MSE) / n + MSE), without a negative "
    "variance; SDC = 1.96 x sqrt(2) x SEM (de Vet et al. 2006).",
    "Cases of one patient resemble each other: the intervals treat every case as a patient of its "
    "own and are then too narrow.",
    "Activity points are the items that a photo can show (erythema, scale, erosion or ulceration) "
    "summed over the sites read; they are no CDASI total.",
    "Consensus: what the third reader settled; of two reads within the rules, one drawn by the "
    "stored seed. Nothing is averaged.",
)
"""Formulas, sources and limits, as they stand under the figures."""


@dataclass(frozen=True, eq=False)
class AgreementReport:
    """What the report says.

    Attributes
    ----------
    name, code : str
        Of the campaign.
    facts : tuple of (str, str)
        How it was read: design, readers, blinding, seed.
    rules : tuple of str
        When a case went to the third reader.
    readers : tuple of str
        Full names of the two readers.
    agreement : CampaignAgreement
        The figures.
    as_of : datetime
        Time of the newest read.
    plan_sha256, software_version : str
        Hash of the declaration, and what computed the figures.
    standing : str
        How the campaign stands, where it is not read to its end: paused or closed early, how many
        cases were read, and why. Empty otherwise.
    """

    name: str
    code: str
    facts: tuple[tuple[str, str], ...]
    rules: tuple[str, ...]
    readers: tuple[str, str]
    agreement: CampaignAgreement
    as_of: datetime
    plan_sha256: str
    software_version: str
    standing: str = ""


def agreement_report(report: AgreementReport, paper: Paper = Paper.A4) -> bytes:
    """Print the agreement report of a campaign.

    Parameters
    ----------
    report : AgreementReport
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
        kind="LesionScope agreement report",
        title=f"Agreement report {report.code}",
        head=f"{report.code} · {report.name}",
        foot=f"Reads until {time_words(report.as_of)} · plan sha256 {report.plan_sha256[:16]}",
        as_of=report.as_of,
        software=report.software_version,
    )
    return bound(binding, sheet, lambda: _story(report, sheet))


def _story(report: AgreementReport, sheet: Sheet) -> list[Any]:
    found = report.agreement
    return [
        words(f"Agreement of campaign {report.code}", "title"),
        words(report.name, "visit"),
        *([words(report.standing, "text")] if report.standing else []),
        *section("How it was read", _facts(report, sheet)),
        *section("Discordant cases", *_adjudication(report)),
        *_comparison("Between the readers", found.between, sheet),
        *[
            part
            for one in found.within
            for part in _comparison("Within a reader (hidden repeats)", one, sheet)
        ],
        *_comparison("Machine and consensus", found.machine, sheet),
        *section(
            "Formulas, sources and limits", *[words(line, "limit") for line in FORMULAS], whole=True
        ),
    ]


def _facts(report: AgreementReport, sheet: Sheet) -> Any:
    rows = [[words("What", "head"), words("Declared before the first read", "head")]]
    rows += [[words(label, "label"), words(said)] for label, said in report.facts]
    rows += [[words("Discordant when", "label"), words(rule)] for rule in report.rules]
    return table(rows, [38 * mm, sheet.wide - 38 * mm])


def _adjudication(report: AgreementReport) -> list[Any]:
    return [words(line, "text") for line in adjudication_words(report.agreement, report.readers)]


def adjudication_words(found: CampaignAgreement, readers: tuple[str, str]) -> list[str]:
    """Say how many cases went to the third reader, and whose read stood.

    Parameters
    ----------
    found : CampaignAgreement
        The figures.
    readers : tuple of str
        Names of the two readers.

    Returns
    -------
    list of str
        One sentence a line.
    """
    percent = found.adjudication_percent
    share = "" if percent is None else f" ({percent:.0f} %)"
    lines = [
        f"{found.complete} of {found.cases} cases have both reads; {found.discordant} of them were "
        f"discordant{share}, {found.settled} of these are settled."
    ]
    if found.settled:
        upheld = " and ".join(
            f"{count} times the read of {name}"
            for name, count in zip(readers, found.upheld, strict=True)
        )
        lines.append(f"The third reader upheld {upheld}, and scored {found.anew} anew.")
    return lines


def _comparison(title: str, found: Comparison, sheet: Sheet) -> list[Any]:
    heading = f"{title}: {found.title}, {found.pairs} cases"
    if not found.numbers and not found.kappas:
        return section(heading, words(f"Fewer than {FEWEST} pairs: nothing is computed.", "text"))
    content: list[Any] = []
    if found.numbers:
        content += [_numbers(found.numbers, sheet), Spacer(0, 2 * mm), _plots(found, sheet)]
    if found.kappas:
        content += [Spacer(0, 2 * mm), _kappas(found.kappas, sheet)]
    return section(heading, *content)


def _numbers(numbers: Sequence[NumberAgreement], sheet: Sheet) -> Any:
    rows = [[words("", "head"), *[words(named(one), "head") for one in numbers]]]
    lines = [number_lines(one) for one in numbers]
    for place, (label, _) in enumerate(lines[0]):
        rows.append([words(label, "label"), *[words(line[place][1]) for line in lines]])
    wide = (sheet.wide - 50 * mm) / len(numbers)
    return table(rows, [50 * mm, *[wide] * len(numbers)])


def named(one: NumberAgreement) -> str:
    """Return the name of a number with its unit, where the name does not say it."""
    return one.name if one.unit == "points" else f"{one.name}, {one.unit}"


def number_lines(one: NumberAgreement) -> list[tuple[str, str]]:
    """Return the figures of a number, each with what it is called.

    Parameters
    ----------
    one : NumberAgreement
        The figures.

    Returns
    -------
    list of (str, str)
    """
    diff, errors = one.differences, one.errors
    slope = coefficient_words(diff.slope)
    if diff.slope.defined:
        slope += "; proportional bias" if diff.proportional else "; none shown"
    return [
        ("Pairs", str(len(one.pairs))),
        ("ICC(2,1), agreement", coefficient_words(one.icc_agreement)),
        ("ICC(3,1), consistency", coefficient_words(one.icc_consistency)),
        ("Mean difference", coefficient_words(diff.mean)),
        ("Lower limit of agreement", coefficient_words(diff.low)),
        ("Upper limit of agreement", coefficient_words(diff.high)),
        ("Slope of difference on mean", slope),
        (
            "SEM agreement / consistency",
            f"{errors.sem_agreement:.2f} / {errors.sem_consistency:.2f}",
        ),
        (
            "SDC agreement / consistency",
            f"{errors.sdc_agreement:.2f} / {errors.sdc_consistency:.2f}",
        ),
    ]


def coefficient_words(one: Coefficient) -> str:
    """Write a coefficient with its 95 % interval.

    Examples
    --------
    >>> coefficient_words(Coefficient(0.714, 0.342, 0.946, 6))
    '0.71 (0.34 to 0.95)'
    >>> coefficient_words(Coefficient(float("nan"), float("nan"), float("nan"), 6))
    'not defined: nothing varies'
    """
    if not one.defined:
        return "not defined: nothing varies"
    if math.isnan(one.low):
        return f"{one.value:.2f} (no interval)"
    return f"{one.value:.2f} ({one.low:.2f} to {one.high:.2f})"


def _kappas(kappas: Sequence[tuple[str, Coefficient]], sheet: Sheet) -> Any:
    rows = [[words(head, "head") for head in ("Item", "Weighted kappa (95 % interval)", "Pairs")]]
    rows += [
        [words(label, "label"), words(coefficient_words(one)), words(str(one.n))]
        for label, one in kappas
    ]
    return table(rows, [70 * mm, sheet.wide - 90 * mm, 20 * mm])


def _plots(found: Comparison, sheet: Sheet) -> Drawing:
    """Draw difference against mean, one panel a number."""
    tall = 44 * mm
    drawing = Drawing(sheet.wide, tall)
    for place, one in enumerate(found.numbers):
        _plot(drawing, one, (place * (sheet.columns(2) + 5 * mm), sheet.columns(2), tall))
    return drawing


def _plot(drawing: Drawing, one: NumberAgreement, box: tuple[float, float, float]) -> None:
    left, wide, tall = box
    left, right, low, high = left + 22, left + wide - 6, 14.0, tall - 14
    means = [(a + b) / 2 for a, b in one.pairs]
    diff = one.differences
    top = nice_top(max(means))
    reach = nice_top(max(*(abs(a - b) for a, b in one.pairs), abs(diff.low.value), diff.high.value))

    def at(mean: float, apart: float) -> tuple[float, float]:
        across = left + mean / top * (right - left)
        return across, (low + high) / 2 + apart / reach * (high - low) / 2

    drawing.add(Rect(left, low, right - left, high - low, fillColor=None, strokeColor=HAIR))
    for apart, dashes in (
        (diff.mean.value, None),
        (diff.low.value, [2, 2]),
        (diff.high.value, [2, 2]),
    ):
        (x1, y), (x2, _) = at(0, apart), at(top, apart)
        drawing.add(Line(x1, y, x2, y, strokeWidth=0.7, strokeDashArray=dashes))
    for (a, b), mean in zip(one.pairs, means, strict=True):
        drawing.add(
            Circle(*at(mean, a - b), 1.8, fillColor=None, strokeColor=black, strokeWidth=0.7)
        )
    style = {"fontName": FAMILY, "fontSize": 6.5, "fillColor": QUIET}
    title = f"{one.name}: difference by mean, {one.unit}"
    drawing.add(String(left, high + 4, title, **(style | {"fontName": BOLD})))
    for apart in (-reach, 0, reach):
        drawing.add(String(left - 3, at(0, apart)[1] - 2, f"{apart:g}", textAnchor="end", **style))
    for mean in (0, top):
        drawing.add(String(at(mean, 0)[0], low - 8, f"{mean:g}", textAnchor="middle", **style))
