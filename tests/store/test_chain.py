from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesionscope.core.people import Reader
from lesionscope.store import Store
from lesionscope.store.chain import (
    GENESIS,
    canonical_json,
    event_hash,
    row_sha256,
    sha256_of,
    time_text,
)
from lesionscope.store.tables import patients

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=15,
)


@settings(max_examples=50)
@given(JSON)
def test_canonical_json_survives_a_round_trip(value: object) -> None:
    written = canonical_json(value)
    assert json.loads(written) == value
    assert canonical_json(json.loads(written)) == written


def test_the_order_of_keys_does_not_matter() -> None:
    assert canonical_json({"b": [1, "é"], "a": {}}) == '{"a":{},"b":[1,"é"]}'


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), {1}, b"", "\udfff"])
def test_what_is_not_json_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="plain JSON"):
        canonical_json({"a": value})


def test_every_value_of_a_row_counts() -> None:
    row = {"id": 1, "label": "a", "empty": ""}
    hashes = {
        row_sha256(row),
        row_sha256({**row, "id": 2}),
        row_sha256({**row, "label": "b"}),
        row_sha256({**row, "id": "1"}),
        row_sha256({**row, "empty": None}),
    }
    assert len(hashes) == 5
    assert row_sha256({**row, "added_later": None}) == row_sha256(row)


def test_a_link_is_the_hash_of_the_one_before_and_the_event() -> None:
    event = {"id": 1, "act": "add", "entity_id": None, "hash": "anything"}
    assert event_hash(GENESIS, event) == sha256_of(GENESIS + '{"act":"add","id":1}')
    assert event_hash("1" * 64, event) != event_hash(GENESIS, event)
    assert sha256_of("é") == hashlib.sha256("é".encode()).hexdigest()


def test_times_are_utc_and_sort_as_text() -> None:
    zone = timezone(timedelta(hours=-5))
    late = datetime(2026, 1, 1, 23, 0, 0, 5, tzinfo=zone)
    assert time_text(late) == "2026-01-02T04:00:00.000005+00:00"
    assert datetime.fromisoformat(time_text(late)) == late


def test_rows_without_their_event_are_not_kept(store: Store, owner: Reader) -> None:
    with (
        pytest.raises(RuntimeError, match="patients:1 without its event"),
        store._acting(owner, None) as entry,
    ):
        entry.append(patients, pseudonym="P-01", pseudonym_key="p-01")
    assert store.patients(owner) == []
    assert store.verify() == []


def test_an_act_that_fails_leaves_nothing(store: Store, owner: Reader) -> None:
    def fail_at_the_end() -> None:
        with store._acting(owner, None) as entry:
            patient_id = entry.append(patients, pseudonym="P-01", pseudonym_key="p-01")
            entry.conclude("add patient", "patient", patient_id)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_at_the_end()
    assert store.patients(owner) == []
    assert [e.act for e in store.events(owner)] == ["create owner"]
    assert store.verify() == []
