"""The plain record as CSV, read line by line: a bad line is named, the good ones stand.

Columns are ``patient``, ``visit``, ``date`` and one for each item as ``instrument.item``, such as
``cdasi.malar.erythema``, ``cdasi.activity`` or ``dlqi.dlqi``; ``instrument.rater`` names who
scored. Dates are ISO 8601, because 03/04/2026 is two days. An empty cell is a blank, never zero.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from lesionscope.core.field import NOT_ASSESSABLE, Answer
from lesionscope.core.instrument import Instrument
from lesionscope.core.people import PSEUDONYM
from lesionscope.core.plain_record import Item, LineFault, PlainVisit, total_fault
from lesionscope.exchange.csv_table import csv_table, defused

PATIENT, VISIT, DAY = "patient", "visit", "date"
RATER = "rater"
MOST_BYTES = 20_000_000
"""Beyond this a file is something else than a plain record."""
_LONGEST, _LONGEST_NAME = 64, 128

Instruments = Mapping[str, Instrument]


@dataclass(frozen=True)
class PlainFile:
    """A file that was read.

    Attributes
    ----------
    visits : tuple of PlainVisit
        The good lines.
    faults : tuple of LineFault
        What is wrong with the others; one line may have several.
    """

    visits: tuple[PlainVisit, ...]
    faults: tuple[LineFault, ...]


def read_plain_record(data: bytes, instruments: Instruments) -> PlainFile:
    """Read a plain record.

    Parameters
    ----------
    data : bytes
        CSV in UTF-8, with commas, semicolons or tabs.
    instruments : mapping of str to Instrument
        Those of the study, see `lesionscope.core.catalogue.instruments`.

    Returns
    -------
    PlainFile

    Raises
    ------
    ValueError
        If the file as a whole cannot be read: its encoding, its heading, an unknown column.
    """
    lines = _lines(_text(data))
    _, heading = next(lines, (0, []))
    columns = [name.strip().casefold() for name in heading]
    items = _items_of(columns, instruments)
    good: dict[tuple[str, str, str], PlainVisit] = {}
    faults: list[LineFault] = []
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        found, wrong = _visit(number, dict(zip(columns, cells, strict=False)), items)
        if len(cells) != len(columns):
            wrong = [LineFault(number, "", f"{len(cells)} cells under {len(columns)} columns")]
        elif found is not None:
            wrong += _against_totals(found, instruments)
            if not wrong and found.key in good:
                earlier = good[found.key].line
                wrong = [LineFault(number, VISIT, f"the same visit stands in line {earlier}")]
        if found is not None and not wrong:
            good[found.key] = found
        faults += wrong
    return PlainFile(tuple(good.values()), tuple(faults))


def _text(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise ValueError(f"the file is larger than {MOST_BYTES // 1_000_000} MB; send it in parts")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            "the file is not in UTF-8; save it as “CSV UTF-8” and send it again"
        ) from error


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line where each row begins, and its cells."""
    heading = text.partition("\n")[0]
    delimiter = max(",;\t", key=heading.count)
    reader, begins = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1
    try:
        for cells in reader:
            yield begins, [_as_written(cell) for cell in cells]
            begins = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"line {begins} cannot be read as CSV: {error}") from error


def _as_written(cell: str) -> str:
    """Take the apostrophe off again that keeps a spreadsheet from running a text."""
    bare = cell.strip()
    return bare[1:] if bare.startswith("'") and defused(bare[1:]) != bare[1:] else bare


def _items_of(columns: Sequence[str], instruments: Instruments) -> dict[str, Item]:
    """Return the item of each column of a score; refuse a heading that cannot be read."""
    missing = [name for name in (PATIENT, VISIT, DAY) if name not in columns]
    if missing:
        raise ValueError(
            f"the first line must name the columns; it lacks {', '.join(missing)}. The template "
            "has them all"
        )
    doubled = sorted({name for name in columns if columns.count(name) > 1})
    if doubled:
        raise ValueError(f"the column {doubled[0] or 'without a name'} stands twice")
    items = {name: _item(name, instruments) for name in columns}
    return {name: item for name, item in items.items() if item is not None}


def _item(column: str, instruments: Instruments) -> Item | None:
    if column in (PATIENT, VISIT, DAY):
        return None
    name, _, key = column.partition(".")
    if name not in instruments:
        raise ValueError(
            f"the column {column or 'without a name'} names no instrument of the study; they are "
            f"{', '.join(instruments)}, and a column is called such as cdasi.activity"
        )
    if key not in item_names(instruments[name]):
        raise ValueError(
            f"the column {column}: {instruments[name].name} has no item {key!r}; take the names "
            "from the template"
        )
    return name, key


def item_names(instrument: Instrument) -> list[str]:
    """Return what a column may ask of an instrument: who scored, its scores, its fields."""
    names = [RATER, *(rule.id for rule in instrument.scores), *(f.key for f in instrument.fields)]
    return list(dict.fromkeys(names))


def _visit(
    number: int, cells: Mapping[str, str], items: Mapping[str, Item]
) -> tuple[PlainVisit | None, list[LineFault]]:
    """Read one line; what is wrong is said for every cell."""
    faults: list[LineFault] = []
    read: dict[str, Answer] = {}
    day = None
    for column, cell in cells.items():
        try:
            if column == PATIENT:
                _check_pseudonym(cell)
            elif column == VISIT:
                _check_words(cell, _LONGEST)
            elif column == DAY:
                day = _day(cell)
            elif items[column][1] == RATER:
                _check_words(cell, _LONGEST_NAME)
            elif cell:
                read[column] = _answer(cell)
        except ValueError as error:
            faults.append(LineFault(number, column, str(error)))
    if faults:
        return None, faults
    scores = {items[column]: answer for column, answer in read.items()}
    raters = {
        name: cells[column]
        for column, (name, key) in items.items()
        if key == RATER and cells.get(column) and any(name == scored for scored, _ in scores)
    }
    try:
        plain = PlainVisit(number, cells[PATIENT], cells.get(VISIT, ""), day, scores, raters)
    except (KeyError, ValueError) as error:
        return None, [LineFault(number, "", str(error))]
    return plain, []


def _check_pseudonym(cell: str) -> None:
    if not PSEUDONYM.fullmatch(cell):
        raise ValueError(
            f"must be a pseudonym of 1 to 32 letters, digits, . - or _; got {cell[:40]!r}"
        )


def _check_words(cell: str, longest: int) -> None:
    if len(cell) > longest or not cell.isprintable():
        raise ValueError(f"must be at most {longest} characters on one line")


def _day(cell: str) -> date | None:
    if not cell:
        return None
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise ValueError(
            f"write the day as year-month-day, such as 2026-03-04; got {cell[:40]!r}"
        ) from None


def _answer(cell: str) -> Answer:
    if cell.casefold() == NOT_ASSESSABLE:
        return NOT_ASSESSABLE
    try:
        number = float(cell) if cell[:1] in "-.0123456789" and "_" not in cell else float("nan")
    except ValueError:
        number = float("nan")
    if number != number or abs(number) == float("inf"):
        hint = "; write 1.5 and not 1,5" if "," in cell else ""
        raise ValueError(f"must be a number or {NOT_ASSESSABLE!r}, got {cell[:40]!r}{hint}")
    return int(number) if number.is_integer() else number


def _against_totals(plain: PlainVisit, instruments: Instruments) -> list[LineFault]:
    """Check every answer against its scale, and every total against its range and its items."""
    faults = []
    answers: dict[str, dict[str, Answer]] = {name: {} for name, _ in plain.scores}
    totals: list[Item] = []
    for (name, key), answer in plain.scores.items():
        form = instruments[name]
        if key not in {field.key for field in form.fields}:
            totals.append((name, key))
            continue
        try:
            form.field(key).check(answer)
        except ValueError as error:
            faults.append(LineFault(plain.line, f"{name}.{key}", str(error)))
        answers[name][key] = answer
    if faults:
        return faults
    wrong = (
        (item, total_fault(instruments[item[0]], item[1], plain.scores[item], answers[item[0]]))
        for item in totals
    )
    return [LineFault(plain.line, ".".join(item), reason) for item, reason in wrong if reason]


def write_plain_record(visits: Iterable[PlainVisit]) -> bytes:
    """Write a plain record that `read_plain_record` reads.

    Parameters
    ----------
    visits : iterable of PlainVisit
        In the order of the lines.

    Returns
    -------
    bytes
        CSV, see `lesionscope.exchange.csv_table.csv_table`.
    """
    listed = list(visits)
    items = {item for plain in listed for item in plain.scores}
    items |= {(name, RATER) for plain in listed for name in plain.raters}
    ordered = sorted(items, key=lambda item: (item[0], item[1] != RATER, item[1]))
    columns = [PATIENT, VISIT, DAY, *(f"{name}.{key}" for name, key in ordered)]
    rows = []
    for plain in listed:
        cells: list[Answer | None] = [
            plain.raters.get(name) if key == RATER else plain.scores.get((name, key))
            for name, key in ordered
        ]
        rows.append(
            [plain.patient, plain.visit, plain.day.isoformat() if plain.day else "", *cells]
        )
    return csv_table(columns, rows)


def template(instruments: Instruments) -> bytes:
    """Write the heading of a file with every column that the study can take in."""
    names = [f"{one.id}.{key}" for one in instruments.values() for key in item_names(one)]
    return csv_table([PATIENT, VISIT, DAY, *names], [])
