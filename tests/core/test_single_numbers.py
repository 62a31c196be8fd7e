"""Instruments of one field: the total is the answer itself, whatever its scale."""

from hypothesis import given, settings
from hypothesis import strategies as st

from lesionscope.core.catalogue import StudyNumber
from lesionscope.core.field import Numbers
from lesionscope.core.instrument import Instrument, Total
from lesionscope.core.patient_reported import itch
from lesionscope.core.pga import FIVE_LEVELS, VISUAL_ANALOGUE, pga

SHIFT = StudyNumber("shift", "Change felt", Numbers(-5, 5, decimals=1), "Better or worse")


def total_of(instrument: Instrument, answer: float) -> float:
    (rule,), (field,) = instrument.scores, instrument.fields
    found = instrument.total(rule.id, {field.key: answer})
    assert isinstance(found, Total)
    assert rule.low <= found.value <= rule.high
    return found.value


@settings(deadline=None)
@given(tenths=st.integers(0, 100), signed=st.integers(-50, 50))
def test_the_total_is_the_answer(tenths: int, signed: int) -> None:
    assert total_of(pga(VISUAL_ANALOGUE), tenths / 10) == tenths / 10
    assert total_of(itch(visual_analogue=True), tenths / 10) == tenths / 10
    assert total_of(itch(), tenths // 10) == tenths // 10
    assert total_of(pga(FIVE_LEVELS), tenths % 5) == tenths % 5
    assert total_of(SHIFT.instrument(), signed / 10) == signed / 10
