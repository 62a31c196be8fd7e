from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from lesionscope.core.case import Scores
from lesionscope.exchange.agreement_report import (
    AgreementReport,
    adjudication_words,
    agreement_report,
    coefficient_words,
)
from lesionscope.exchange.target_sheet import Paper
from lesionscope.scoring.agreement import Coefficient
from lesionscope.scoring.campaign_agreement import ReadCase, campaign_agreement

pdfium = pytest.importorskip("pypdfium2")


def report(cases: int = 12) -> AgreementReport:
    read = [
        ReadCase(
            n,
            (
                Scores({"arm.erythema": n % 4}, n / 2),
                Scores({"arm.erythema": (n + n % 2) % 4}, n / 2),
            ),
            (Scores({"arm.erythema": n % 4}, n / 2), None) if n < 4 else (None, None),
            n == 3,
            Scores({"arm.erythema": 1}, 1.0) if n == 3 else None,
            0 if n == 3 else None,
            Scores({"arm.erythema": n % 4}, n / 3),
        )
        for n in range(cases)
    ]
    names = "Ann Able", "Ben Blue"
    return AgreementReport(
        "Arms, twelve weeks",
        "ANC6-462N",
        (("Design", "single visits"), ("Seed", "7")),
        ("CDASI item: difference >= 2",),
        names,
        campaign_agreement(read, names, 7),
        datetime(2026, 3, 4, 12, tzinfo=UTC),
        "ab" * 32,
        "0.1.0",
        "Closed early, 9 of 12 cases read by both readers; by Dan Dale on 3 Mar 2026: no money.",
    )


def words_of(pdf: bytes) -> str:
    document = pdfium.PdfDocument(pdf)
    text = "\n".join(page.get_textpage().get_text_bounded() for page in document)
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("paper", Paper)
def test_the_report_says_how_it_was_read_and_how_far_the_readers_agree(paper: Paper) -> None:
    said = words_of(agreement_report(report(), paper))
    for words in (
        "Agreement of campaign ANC6-462N",
        "CDASI item: difference >= 2",
        "Closed early, 9 of 12 cases read by both readers; by Dan Dale on 3 Mar 2026: no money.",
        "12 of 12 cases have both reads; 1 of them were discordant (8 %), 1 of these are settled.",
        "1 times the read of Ann Able and 0 times the read of Ben Blue",
        "ICC(2,1), agreement",
        "Weighted kappa",
        "Machine and consensus",
        "SDC = 1.96 x sqrt(2) x SEM",
        "Research tool, not a medical device.",
        "plan sha256 abababababababab",
    ):
        assert words in said, words
    assert f"Page 1 of {len(pdfium.PdfDocument(agreement_report(report(), paper)))}" in said


def test_the_same_report_is_the_same_bytes() -> None:
    assert agreement_report(report()) == agreement_report(report())


def test_a_campaign_hardly_begun_says_so() -> None:
    assert "Fewer than 3 pairs: nothing is computed." in words_of(agreement_report(report(2)))


def test_a_figure_without_interval_says_so() -> None:
    nan = float("nan")
    assert coefficient_words(Coefficient(0.0, nan, nan, 5)) == "0.00 (no interval)"
    assert len(adjudication_words(report(2).agreement, ("a", "b"))) == 1
