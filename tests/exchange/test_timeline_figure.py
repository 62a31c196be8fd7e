from __future__ import annotations

import io
from datetime import date

import numpy as np
import pypdfium2
import pytest

from lesionscope.core.comparison import Change
from lesionscope.core.measurement import BsaEstimate, CalibrationSource, Convention, Interval
from lesionscope.exchange.report_content import TrendPoint
from lesionscope.exchange.timeline_figure import FigureTile, TimelineFigure, timeline_figure
from lesionscope.imaging.overlay import jpeg

DAYS = (date(2026, 1, 5), date(2026, 2, 9), date(2026, 3, 30))


def figure(tiles: int = 3) -> TimelineFigure:
    picture = jpeg(np.full((60, 80, 3), (200, 150, 130), np.uint8))
    bsa = BsaEstimate(2.0, Interval(1.5, 2.6), Convention.PROTOCOL, CalibrationSource.MARKER)
    paler = Change(-0.2, Interval(-0.3, -0.1), 0.0, "natural log units")
    return TimelineFigure(
        "DM-014",
        "Arm, left",
        tuple(FigureTile(DAYS[n % 3], f"Visit {n + 1}", picture, "as taken") for n in range(tiles)),
        (
            TrendPoint(DAYS[0], "Visit 1", True, 20, 2, bsa),
            TrendPoint(DAYS[1], "Visit 2", False, bsa=bsa),
            TrendPoint(DAYS[2], "Visit 3", True, 12, 2, bsa),
        ),
        ((DAYS[0], None), (DAYS[2], paler)),
        ((date(2026, 1, 20), "Dose: 10 mg"), (date(2027, 1, 1), "Flare: after the last visit")),
    )


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == 1
    return str(document[0].get_textpage().get_text_bounded())


def test_the_figure_says_what_it_shows_on_one_page() -> None:
    said = text_of(timeline_figure(figure()))
    for words in ("Patient DM-014", "Arm, left", "Visit 2, 9 Feb 2026", "CDASI totals",
                  "Erythema since the first photo", "Dose: 10 mg", "after the last visit",
                  "not a medical device"):  # fmt: skip
        assert words in said


@pytest.mark.parametrize("tiles", [0, 1, 9, 20])
def test_any_number_of_photos_fits(tiles: int) -> None:
    pdf = timeline_figure(figure(tiles))
    page = pypdfium2.PdfDocument(io.BytesIO(pdf))[0]
    assert page.get_width() > page.get_height()
    said = text_of(pdf)
    assert ("Visit 1," in said) == (0 < tiles <= 12)
    assert (f"Visit {tiles}," in said) == (tiles > 0)  # the last visits stay, the first go


def test_the_same_figure_gives_the_same_bytes_and_none_without_visits() -> None:
    assert timeline_figure(figure()) == timeline_figure(figure())
    with pytest.raises(ValueError, match="needs a visit"):
        TimelineFigure("DM-014", "", (), ())
