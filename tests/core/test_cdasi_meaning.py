from lesionscope.core.cdasi_meaning import (
    ACTIVITY_BANDS,
    ACTIVITY_RESPONDERS,
    FACTS_KNOWN,
    IMPORTANT_ACTIVITY_CHANGES,
)
from lesionscope.core.change import Change
from lesionscope.core.evidence import Certainty


def test_every_total_has_one_band_in_every_scheme() -> None:
    for scheme in ACTIVITY_BANDS:
        for total in range(101):
            assert sum(band.holds(total) for band in scheme.bands) == 1


def test_cut_offs_that_were_not_read_are_marked() -> None:
    unverified = {s.id for s in ACTIVITY_BANDS if s.certainty is Certainty.UNVERIFIED}
    assert unverified == {"cdasi-remission-5"}
    assert [one.points for one in IMPORTANT_ACTIVITY_CHANGES] == [4, 5]
    assert any(fact.certainty is Certainty.UNVERIFIED for fact in FACTS_KNOWN)


def test_the_unverified_responder_rule_needs_adopting() -> None:
    (rule,) = ACTIVITY_RESPONDERS
    fall = Change(15, 9)
    assert rule.verdict(fall) is None
    assert rule.verdict(fall, {rule.id}) is True
    assert rule.verdict(Change(15, 10), {rule.id}) is False
    assert rule.verdict(Change(0, 0), {rule.id}) is None
