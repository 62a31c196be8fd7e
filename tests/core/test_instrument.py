import pytest

from lesionscope.core.evidence import Certainty, Citation
from lesionscope.core.field import Levels
from lesionscope.core.instrument import (
    NOT_ASSESSABLE,
    Field,
    Incomplete,
    Instrument,
    Rater,
    ScoreRule,
    Total,
    bands_of,
)


def rule(score: str, keys: tuple[str, ...], **more: object) -> ScoreRule:
    given = {"high": 3.0, "formula": lambda a: sum(a.values()), "certainty": Certainty.STUDY}
    return ScoreRule(score, score, keys, **(given | more))  # type: ignore[arg-type]


def instrument(*rules: ScoreRule) -> Instrument:
    fields = tuple(Field(key, key, Levels(("none", "one", "two", "three"))) for key in "abc")
    return Instrument("i", "I", Rater.CLINICIAN, fields, rules, Citation("A 2001"))


def test_a_complete_form_has_a_total() -> None:
    found = instrument(rule("s", ("a", "b"))).total("s", {"a": 1, "b": 2})
    assert isinstance(found, Total)
    assert (found.value, found.describe()) == (3, "3 of 3")


def test_a_form_with_a_gap_names_it() -> None:
    found = instrument(rule("s", ("a", "b"))).total("s", {"a": 1})
    assert isinstance(found, Incomplete)
    assert (found.missing, found.answered, found.required) == (("b",), 1, 2)
    assert found.describe() == "1 of 2 fields answered, no total"


def test_not_assessable_leaves_no_total_and_no_gap() -> None:
    found = instrument(rule("s", ("a", "b"))).total("s", {"a": 1, "b": NOT_ASSESSABLE})
    assert isinstance(found, Incomplete)
    assert (found.missing, found.not_assessable) == ((), ("b",))
    assert found.describe() == "no total: 1 not assessable"


def test_a_field_of_another_score_is_not_needed() -> None:
    both = instrument(rule("s", ("a",)), rule("t", ("b", "c")))
    totals = both.totals({"a": 2})
    assert isinstance(totals["s"], Total)
    assert isinstance(totals["t"], Incomplete)


def test_a_rule_of_its_own_can_count_a_blank_as_zero() -> None:
    lenient = instrument(rule("s", ("a", "b", "c"), blanks_counted_zero=1))
    found = lenient.total("s", {"a": 1, "b": 1})
    assert isinstance(found, Total)
    assert (found.value, found.counted_zero) == (2, ("c",))
    assert isinstance(lenient.total("s", {"a": 1}), Incomplete)
    assert isinstance(lenient.total("s", {"a": 1, "b": NOT_ASSESSABLE}), Incomplete)


def test_unknown_fields_and_scores_are_refused() -> None:
    one = instrument(rule("s", ("a",)))
    with pytest.raises(ValueError, match="I has no field 'z'"):
        one.total("s", {"z": 1})
    with pytest.raises(ValueError, match="has the scores s; got 'total'"):
        one.total("total", {})
    with pytest.raises(ValueError, match="no field 'z'"):
        one.field("z")
    assert one.field("b").label == "b"


def test_an_instrument_that_contradicts_itself_cannot_exist() -> None:
    with pytest.raises(ValueError, match="lacks"):
        instrument(rule("s", ("a", "z")))
    twice = (Field("a", "a", Levels(("n", "y"))),) * 2
    with pytest.raises(ValueError, match="one key"):
        Instrument("i", "I", Rater.CLINICIAN, twice, (), Citation("A 2001"))


def test_a_total_without_bands_has_none() -> None:
    assert bands_of(Total(rule("s", ("a",)), 1)) == {}


def test_a_total_that_can_be_negative_shows_its_range() -> None:
    assert Total(rule("s", ("a",), low=-3.0), -1).describe() == "-1 (-3 to 3)"
