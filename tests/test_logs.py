from __future__ import annotations

import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from lesionscope import logs

log = logging.getLogger("lesionscope.trial")
SECRET = "Jane Doe 1970-01-01 IMG_jane.jpg"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is logged as JSON lines, in a process that had logged as usual until now."""
    root, own = logging.getLogger(), logging.getLogger(logs.OWN)
    before = [*root.handlers], own.level, logging.getLogRecordFactory()
    monkeypatch.setenv(logs.SWITCH, "JSON ")
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    stream = io.StringIO()
    logs.configure(stream)
    yield stream
    root.handlers[:] = before[0]
    own.setLevel(before[1])
    logging.setLogRecordFactory(before[2])
    logging.captureWarnings(False)


def said(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_line_with_time_level_and_fields(lines: io.StringIO) -> None:
    logs.event(log, logging.INFO, "page", page="score", seconds=0.25)
    (line,) = said(lines)
    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "info", "event": "page", "page": "score", "seconds": 0.25}


def test_a_field_that_is_not_on_the_list_is_refused(lines: io.StringIO) -> None:
    with pytest.raises(ValueError, match="no field 'patient'"):
        logs.event(log, logging.INFO, "page", patient="DM-001")
    assert said(lines) == []


def test_of_an_error_its_kind_and_place_are_said_and_not_its_words(lines: io.StringIO) -> None:
    try:
        logs.event(log, logging.INFO, "page", patient=SECRET)
    except ValueError as error:
        try:
            raise RuntimeError(SECRET) from error
        except RuntimeError:
            logs.event(log, logging.ERROR, "page failed", failed=True, number="3fa2b1")
    try:
        logs.event(log, logging.INFO, "page", patient=SECRET)
    except ValueError:
        log.exception("lost %s", SECRET)
    first, second = said(lines)
    assert (first["event"], first["kind"], first["number"]) == (
        "page failed", "RuntimeError", "3fa2b1",
    )  # fmt: skip
    assert second["event"] == "lost %s"
    assert second["where"][0].startswith("logs.py:")
    assert "Jane" not in lines.getvalue()


def test_other_libraries_warnings_and_threads_say_where_and_not_what(lines: io.StringIO) -> None:
    logging.getLogger("streamlit.web").error("cannot read %s", SECRET)
    try:
        raise OSError(SECRET)
    except OSError:
        logging.getLogger("somelibrary.error").exception(SECRET)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(SECRET, stacklevel=1)
    thread = threading.Thread(target=lambda: int(SECRET))
    thread.start()
    thread.join()
    found = said(lines)
    assert [line["level"] for line in found] == ["error", "error", "warning", "error"]
    assert found[0]["library"].startswith("streamlit.web:test_logs:")
    assert found[1]["kind"] == "OSError"
    assert found[3]["event"] == "a thread ended by an error"
    assert "Jane" not in lines.getvalue()


def test_a_handler_of_a_library_writes_the_same_line(lines: io.StringIO) -> None:
    stream = io.StringIO()
    other = logging.getLogger("somelibrary")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(message)s"))
    other.addHandler(handler)
    other.warning("photo %s", SECRET)
    other.removeHandler(handler)
    assert said(stream) == said(lines)


def test_what_is_done_is_timed_also_when_it_is_refused(lines: io.StringIO) -> None:
    with pytest.raises(ValueError, match="no"), logs.timed(log, "act", act="sign"):
        raise ValueError("no")
    (line,) = said(lines)
    assert (line["event"], line["act"], line["seconds"]) == ("act", "sign", 0.0)


def test_configured_twice_writes_once(lines: io.StringIO) -> None:
    logs.configure()
    logs.event(log, logging.WARNING, "page", page="read")
    assert len(said(lines)) == 1


def test_without_the_switch_the_words_are_for_people(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv(logs.SWITCH, raising=False)
    logs.configure()
    logs.event(log, logging.ERROR, "page failed", number="3fa2b1")
    assert caplog.messages == ["page failed, number 3fa2b1"]
