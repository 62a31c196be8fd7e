from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesionscope.core.read_order import opaque_code, repeated_units, turns


def single(count: int) -> list[list[int]]:
    return [[case] for case in range(101, 101 + count)]


def test_the_same_seed_deals_the_same_and_another_deals_otherwise() -> None:
    units = single(30)
    assert turns(5, 1, units, ()) == turns(5, 1, units, ())
    assert turns(5, 1, units, ()) != turns(6, 1, units, ())


def test_every_reader_has_an_order_and_codes_of_their_own() -> None:
    one, other = turns(5, 1, single(30), ()), turns(5, 2, single(30), ())
    assert [turn.case for turn in one] != [turn.case for turn in other]
    assert not {turn.code for turn in one} & {turn.code for turn in other}


@given(st.integers(0, 2**31), st.integers(2, 40))
@settings(max_examples=60, deadline=None)
def test_each_case_comes_once_and_a_repeat_comes_later(seed: int, count: int) -> None:
    units = single(count)
    repeated = repeated_units(seed, units, max(1, count // 10))
    drawn = turns(seed, 1, units, repeated)
    assert sorted(t.case for t in drawn if not t.repeat) == sorted(case for [case] in units)
    assert {t.case for t in drawn if t.repeat} == {units[at][0] for at in repeated}
    assert len({t.code for t in drawn}) == len(drawn)
    for turn in drawn:
        if turn.repeat:
            first = next(p for p, t in enumerate(drawn) if t.case == turn.case and not t.repeat)
            assert drawn.index(turn) > first


@pytest.mark.parametrize("seed", range(20))
def test_a_repeat_stands_a_third_of_the_list_away(seed: int) -> None:
    units = single(24)
    drawn = turns(seed, 3, units, repeated_units(seed, units, 1))
    (again,) = (place for place, turn in enumerate(drawn) if turn.repeat)
    first = next(p for p, t in enumerate(drawn) if t.case == drawn[again].case)
    assert again - first >= 8


def test_the_repeats_are_the_same_cases_for_every_reader() -> None:
    units = single(40)
    repeated = repeated_units(9, units, 4)
    again = [{t.case for t in turns(9, reader, units, repeated) if t.repeat} for reader in (1, 2)]
    assert again[0] == again[1]
    assert len(again[0]) == 4


def test_time_points_of_a_series_stay_in_order() -> None:
    units = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    drawn = turns(3, 1, units, repeated_units(3, units, 1))
    cases = [turn.case for turn in drawn]
    assert len(cases) == 12
    for place in range(0, 12, 3):
        assert cases[place : place + 3] in units


def test_sides_are_exchanged_about_half_of_the_time() -> None:
    drawn = turns(1, 1, single(400), ())
    assert 160 < sum(turn.swapped for turn in drawn) < 240


def test_a_code_says_nothing() -> None:
    code = opaque_code(1, 2, 3)
    assert re.fullmatch(r"[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}", code)
