"""The record under load: what a page waits for among 100,000 signed readings.

``python benchmarks/record.py`` fills a new record through the store's own tables, chain and
triggers, then times what the pages ask of it. ``--url`` names a PostgreSQL database to fill
instead of a file; it must be empty. ``--readings`` takes another number.

The readings are written many to an act, which no page does: so the record is there in minutes.
Everything that is timed asks the store as a page does.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from lesionscope.core.cdasi import CDASI
from lesionscope.core.people import Reader, Role
from lesionscope.store import Store
from lesionscope.store.audit import EventFilter
from lesionscope.store.chain import canonical_json, sha256_of, time_text
from lesionscope.store.tables import patients, readings, visits

LIMIT_MS = 200
VISITS = 10
"""Of each patient, each with one reading."""
PER_ACT = 20
"""Patients that one act writes."""
TIMES = 15
RESULTS = Path(__file__).with_name("results")
PASSWORD = "correct horse battery"
ANSWERS = {field.key: 1 for field in CDASI.fields}


def content_of(visit_id: int, pseudonym: str, day: date, label: str, by: Reader, at: str) -> str:
    """Write what a reader signed, in the form that `Store.sign` gives it."""
    return canonical_json(
        {
            "visit": {
                "id": visit_id,
                "patient": pseudonym,
                "day": day.isoformat(),
                "label": label,
            },
            "reader": {
                "id": by.id,
                "name": by.name,
                "full_name": by.full_name,
                "role": by.role.value,
            },
            "signed_at": at,
            "meaning": "authorship",
            "instrument": "CDASI version 2",
            "answers": ANSWERS,
            "origins": dict.fromkeys(ANSWERS, "entered"),
            "bsa": None,
            "measurements": [],
            "suggestions_shown": False,
            "supersedes": None,
            "supersedes_sha256": None,
            "reason": "",
        }
    )


def fill(store: Store, by: Reader, number: int) -> None:
    """Sign so many readings: ten visits a patient, as many patients as it takes."""
    for first in range(0, number // VISITS, PER_ACT):
        with store._acting(by, None) as entry:
            at = time_text(entry.at)
            for patient in range(first, min(first + PER_ACT, number // VISITS)):
                name = f"DM-{patient:06d}"
                patient_id = entry.append(patients, pseudonym=name, pseudonym_key=name.casefold())
                for turn in range(VISITS):
                    day = date(2020, 1, 1) + timedelta(days=patient % 1000 + 28 * turn)
                    label = f"Visit {turn}"
                    visit_id = entry.append(
                        visits, patient_id=patient_id, day=day.isoformat(), label=label
                    )
                    content = content_of(visit_id, name, day, label, by, at)
                    entry.append(
                        readings,
                        visit_id=visit_id,
                        account_id=by.id,
                        supersedes=None,
                        content=content,
                        content_sha256=sha256_of(content),
                    )
            entry.conclude("sign reading", "reading", first)


def add_events(store: Store, by: Reader, number: int) -> None:
    """Let the audit trail grow to an event a reading, as signing one by one would leave it."""
    acts = ("add photo", "measure photo", "save draft", "sign reading", "sign in")
    while number > 0:
        # Each is an act of its own with its own link; they share a transaction to be quick.
        with store._acting(by, None) as entry:
            for turn in range(min(number, 2000)):
                entry.conclude(acts[turn % len(acts)], "visit", turn + 1, turn=turn)
                entry = type(entry)(entry.connection, entry.at, by)
            entry.conclude("sign in", "account", by.id)
        number -= 2001


def questions(store: Store, by: Reader, number: int) -> dict[str, Callable[[], Any]]:
    """Return what pages ask, by the name of the page."""
    last, today = number // VISITS, date(2026, 1, 1)
    only = EventFilter(who=by.name, act="sign reading")
    days = EventFilter(first=today, last=today + timedelta(days=3650))
    return {
        "patient list": lambda: store.patients(by),
        "timeline of a patient": lambda: store.timeline(by, last // 2),
        "audit trail, newest 50": lambda: store.events(by, limit=50),
        "audit filter: who and act, 50": lambda: store.events(by, limit=50, only=only),
        "audit filter: who and act, counted": lambda: store.count_events(by, only),
        "audit filter: days, counted": lambda: store.count_events(by, days),
        "audit filter: on one visit": lambda: store.events(by, entity="visit", entity_id=77),
        "audit choices": lambda: store.event_choices(by),
        "visit and current reading": lambda: store.current_reading(by, number // 2),
        "an act: add a visit": _adder(store, by),
    }


def _adder(store: Store, by: Reader) -> Callable[[], Any]:
    days = iter(range(10_000))
    return lambda: store.add_visit(by, 1, date(2030, 1, 1) + timedelta(days=next(days)), "Extra")


def milliseconds(ask: Callable[[], Any]) -> tuple[list[float], list[float]]:
    """Return what the clock and what the processor of this process spent, each in order."""
    clock, processor = [], []
    for _ in range(TIMES):
        start, busy = time.perf_counter(), time.process_time()
        ask()
        clock.append(1000 * (time.perf_counter() - start))
        processor.append(1000 * (time.process_time() - busy))
    return sorted(clock), sorted(processor)


def measured(store: Store, number: int) -> list[str]:
    """Fill the record, time it, and return the lines of the table."""
    by = store.create_owner("owner", "Person owner", PASSWORD)
    by = store.add_account(by, "reader", "Person reader", Role.OWNER, PASSWORD)
    start = time.perf_counter()
    fill(store, by, number)
    add_events(store, by, number)
    filled = time.perf_counter() - start
    if store._engine.dialect.name == "postgresql":
        # The server does so by itself within a minute; SQLite never does.
        with store._changing() as connection:
            connection.exec_driver_sql("ANALYZE")
    events = store.count_events(by, EventFilter())
    lines = [
        f"{number:,} readings, {number // VISITS:,} patients, {events:,} events, "
        f"on {store._engine.dialect.name}; filled in {filled:.0f} s. Load average while timing: "
        f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.",
        "",
        f"| asked | median ms | worst of {TIMES} ms | processor, median ms | under {LIMIT_MS} ms |",
        "|---|---|---|---|---|",
    ]
    for name, ask in questions(store, by, number).items():
        clock, processor = milliseconds(ask)
        kept = "yes" if clock[-1] < LIMIT_MS else "NO"
        cells = (statistics.median(clock), clock[-1], statistics.median(processor))
        lines.append(f"| {name} | {' | '.join(f'{cell:.1f}' for cell in cells)} | {kept} |")
    return lines


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--readings", type=int, default=100_000)
    asked.add_argument("--url", help="an empty PostgreSQL database")
    asked.add_argument("--out", type=Path, help="also write the table here")
    given = asked.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        Store.open(Path(folder), url=given.url, hasher=PasswordHasher(1, 8, 1)) as store,
    ):
        table = "\n".join(measured(store, given.readings))
    print(table)
    if given.out:
        given.out.write_text(f"# The record under load\n\n{table}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
