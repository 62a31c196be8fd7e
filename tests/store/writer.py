"""Write acts to a record as fast as it goes, and print each one once it is acknowledged.

Run as ``python writer.py HOME NAME VISITS [ACCOUNT]``, a program to run beside others; or
as ``python writer.py``, which forks a writer to be killed for each line of its input.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import date
from itertools import count
from pathlib import Path

from argon2 import PasswordHasher

from lesionscope.core.people import Reader
from lesionscope.core.reading import AnswerOrigin, Meaning
from lesionscope.core.sites import Side, Site
from lesionscope.store import NotAllowed, Store

PASSWORD = "correct horse battery"


def acknowledge(kind: str, number: int, content: str = "") -> None:
    print(json.dumps([kind, number, content]), flush=True)


def sign_in(store: Store) -> Reader:
    try:
        owner = store.create_owner("owner", "Person owner", PASSWORD)
    except NotAllowed:
        return store.authenticate("owner", PASSWORD)
    acknowledge("account", owner.id)
    return owner


def write_visit(store: Store, by: Reader, pseudonym: str) -> None:
    patient = store.add_patient(by, pseudonym)
    acknowledge("patient", patient.id, pseudonym)
    visit = store.add_visit(by, patient.id, date(2026, 3, 1), "Baseline")
    acknowledge("visit", visit.id)
    measured = []
    for size in (1, 40_000, 400_000):
        photo = store.add_photo(
            by,
            visit.id,
            os.urandom(size) + pseudonym.encode(),
            name="a.jpg",
            view="arm",
            site=Site.ARM,
            side=Side.LEFT,
        )
        acknowledge("photo", photo.id, photo.sha256)
        files = {"lesion": os.urandom(9000), "skin": os.urandom(9000)}
        made = store.add_measurement(
            by, photo.id, {"sha256": photo.sha256}, files, drawn_by="lesionscope 0.1"
        )
        acknowledge("measurement", made.id, made.files["skin"])
        measured.append(made.id)
        store.save_draft(by, visit.id, {"measured": measured})
        acknowledge("draft", visit.id, str(len(measured)))
    reading = store.sign(
        by,
        visit.id,
        PASSWORD,
        answers={"alopecia": 1},
        origins={"alopecia": AnswerOrigin.ENTERED},
        bsa=None,
        meaning=Meaning.AUTHORSHIP,
        measurement_ids=measured,
        suggestions_shown=False,
    )
    acknowledge("reading", reading.id, reading.content_sha256)


def main(home: str, name: str, visits: str, account: str = "") -> None:
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with Store.open(Path(home), hasher=hasher) as store:
        by = store.authenticate(account, PASSWORD) if account else sign_in(store)
        for number in count():
            if number == int(visits):
                break
            write_visit(store, by, f"{name}-{number}")
            time.sleep(0.001)


def fork_writers() -> None:
    """Fork a writer for each ``[home, name, what it says, URL]``; tell its pid and its end."""
    for line in sys.stdin:
        home, name, said, url = json.loads(line)
        child = os.fork()
        if child == 0:
            os.environ["LESIONSCOPE_DATABASE"] = url
            os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT), sys.stdout.fileno())
            main(home, name, "100")  # comes to an end even if nobody is left to kill it
            os._exit(0)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) > 1 else fork_writers()
