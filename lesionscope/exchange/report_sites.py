"""The sites of a visit report: how much of each is involved, and what was scored there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Spacer

from lesionscope.core.cdasi import ITEMS, Answer, FormItem
from lesionscope.core.measurement import Convention
from lesionscope.core.sites import CDASI_LOCATIONS, FACTS, Site
from lesionscope.exchange.report_content import VisitReport
from lesionscope.exchange.report_sheet import Sheet, amount, section, table, words

_COLUMNS = ("erythema", "scale", "erosion", "poikiloderma", "calcinosis")


def sites(report: VisitReport, sheet: Sheet) -> list[Any]:
    """Set one row for each site that was photographed or scored above 0."""
    protocol = report.areas.get(Convention.PROTOCOL)
    involved = {} if protocol is None else {one.site: one for one in protocol.sites()}
    answers: Mapping[str, Answer] = {} if report.reading is None else report.reading.answers
    photographed = {photo.site for photo in report.photos}
    shown = [s for s in Site if s in photographed or _above_0(s, answers)]
    titles = ("Site", "Photos", "% of the site (90 % interval)", "% of the body")
    head = [words(t, "head" if n == 0 else "head_right") for n, t in enumerate(titles)]
    head += [words(name.capitalize(), "head_right") for name in _COLUMNS]
    rows: list[list[Any]] = [head]
    for site in shown:
        part = involved.get(site)
        share = "–"
        if part is not None:
            low, high = amount(part.interval.low), amount(min(part.interval.high, 100))
            share = f"{amount(part.site_percent)} ({low} to {high})"
            if part.beyond:
                share = "all, and beyond it"
        body = "–" if part is None else amount(part.body_percent)
        count = sum(photo.site is site for photo in report.photos)
        levels = [_level(site, name, answers, report.draft) for name in _COLUMNS]
        said = [str(count), share, body, *levels]
        rows.append([words(FACTS[site].label), *(words(cell, "right") for cell in said)])
    narrow, last = 14 * mm, 17 * mm
    rest = sheet.wide - (11 + 29 + 15) * mm - 3 * narrow - 2 * last
    widths = [rest, 11 * mm, 29 * mm, 15 * mm, *[narrow] * 3, *[last] * 2]
    content = [table(rows, widths)] if shown else [words("No site was photographed.", "text")]
    content.append(Spacer(0, 1 * mm))
    content += [words(line, "caption") for line in _beside(answers, shown, report.draft)]
    return section("Site by site", *content, whole=len(rows) < 9)


def _above_0(site: Site, answers: Mapping[str, Answer]) -> bool:
    return any(answers.get(item.key, 0) != 0 for item in ITEMS if item.site is site)


def _level(site: Site, name: str, answers: Mapping[str, Answer], draft: bool) -> str:
    """Write a level; the hands' ulceration stands in the column of erosion."""
    if site is Site.GOTTRON_HANDS and name == "erosion":
        name = "ulceration"
    item = next((one for one in ITEMS if one.key == f"{site.value}.{name}"), None)
    if item is None:
        return ""
    return "–" if draft else _answer(item, answers)


def _answer(item: FormItem, answers: Mapping[str, Answer]) -> str:
    answer = answers.get(item.key)
    if answer is None:
        return "blank"
    return "n/a" if isinstance(answer, str) else f"{answer} of {len(item.levels) - 1}"


def _beside(answers: Mapping[str, Answer], shown: list[Site], draft: bool) -> list[str]:
    """Write what the table leaves out: the hands, nails and hair, and the locations at 0."""
    if draft:
        return ["The sub-scores of a visit that is not signed are not reported."]
    whole = [i for i in ITEMS if i.site is None or i.key.endswith((".papules", ".damage"))]
    rest = [site for site in (*CDASI_LOCATIONS, Site.GOTTRON_HANDS) if site not in shown]
    keys = {site: [item.key for item in ITEMS if item.site is site] for site in rest}
    zero = [site for site in rest if all(answers.get(key) == 0 for key in keys[site])]
    blank = [FACTS[site].label for site in rest if site not in zero]
    lines = ["; ".join(f"{item.label}: {_answer(item, answers)}" for item in whole) + "."]
    if zero:
        names = "; ".join(FACTS[site].label for site in zero)
        lines.append(f"Scored 0 in every field and not photographed: {names}.")
    if blank:
        lines.append(f"Neither photographed nor wholly scored: {'; '.join(blank)}.")
    return lines
