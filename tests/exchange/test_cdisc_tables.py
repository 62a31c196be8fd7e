from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping

import pytest

from lesionscope.core.catalogue import instruments
from lesionscope.core.cdasi import Part
from lesionscope.core.cdasi_form import ITEMS
from lesionscope.exchange.cdisc_codes import cdasi_code, cdasi_total_code, form_codes
from lesionscope.exchange.cdisc_tables import cdisc_files
from tests.exchange.study_case import FORMULA, form, study


@pytest.fixture(scope="module")
def files() -> Mapping[str, bytes]:
    return dict(cdisc_files(study()))


def rows(files: Mapping[str, bytes], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files[name].decode("utf-8-sig"), newline="")))


def test_codes_keep_the_rules_of_sdtm() -> None:
    codes = [cdasi_code(item) for item in ITEMS] + [cdasi_total_code(part) for part in Part]
    codes += list(form_codes((form(),)).values())
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]{0,7}", one.code) for one in codes)
    assert all(0 < len(one.test) <= 40 for one in codes)
    assert len({one.code for one in codes}) == len({one.test for one in codes}) == len(codes)


def test_no_two_instruments_share_a_code() -> None:
    from dataclasses import replace

    made = [
        replace(form(), id=n, instrument_id=name) for n, name in enumerate([*instruments(), "dlqx"])
    ]
    codes = form_codes(tuple(made))
    assert len({one.code for one in codes.values()}) == len(codes)


def test_qs_has_what_stands_and_was_signed(files: Mapping[str, bytes]) -> None:
    found = rows(files, "qs.csv")
    assert {row["XSHA256"] for row in found} == {f"{102:064x}", f"{103:064x}", "f" * 64}
    arm = next(r for r in found if r["QSTESTCD"] == "CD12ERY" and r["USUBJID"] == "TRIAL-1-P-01")
    assert (arm["QSORRES"], arm["QSSTRESC"], arm["QSSTRESN"]) == ("2 red", "2", "2.0")
    assert (arm["QSEVAL"], arm["XORIGIN"], arm["XSIGNBY"]) == (
        "INVESTIGATOR",
        "overridden",
        "Rita Reader",
    )
    assert (arm["VISITNUM"], arm["VISIT"], arm["QSDTC"], arm["QSDY"]) == (
        "1",
        "Baseline",
        "2026-01-05",
        "1",
    )


def test_not_assessable_is_not_done_and_a_blank_has_no_row(files: Mapping[str, bytes]) -> None:
    other = [row for row in rows(files, "qs.csv") if row["USUBJID"] == "TRIAL-1-P-02"]
    scale = next(row for row in other if row["QSTESTCD"] == "CD01SCA")
    assert (scale["QSSTAT"], scale["QSREASND"], scale["QSSTRESN"]) == (
        "NOT DONE",
        "not assessable",
        "",
    )
    assert not [row for row in other if row["QSTESTCD"] == "CD00ALO"]
    total = next(row for row in other if row["QSTESTCD"] == "CDTOTACT")
    assert (total["QSSTAT"], total["QSSTRESN"]) == ("NOT DONE", "")


def test_numbers_run_through_each_subject(files: Mapping[str, bytes]) -> None:
    for name, key in (("qs.csv", "QSSEQ"), ("fa.csv", "FASEQ")):
        for subject in ("TRIAL-1-P-01", "TRIAL-1-P-02"):
            mine = [int(r[key]) for r in rows(files, name) if r["USUBJID"] == subject]
            assert mine == list(range(1, len(mine) + 1))


def test_fa_is_the_machines_and_says_so(files: Mapping[str, bytes]) -> None:
    found = rows(files, "fa.csv")
    assert {row["FAEVAL"] for row in found} == {"SOFTWARE"}
    assert {row["XSIGNED"] for row in found} == {"no"}
    assert {row["XPHOTO"] for row in found} == {"a" * 64, "d" * 64}  # not the withdrawn one
    bsa = [row["FASTRESN"] for row in found if row["FATESTCD"] == "BSAPCT"]
    assert bsa == ["0.4", ""]
    ungraded = next(row for row in found if row["FATESTCD"] == "SUGERO")
    assert ungraded["FAREASND"] == f"'{FORMULA}"


def test_the_files_say_that_no_official_terminology_exists(files: Mapping[str, bytes]) -> None:
    said = files["README.txt"].decode()
    assert "No official CDISC controlled terminology" in said
    assert "no CDISC validator" in said
