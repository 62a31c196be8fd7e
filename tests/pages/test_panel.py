from __future__ import annotations

import pytest

from lesionscope.pages.panel import gate_words


def document(percent: float, low: float, high: float) -> dict[str, object]:
    return {
        "bsa_percent": percent,
        "bsa_percent_low": low,
        "bsa_percent_high": high,
        "bsa_source": "handprint",
    }


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (document(1.0, 0.72, 1.39), "More than 1 %: open (50 %)."),
        (document(19.0, 14.5, 24.9), "Less than 20 %: likely (62 %)."),
        (document(25.0, 19.0, 32.8), "Less than 20 %: very unlikely (9 %)."),
        (document(0.0, 0.0, 0.4), "More than 1 %: almost excluded (under 1 %)."),
        (document(0.0, 0.0, 0.4), "Less than 20 %: almost certain (over 99 %)."),
    ],
)
def test_the_bounds_of_trials_are_said_in_words(document: dict[str, object], words: str) -> None:
    assert words in gate_words(document)
