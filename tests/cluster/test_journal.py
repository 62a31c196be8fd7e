"""The journal: one end for each photo, whatever was cut off."""

from pathlib import Path

import pytest

from lesionscope.cluster.journal import NAME, Journal, JournalRefused
from lesionscope.cluster.manifest import Item
from lesionscope.cluster.photo_work import End, Row
from lesionscope.core.sites import Site

SETTINGS = {"software": "1", "method": "network"}
ITEMS = [Item(number, f"{number}.jpg", Site.OTHER, 20.0) for number in range(4)]


def write(folder: Path, *rows: Row) -> None:
    with Journal(folder, SETTINGS) as journal:
        for row in rows:
            journal.append(row)


def test_rows_come_back_in_the_order_asked(tmp_path: Path) -> None:
    measured = Row(ITEMS[2], End.MEASURED, "", {"bsa_percent": 1.5})
    refused = Row(ITEMS[0], End.REFUSED, "It is a PDF.")
    write(tmp_path, measured, refused)
    with Journal(tmp_path, SETTINGS) as journal:
        assert list(journal.rows(ITEMS)) == [refused, measured]
        assert journal.ends == {ITEMS[2].key: End.MEASURED, ITEMS[0].key: End.REFUSED}


@pytest.mark.parametrize("cut", [1, 20, 100])
def test_line_that_was_cut_off_is_as_if_never_written(tmp_path: Path, cut: int) -> None:
    write(tmp_path, *(Row(item, End.REFUSED, "no") for item in ITEMS[:2]))
    file = tmp_path / NAME
    file.write_bytes(file.read_bytes()[:-cut])
    write(tmp_path, Row(ITEMS[1], End.REFUSED, "again"))
    with Journal(tmp_path, SETTINGS) as journal:
        assert [row.reason for row in journal.rows(ITEMS)] == ["no", "again"]


def test_journal_whose_first_line_was_cut_off_begins_anew(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / NAME).write_bytes((tmp_path / NAME).read_bytes()[:-5])
    write(tmp_path, Row(ITEMS[0], End.REFUSED, "no"))
    assert (tmp_path / NAME).read_bytes().count(b"\n") == 2


def test_photo_has_one_end_and_only_a_failure_may_be_mended(tmp_path: Path) -> None:
    with Journal(tmp_path, SETTINGS) as journal:
        journal.append(Row(ITEMS[0], End.FAILED, "storage away"))
        journal.append(Row(ITEMS[0], End.MEASURED, "", {}))
        with pytest.raises(ValueError, match="has a result already"):
            journal.append(Row(ITEMS[0], End.MEASURED, "", {}))
        assert [row.end for row in journal.rows(ITEMS)] == [End.MEASURED]


def test_other_settings_and_other_files_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "a")
    with pytest.raises(JournalRefused, match="software 1, now 2"):
        Journal(tmp_path / "a", SETTINGS | {"software": "2"})
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / NAME).write_text('{"mine": 1}\n')
    with pytest.raises(JournalRefused, match="no journal"):
        Journal(tmp_path / "b", SETTINGS)
    assert (tmp_path / "b" / NAME).read_text() == '{"mine": 1}\n'
