"""What every instrument must hold, whatever it measures."""

import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesionscope.core.catalogue import (
    InstrumentSettings,
    StudyNumber,
    instruments,
    unverified_ids,
)
from lesionscope.core.change import MeasurementError
from lesionscope.core.field import NOT_ASSESSABLE, Field, Levels, Numbers
from lesionscope.core.instrument import Incomplete, Instrument, Rater, Total
from lesionscope.core.pga import VISUAL_ANALOGUE

WALK = StudyNumber("walk", "Six minutes' walk", Numbers(0, 1000, "m"), "Distance walked")
SHIFT = StudyNumber("shift", "Change felt", Numbers(-5, 5, decimals=1), "Better or worse")
SET = InstrumentSettings(pga_scale=VISUAL_ANALOGUE, numbers=(WALK, SHIFT))
EVERY = list(instruments(SET).values())


def answers_to(field: Field) -> st.SearchStrategy[float]:
    scale = field.scale
    if isinstance(scale, Levels):
        return st.integers(0, len(scale.names) - 1)
    assert isinstance(scale, Numbers)
    steps = 10**scale.decimals
    tenths = st.integers(round(scale.low * steps), round(scale.high * steps))
    return tenths.map(lambda n: n / steps if scale.decimals else n)


def extreme(one: Instrument, end: str) -> dict[str, float]:
    return {field.key: getattr(field.scale, end) for field in one.fields}


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.id)
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_random_valid_forms_total_within_range(one: Instrument, data: st.DataObject) -> None:
    answers = data.draw(st.fixed_dictionaries({f.key: answers_to(f) for f in one.fields}))
    for rule in one.scores:
        found = one.total(rule.id, answers)
        assert isinstance(found, Total)
        assert rule.low <= found.value <= rule.high
    # One answer taken away takes away every total that needs it, and no other.
    gone = data.draw(st.sampled_from(one.fields)).key
    rest = {key: answer for key, answer in answers.items() if key != gone}
    for rule in one.scores:
        found = one.total(rule.id, rest)
        assert isinstance(found, Incomplete) == (gone in rule.keys)
        if isinstance(found, Incomplete):
            assert found.missing == (gone,)
            assert "no total" in found.describe()


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.id)
def test_the_ends_of_the_range_are_reached(one: Instrument) -> None:
    for rule in one.scores:
        least, most = (
            one.total(rule.id, extreme(one, "low")),
            one.total(rule.id, extreme(one, "high")),
        )
        assert isinstance(least, Total)
        assert isinstance(most, Total)
        assert (least.value, most.value) == (rule.low, pytest.approx(rule.high))


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.id)
def test_not_assessable_is_for_clinicians_and_never_a_zero(one: Instrument) -> None:
    for field in one.fields:
        answers = extreme(one, "low") | {field.key: NOT_ASSESSABLE}
        if field.assessable_only:
            assert one.rater is Rater.PATIENT
            with pytest.raises(ValueError, match=field.key):
                one.check(answers)
            continue
        for rule in one.scores:
            found = one.total(rule.id, answers)
            assert isinstance(found, Incomplete) == (field.key in rule.keys)


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.id)
def test_every_bands_scheme_covers_whole_totals(one: Instrument) -> None:
    for rule in one.scores:
        for scheme in rule.bands:
            for whole in range(round(rule.low), round(rule.high) + 1):
                assert scheme.band_of(whole) is not None, (scheme.id, whole)


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.id)
def test_an_instrument_survives_the_trip_to_another_process(one: Instrument) -> None:
    again = pickle.loads(pickle.dumps(one))
    assert again.totals(extreme(one, "high")) is not None


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.id)
def test_every_field_says_what_to_look_for(one: Instrument) -> None:
    for field in one.fields:
        assert field.label, field.key
        assert field.group, field.key
        assert field.help, field.key


def test_nothing_unverified_applies_by_itself() -> None:
    assert unverified_ids(EVERY) == {
        "cdasi-remission-5",
        "cdasi-responder-40",
        "skindex-nijsten",
        "skindex-prinsen",
        "itch-severe-7-9",
    }
    assert not unverified_ids(EVERY) & InstrumentSettings().adopted


def test_settings_that_name_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="cdasi-remision"):
        InstrumentSettings(adopted=frozenset({"cdasi-remision"}))
    own = MeasurementError(2, "own readers")
    InstrumentSettings(errors={("cdasi", "activity"): own})
    with pytest.raises(ValueError, match="no instrument"):
        InstrumentSettings(errors={("cdassi", "activity"): own})
    with pytest.raises(ValueError, match="has the scores"):
        InstrumentSettings(errors={("cdasi", "total"): own})


def test_a_number_of_the_study_needs_a_name_of_its_own() -> None:
    with pytest.raises(ValueError, match="one name"):
        InstrumentSettings(numbers=(StudyNumber("cdasi", "Own", Numbers(0, 1), "Own"),))
    with pytest.raises(ValueError, match="letters"):
        StudyNumber("six minutes", "Walk", Numbers(0, 1), "Distance")
    with pytest.raises(ValueError, match="question"):
        StudyNumber("walk", "Walk", Numbers(0, 1), " ")


def test_the_pga_stays_unset_until_the_study_sets_it() -> None:
    with pytest.raises(ValueError, match="after the study sets"):
        instruments()["pga"].check({"skin_activity": 2})
    instruments(SET)["pga"].check({"skin_activity": 2})


def test_the_docs_say_what_the_data_say() -> None:
    page = (Path(__file__).parents[2] / "docs" / "instruments.md").read_text(encoding="utf-8")
    words = " ".join(page.split())
    for one in instruments().values():
        told = [one.name, str(one.citation), one.rights, *map(str, one.facts)]
        for rule in one.scores:
            told += [scheme.name for scheme in rule.bands]
            told += [str(scheme.citation) for scheme in rule.bands]
            if one.id != "pga":
                told.append(f"| {rule.label} | {len(rule.keys)} | 0 to {rule.high:g} |")
        missing = [text for text in told if " ".join(text.split()) not in words]
        assert not missing, (one.id, missing)
    assert not [name for name in unverified_ids(EVERY) if f"`{name}`" not in page]
