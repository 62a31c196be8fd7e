from __future__ import annotations

import statistics
import time
import unicodedata

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from lesionscope.store.passwords import (
    check_new_password,
    hash_password,
    password_matches,
    standard_hasher,
)


@pytest.mark.parametrize("length", [10, 11, 128])
def test_length_alone_makes_a_password_good(length: int) -> None:
    check_new_password("a" * length, "ana")


@pytest.mark.parametrize("length", [0, 9, 129])
def test_length_outside_the_rule_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=f"10 to 128 characters, got {length}"):
        check_new_password("a" * length, "ana")


@pytest.mark.parametrize("password", ["ana.lovelace", "ANA.LOVELACE", "Ana B. Lovelace"])
def test_the_name_is_no_password(password: str) -> None:
    with pytest.raises(ValueError, match="must not be the name"):
        check_new_password(password, "ana.lovelace", "Ana B. Lovelace")


def test_only_the_same_password_matches(hasher: PasswordHasher) -> None:
    stored = hash_password(hasher, "correct horse battery")
    assert stored.startswith("$argon2id$")
    assert password_matches(hasher, stored, "correct horse battery")
    assert not password_matches(hasher, stored, "correct horse batterY")
    assert not password_matches(hasher, stored, "")
    assert not password_matches(hasher, stored, "correct horse battery" + "\0" * 200)
    assert not password_matches(hasher, None, "correct horse battery")
    assert not password_matches(hasher, "not a hash", "correct horse battery")


def test_the_longest_password_counts_to_its_last_character(hasher: PasswordHasher) -> None:
    stored = hash_password(hasher, "a" * 128)
    assert password_matches(hasher, stored, "a" * 128)
    assert not password_matches(hasher, stored, "a" * 127 + "b")
    assert not password_matches(hasher, stored, "a" * 129)


def test_two_spellings_of_one_letter_are_one_password(hasher: PasswordHasher) -> None:
    composed = unicodedata.normalize("NFC", "crème brûlée")
    stored = hash_password(hasher, composed)
    assert password_matches(hasher, stored, unicodedata.normalize("NFD", composed))


def test_standard_cost_is_that_of_rfc_9106() -> None:
    cost = extract_parameters(standard_hasher().hash("a" * 10))
    assert (cost.type, cost.time_cost, cost.memory_cost) == (Type.ID, 3, 65536)


def test_no_account_takes_as_long_as_a_wrong_password() -> None:
    hasher = PasswordHasher(time_cost=2, memory_cost=8192, parallelism=1)
    stored = hash_password(hasher, "correct horse battery")

    def median_seconds(against: str | None) -> float:
        times = []
        for _ in range(15):
            start = time.process_time()
            password_matches(hasher, against, "wrong wrong wrong")
            times.append(time.process_time() - start)
        return statistics.median(times)

    known, unknown = median_seconds(stored), median_seconds(None)
    assert 0.6 < unknown / known < 1.6
