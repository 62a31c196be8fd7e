from __future__ import annotations

from datetime import date

import pytest

from lesionscope.core.catalogue import InstrumentSettings, instruments
from lesionscope.core.cdasi import Part, items_of
from lesionscope.core.field import NOT_ASSESSABLE
from lesionscope.core.plain_record import PlainVisit
from lesionscope.core.study_settings import PGA_SCALES, PgaScale
from lesionscope.exchange.plain_record_csv import (
    MOST_BYTES,
    PlainFile,
    read_plain_record,
    template,
    write_plain_record,
)

KNOWN = instruments()
HEADING = "patient,visit,date,cdasi.rater,cdasi.activity,cdasi.malar.erythema,itch_nrs.itch\r\n"


def read(*lines: str, heading: str = HEADING) -> PlainFile:
    return read_plain_record((heading + "\r\n".join(lines)).encode(), KNOWN)


def faults(*lines: str) -> list[str]:
    return [fault.describe() for fault in read(*lines).faults]


def test_a_line_is_read_with_blanks_left_blank() -> None:
    found = read("P-01,Baseline,2026-03-04,Dr Reader,,2,4", "P-02,,,,,,")
    assert found.faults == ()
    first, second = found.visits
    assert first == PlainVisit(
        2,
        "P-01",
        "Baseline",
        date(2026, 3, 4),
        {("cdasi", "malar.erythema"): 2, ("itch_nrs", "itch"): 4},
        {"cdasi": "Dr Reader"},
    )
    assert second == PlainVisit(3, "P-02")


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("Jane Roe,Baseline,2026-03-04,,23,,", "line 2, patient: must be a pseudonym"),
        (",Baseline,2026-03-04,,23,,", "line 2, patient: must be a pseudonym"),
        ("P-01,Baseline,03/04/2026,,23,,", "line 2, date: write the day as year-month-day"),
        ("P-01,Baseline,2026-02-30,,23,,", "line 2, date: write the day as year-month-day"),
        ("P-01,Baseline,,,23,,", "line 2: a visit needs a label and a date, both"),
        ("P-01,,2026-03-04,,23,,", "line 2: a visit needs a label and a date, both"),
        ("P-01,,,,23,,", "line 2: scores need the visit"),
        ("P-01,Baseline,2026-03-04,,101,,", "line 2, cdasi.activity: CDASI activity must be 0 to"),
        ("P-01,Baseline,2026-03-04,,-1,,", "line 2, cdasi.activity: CDASI activity must be 0 to"),
        ("P-01,Baseline,2026-03-04,,nan,,", "line 2, cdasi.activity: must be a number"),
        ("P-01,Baseline,2026-03-04,,1e999,,", "line 2, cdasi.activity: must be a number"),
        ("P-01,Baseline,2026-03-04,,many,,", "line 2, cdasi.activity: must be a number"),
        ("P-01,Baseline,2026-03-04,,,7,", "line 2, cdasi.malar.erythema: malar.erythema must be"),
        ("P-01,Baseline,2026-03-04,,,1.5,", "line 2, cdasi.malar.erythema: malar.erythema must"),
        ('P-01,Baseline,2026-03-04,,,"1,5",', "write 1.5 and not 1,5"),
        ("P-01,Baseline,2026-03-04,,not assessable,,", "line 2, cdasi.activity: CDASI activity"),
        ("P-01,Baseline,2026-03-04,,,,not assessable", "line 2, itch_nrs.itch: itch must be"),
        ("P-01,Baseline,2026-03-04,,23", "line 2: 5 cells under 7 columns"),
        ("P-01,Baseline,2026-03-04,,23,,,9", "line 2: 8 cells under 7 columns"),
        ("P-01," + "x" * 65 + ",2026-03-04,,23,,", "line 2, visit: must be at most 64"),
        ("P-01,B,2026-03-04," + "x" * 129 + ",23,,", "line 2, cdasi.rater: must be at most 128"),
        ("P-01,B,2026-03-04,Dr\0Reader,23,,", "line 2, cdasi.rater: must be at most 128"),
        ("P-01,B,2026-03-04,,23.5,,", "line 2, cdasi.activity: CDASI activity has no decimals"),
        ("P-01,B,2026-03-04,,23,2,", "line 2, cdasi.activity: 1 of 50 fields answered, no total"),
    ],
)
def test_a_bad_line_is_named_and_the_good_one_stands(line: str, fault: str) -> None:
    found = read(line, "P-09,Baseline,2026-03-04,,12,,")
    assert [one.patient for one in found.visits] == ["P-09"]
    assert fault in found.faults[0].describe()


def test_every_bad_cell_of_a_line_is_said() -> None:
    assert len(faults("Jane Roe,Baseline,04.03.2026,,many,,")) == 3


def test_the_same_visit_twice_is_named_with_its_first_line() -> None:
    assert faults("P-01,Baseline,2026-03-04,,23,,", "p-01,Baseline,2026-03-04,,24,,") == [
        "line 3, visit: the same visit stands in line 2"
    ]


def test_a_line_after_a_cell_of_two_lines_keeps_its_number() -> None:
    assert faults('P-01,Baseline,2026-03-04,"Dr\nReader",23,,', "P-02,Baseline,04.03.2026,,23,,")[
        -1
    ].startswith("line 4, date")


def test_a_total_that_its_items_do_not_give_is_named() -> None:
    dlqi = KNOWN["dlqi"]
    keys = [field.key for field in dlqi.fields]
    score = dlqi.scores[0].id
    heading = ",".join(["patient,visit,date", f"dlqi.{score}", *(f"dlqi.{k}" for k in keys)])
    ones = ",".join("1" * len(keys))
    right = read(f"P-01,Baseline,2026-03-04,{len(keys)},{ones}", heading=heading + "\n")
    assert right.faults == ()
    wrong = read(f"P-01,Baseline,2026-03-04,{len(keys) + 1},{ones}", heading=heading + "\n")
    (fault,) = wrong.faults
    assert f"the items give {len(keys)}, the file says {len(keys) + 1}" in fault.reason
    # A blank item that somebody counted as zero.
    blank = f"P-01,Baseline,2026-03-04,9,,{ones[2:]}"
    (fault,) = read(blank, heading=heading + "\n").faults
    assert fault.reason == "9 of 10 fields answered, no total; the file says 9"
    # A study may ask for the rule of the DLQI's developers.
    asked = instruments(InstrumentSettings(dlqi_one_blank_is_zero=True))
    assert read_plain_record(f"{heading}\n{blank}".encode(), asked).faults == ()


def activity_line(total: int, **given: str) -> str:
    """Return a file of one visit: erythema 1 everywhere, 15 in all and 1 on the hands."""
    keys = [item.key for item in items_of(Part.ACTIVITY)]
    cells = [given.get(key.replace(".", "_"), str(int(key.endswith(".erythema")))) for key in keys]
    heading = ",".join(["patient,visit,date,cdasi.activity", *(f"cdasi.{key}" for key in keys)])
    return f"{heading}\nP-01,Baseline,2026-03-04,{total},{','.join(cells)}\n"


@pytest.mark.parametrize(
    ("total", "given", "words"),
    [
        (15, {}, "the items give 16, the file says 15"),
        (15, {"gottron_hands_papules": ""}, "49 of 50 fields answered, no total; the file says 15"),
        (16, {"alopecia": "not assessable"}, "no total: 1 not assessable; the file says 16"),
        (0, {"alopecia": ""}, "49 of 50 fields answered, no total; the file says 0"),
        (100, {"alopecia": ""}, "49 of 50 fields answered, no total; the file says 100"),
    ],
)
def test_a_total_that_counted_a_blank_as_zero_is_refused(
    total: int, given: dict[str, str], words: str
) -> None:
    assert read_plain_record(activity_line(16).encode(), KNOWN).faults == ()
    (fault,) = read_plain_record(activity_line(total, **given).encode(), KNOWN).faults
    assert fault.describe() == f"line 2, cdasi.activity: {words}"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_spreadsheets_of_any_country_are_read(delimiter: str) -> None:
    text = HEADING.replace(",", delimiter) + delimiter.join(
        ["P-01", "Baseline", "2026-03-04", "Zoë", "", "Not assessable", ""]
    )
    (line,) = read_plain_record(text.encode("utf-8-sig"), KNOWN).visits
    assert line.raters == {"cdasi": "Zoë"}
    assert line.scores[("cdasi", "malar.erythema")] == NOT_ASSESSABLE


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "lacks patient, visit, date"),
        (b"patient;date\r\n", "lacks visit"),
        (b"patient,visit,date,date\r\n", "the column date stands twice"),
        (b"patient,visit,date,weight\r\n", "names no instrument of the study"),
        (b"patient,visit,date,cdasi.nose\r\n", "has no item 'nose'"),
        ("patient,visit,date,Größe\r\n".encode("latin-1"), "not in UTF-8"),
        (b"patient,visit,date\r\n" + b"x" * MOST_BYTES, "larger than 20 MB"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_plain_record(data, KNOWN)


def test_the_scale_that_the_study_has_not_chosen_takes_nothing() -> None:
    heading = "patient,visit,date,pga.pga\r\n"
    key = KNOWN["pga"].fields[0].key
    heading = heading.replace("pga.pga", f"pga.{key}")
    data = (heading + "P-01,Baseline,2026-03-04,3").encode()
    (fault,) = read_plain_record(data, KNOWN).faults
    assert "answered after" in fault.reason
    total = b"patient,visit,date,pga.pga\r\nP-01,Baseline,2026-03-04,0"
    (fault,) = read_plain_record(total, KNOWN).faults
    assert "answered after" in fault.reason
    chosen = instruments(InstrumentSettings(pga_scale=PGA_SCALES[PgaScale.LIKERT_0_4]))
    assert read_plain_record(data, chosen).faults == ()


def test_what_is_written_is_read_again() -> None:
    lines = (
        PlainVisit(2, "P-01"),
        PlainVisit(
            3,
            "P-02",
            "-1 week",
            date(2026, 3, 4),
            {("cdasi", "malar.erythema"): NOT_ASSESSABLE, ("itch_nrs", "itch"): 4},
            {"cdasi": "=cmd"},
        ),
    )
    written = write_plain_record(lines)
    assert b"'-1 week" in written  # no spreadsheet runs it
    assert read_plain_record(written, KNOWN) == PlainFile(lines, ())


def test_the_template_names_every_column_once() -> None:
    heading = template(KNOWN).decode("utf-8-sig").strip().split(",")
    assert len(set(heading)) == len(heading)
    assert {"cdasi.activity", "cdasi.rater", "dssi.rater"} <= set(heading)
    assert read_plain_record(template(KNOWN), KNOWN) == PlainFile((), ())
