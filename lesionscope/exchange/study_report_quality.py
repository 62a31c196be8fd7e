"""How far a study's figures carry: photos and suggestions by tone, agreement, versions, limits.

Readers of a campaign are named by number, and patients by pseudonym.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Spacer

from lesionscope.core.photo import Severity
from lesionscope.exchange.agreement_report import adjudication_words, coefficient_words
from lesionscope.exchange.report_sheet import Sheet, section, table, with_sign, words
from lesionscope.exchange.study_report_content import StudyReport
from lesionscope.scoring.campaign_agreement import CampaignAgreement, NumberAgreement
from lesionscope.scoring.capture_quality import NO_TONE, TONES, tone_words
from lesionscope.scoring.drift import Drift

READERS = "reader 1", "reader 2"
"""What the readers of a campaign are called here."""
_MOST_FINDINGS = 14

LIMITS = (
    "LesionScope is a research tool, not a medical device. It suggests; who signs decides. Only "
    "what was signed counts as a score here; what was measured and not signed decides nothing.",
    "No figure of the software's own accuracy comes from a patient with dermatomyositis, and "
    "nothing here shows that it works on these patients. How often suggestions are overridden says "
    "how readers take them, not how right they are: a reader who sees one leans towards it.",
    "Skin tone is the angle of the colour of clear skin in the photo (ITA), not what the patient "
    "or anybody else says; light and camera move it.",
    "CDASI activity and damage are two scores and are never added. Intervals of BSA are 90 %, of "
    "means and shares 95 %. No test of a hypothesis is made and nothing is adjusted for looking "
    "often.",
    "A pseudonym and days may still tell a patient to somebody who knows them: keep this report as "
    "patient data.",
)
"""What every study report must say of itself."""


def capture(report: StudyReport, sheet: Sheet) -> list[Any]:
    """Set how many photos of each skin tone are clean and calibrated, and each warning."""
    found, tones = report.capture, [t for t in report.tones if report.capture.photos[t]]
    if not tones:
        return section("Capture quality", words("No photo is measured.", "text"))
    rows = [
        [words(title, "head") for title in ("Photos", "All", *map(tone_words, tones))],
        _counted("Measured", found.photos, tones, None),
        _counted("Without a warning", found.clean, tones, found.photos),
        _counted("Calibrated", found.calibrated, tones, found.photos),
    ]
    for line in found.findings[:_MOST_FINDINGS]:
        grave = " (serious)" if line.severity is Severity.SERIOUS else ""
        name = f"{line.code.replace('_', ' ')}{grave}"
        rows.append(_counted(name, line.photos, tones, found.photos))
    left = len(found.findings) - _MOST_FINDINGS
    said = "Newest measurement of each photo. Skin tone is the class of the angle ITA."
    if left > 0:
        said += f" {left} rarer warnings are left out."
    first = 52 * mm
    rest = (sheet.wide - first) / (len(tones) + 1)
    return section(
        "Capture quality by skin tone",
        table(rows, [first, *[rest] * (len(tones) + 1)]),
        Spacer(0, 1 * mm),
        words(said, "caption"),
    )


def _counted(
    name: str, counted: Counter[str], tones: list[str], among: Counter[str] | None
) -> list[Any]:
    """Set one line: a number for all and for each tone, with its share where there is one."""
    cells = [(counted.total(), among.total() if among else 0)]
    cells += [(counted[tone], among[tone] if among else 0) for tone in tones]
    return [
        words(name, "label"),
        *(words(f"{n} ({100 * n / of:.0f} %)" if of else str(n)) for n, of in cells),
    ]


def overridden(report: StudyReport, sheet: Sheet) -> list[Any]:
    """Set how often readers overrode a suggestion that they saw, by item and skin tone."""
    title = "Suggestions overridden, by skin tone"
    if not report.drift:
        return section(title, words("No signed reading rests on a suggestion yet.", "text"))
    head = ("Item", "Skin tone", "Seen", "Overridden", "Share (95 % interval)",
            "Answer less suggestion, levels")  # fmt: skip
    rows = [[words(one, "head") for one in head]]
    order = (*TONES, NO_TONE)
    items = list(dict.fromkeys(one.item for one in report.drift))
    before = None
    for one in sorted(report.drift, key=lambda d: (items.index(d.item), order.index(d.group))):
        rows.append(
            [
                words("" if one.item is before else one.item.value, "label"),
                words(tone_words(one.group)),
                words(str(one.shown)),
                words(str(one.overridden)),
                words(_share(one)),
                words(with_sign(one.mean_shift, ".2f")),
            ]
        )
        before = one.item
    widths = [34 * mm, 30 * mm, 16 * mm, 24 * mm, 40 * mm]
    said = (
        "Seen: answers given in sight of a suggestion. Answer less suggestion covers unseen ones "
        "too; above 0 the software says too little."
    )
    return section(
        title,
        table(rows, [*widths, sheet.wide - sum(widths)]),
        Spacer(0, 1 * mm),
        words(said, "caption"),
        whole=len(rows) < 20,
    )


def _share(one: Drift) -> str:
    if one.share is None or one.interval is None:
        return "none seen"
    low, high = one.interval
    return f"{100 * one.share:.0f} % ({100 * low:.0f} to {100 * high:.0f})"


def agreement(report: StudyReport, sheet: Sheet) -> list[Any]:
    """Set the agreement of the newest finished campaign, or that there is none."""
    found = report.campaign
    if found is None:
        return section("Agreement of readers", words(report.campaign_note, "text"))
    about = f"Campaign {found.code}: {found.name}. {found.design[:1].upper()}{found.design[1:]}."
    lines = [about, *adjudication_words(found.agreement, READERS), report.campaign_note]
    said = (
        "Activity points are the items that a photo can show; they are no CDASI total. The "
        "agreement report of the campaign has every item, plots and formulas."
    )
    return section(
        "Agreement of readers",
        *(words(line, "text") for line in lines if line),
        Spacer(0, 1.5 * mm),
        _coefficients(found.agreement, sheet),
        Spacer(0, 1 * mm),
        words(said, "caption"),
    )


def _coefficients(found: CampaignAgreement, sheet: Sheet) -> Any:
    """Set one line for each comparison and number."""
    head = ("Compared", "Score", "Pairs", "ICC(2,1) (95 % interval)", "Mean difference",
            "Limits of agreement", "Smallest detectable change")  # fmt: skip
    rows = [[words(title, "head") for title in head]]
    for one in (found.between, found.within[-1], found.machine):
        title = f"{one.title[:1].upper()}{one.title[1:]}"
        rows += [_coefficient_row(title, number) for number in one.numbers]
        if not one.numbers:
            rows.append([words(title, "label"), words(f"{one.pairs} pairs, too few"), *[""] * 5])
    widths = [34 * mm, 25 * mm, 12 * mm, 34 * mm, 22 * mm, 30 * mm]
    return table(rows, [*widths, sheet.wide - sum(widths)])


def _coefficient_row(title: str, one: NumberAgreement) -> list[Any]:
    apart = one.differences
    ends = (with_sign(end.value, ".2f") for end in (apart.low, apart.high))
    return [
        words(title, "label"),
        words(one.name if one.unit == "points" else "Area, % BSA"),
        words(str(len(one.pairs))),
        words(coefficient_words(one.icc_agreement)),
        words(with_sign(apart.mean.value, ".2f")),
        words(" to ".join(ends)),
        words(f"{one.errors.sdc_agreement:.2f}"),
    ]


def origin(report: StudyReport, sheet: Sheet) -> list[Any]:
    """Set versions and hashes."""
    rows = [
        ("Report", f"LesionScope {report.software}"),
        *(("Measured by", one) for one in report.models),
        ("Audit chain", report.chain_head),
    ]
    if report.protocol is not None:
        rows.append(("Protocol", f"{report.protocol.id}, file sha256 {report.protocol_sha256}"))
    if report.campaign is not None:
        rows.append(("Campaign", f"{report.campaign.code}, plan sha256 "
                     f"{report.campaign.plan_sha256}"))  # fmt: skip
    rows += [
        (
            "Record",
            "; ".join(f"{number} {what}" for what, number in report.counts.items()),
        )
    ]
    cells = [[words("What", "head"), words("Version or hash", "head")]]
    cells += [[words(name, "label"), words(said, "caption")] for name, said in rows]
    return section("Versions and hashes", table(cells, [30 * mm, sheet.wide - 30 * mm]))


def limits(report: StudyReport) -> list[Any]:
    """Say what was never measured in this study, then what holds of every one."""
    lines: list[Any] = []
    if report.never_measured:
        lines.append(words("Never measured or signed in this study", "label"))
        lines += [words(line, "limit") for line in report.never_measured]
        lines.append(words("Of every study", "label"))
    return section("Limits", *lines, *(words(line, "limit") for line in LIMITS))
