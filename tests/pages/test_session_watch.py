from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lesionscope.core.people import Reader
from lesionscope.pages.session_watch import minutes
from lesionscope.store.chain import time_text
from lesionscope.store.store import Store
from tests.pages.conftest import Open, said


def leave_unused(home: Path, *, since: timedelta) -> None:
    raw = sqlite3.connect(home / "record.sqlite")
    raw.execute("UPDATE sessions SET used_at = ?", (time_text(datetime.now(UTC) - since),))
    raw.commit()
    raw.close()


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (timedelta(minutes=5), "5 minutes"),
        (timedelta(seconds=61), "2 minutes"),
        (timedelta(seconds=59), "1 minute"),
    ],
)
def test_the_time_left_is_never_said_to_be_none(time: timedelta, words: str) -> None:
    assert minutes(time) == words


def test_nothing_is_said_while_a_session_is_young(owner: Reader, open_app: Open) -> None:
    app = open_app("about", owner)
    assert "You will be signed out in" not in said(app)


def test_the_end_is_announced_and_put_off(
    record: Store, owner: Reader, open_app: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_app("about", owner)
    # The run itself is a use of the session: what is seen is what the next look would see.
    left = iter([timedelta(minutes=4), timedelta(minutes=60)])
    monkeypatch.setattr(Store, "session_left", lambda self, token: next(left))
    app.run()
    assert "You will be signed out in 4 minutes." in said(app)
    leave_unused(tmp_path, since=timedelta(minutes=56))
    app.button(key="stay_signed_in").click().run()
    assert "You will be signed out" not in said(app)
    monkeypatch.undo()
    token = str(app.session_state["token"])
    found = record.session_left(token)
    assert found is not None
    assert found > timedelta(minutes=59)


def test_a_page_left_open_is_cleared_at_the_end(
    record: Store, owner: Reader, open_app: Open, tmp_path: Path
) -> None:
    app = open_app("audit", owner)
    assert app.dataframe
    leave_unused(tmp_path, since=timedelta(minutes=60))
    app.run()
    assert "You were signed out" in said(app)
    assert not app.dataframe
