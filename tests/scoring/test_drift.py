import pytest

from lesionscope.core.confirmed import ConfirmedAnswer
from lesionscope.core.measurement import Item
from lesionscope.core.reading import AnswerOrigin
from lesionscope.scoring.drift import drift_by_tone, drift_by_version


def answered(answer: int, origin: AnswerOrigin, tone: str | None = "light") -> ConfirmedAnswer:
    return ConfirmedAnswer(
        1, 1, "arm.scale", Item.SCALE, (0.1, 0.7, 0.2), answer, origin, tone, "net-1"
    )


def test_overrides_are_counted_where_a_suggestion_was_seen() -> None:
    seen = [answered(1, AnswerOrigin.CONFIRMED)] * 3 + [answered(2, AnswerOrigin.OVERRIDDEN)]
    (row,) = drift_by_version([*seen, answered(0, AnswerOrigin.ENTERED)])
    assert (row.item, row.group, row.shown, row.overridden) == (Item.SCALE, "net-1", 4, 1)
    assert row.share == 0.25
    assert row.mean_shift == pytest.approx((0 * 3 + 1 - 1) / 5)
    # Wilson's interval of 1 in 4, 95 %.
    assert row.interval == pytest.approx((0.0456, 0.6994), abs=2e-4)


def test_every_tone_has_a_row_of_its_own() -> None:
    rows = drift_by_tone(
        [
            answered(1, AnswerOrigin.CONFIRMED, "dark"),
            answered(1, AnswerOrigin.ENTERED, None),
        ]
    )
    assert [row.group for row in rows] == ["dark", "not measured"]
    assert rows[1].share is None
    assert rows[1].interval is None


def test_a_level_that_the_item_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="0 to 2"):
        answered(3, AnswerOrigin.ENTERED)
    with pytest.raises(ValueError, match="3 levels"):
        ConfirmedAnswer(1, 1, "k", Item.SCALE, (1.0,), 0, AnswerOrigin.ENTERED, None, "net")
