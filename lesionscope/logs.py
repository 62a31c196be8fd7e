"""What the server logs: words for people by default, JSON lines for machines on demand.

With ``LESIONSCOPE_LOG=json`` every line is one object with time, level and event, and beside them
only fields of a fixed list, whose values are names of this program's own parts or numbers. Nothing
that a person typed or sent has a way into a line: of an error its kind and its place in the code,
not what it says; of other libraries not even their message.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

SWITCH = "LESIONSCOPE_LOG"
"""Environment variable; ``json`` asks for JSON lines."""
OWN = "lesionscope"
FIELDS = ("request", "page", "act", "kind", "status", "seconds", "number", "version")
"""What a line may say besides time, level and event."""

_PLAIN = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_PACKAGE = Path(__file__).parent
_MOST_FRAMES = 6


def asked_for_json() -> bool:
    """Return whether the environment asks for JSON lines."""
    return os.environ.get(SWITCH, "").strip().casefold() == "json"


def configure(stream: TextIO | None = None) -> None:
    """Set up what is logged, as the environment asks; again has no effect.

    Parameters
    ----------
    stream : file, optional
        Where JSON lines go; by default standard error.
    """
    root = logging.getLogger()
    if not asked_for_json():
        logging.basicConfig(format=_PLAIN)
        return
    if any(isinstance(one.formatter, JsonLines) for one in root.handlers):
        return
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root.addHandler(handler)
    logging.getLogger(OWN).setLevel(logging.INFO)
    logging.setLogRecordFactory(_withheld)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = _thread_failed


def event(
    log: logging.Logger, level: int, name: str, *, failed: bool = False, **fields: Any
) -> None:
    """Log something that happened.

    Parameters
    ----------
    log : Logger
        Of the part that says it.
    level : int
        Of `logging`.
    name : str
        What happened, in fixed words.
    failed : bool
        Whether the exception being handled belongs to it.
    **fields
        Of `FIELDS`: names of the program's own parts, or numbers.

    Raises
    ------
    ValueError
        If a field is not on the list.
    """
    if strange := set(fields) - set(FIELDS):
        raise ValueError(f"a log line has no field {sorted(strange)[0]!r}")
    words = "".join(f", {key} %s" for key in fields)
    extra = {"event_name": name, "event_fields": fields}
    log.log(level, name + words, *fields.values(), exc_info=failed, extra=extra)


@contextmanager
def timed(log: logging.Logger, name: str, **fields: Any) -> Iterator[None]:
    """Log that something was done and how long it took, also when it was cut short."""
    begun = time.monotonic()
    try:
        yield
    finally:
        event(log, logging.INFO, name, seconds=round(time.monotonic() - begun, 3), **fields)


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a record of another library has it already."""
        if not _is_own(record.name):
            return str(record.msg)
        said: dict[str, Any] = {
            "time": _time(record.created),
            "level": record.levelname.lower(),
            # The template of the words, never what was put into them.
            "event": getattr(record, "event_name", str(record.msg)),
        }
        fields = getattr(record, "event_fields", {})
        said |= {key: _plain(fields[key]) for key in FIELDS if key in fields}
        if record.exc_info and record.exc_info[1] is not None:
            said |= _fault(record.exc_info[1])
        return json.dumps(said, ensure_ascii=True)


def _is_own(name: str) -> bool:
    return name == OWN or name.startswith(f"{OWN}.")


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _plain(value: object) -> object:
    return value if isinstance(value, int | float) else str(value)[:120]


def _fault(error: BaseException) -> dict[str, Any]:
    """Say of an error its kind, and the places of this program that it came through."""
    places = []
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename)
        if path.is_relative_to(_PACKAGE):
            places.append(f"{path.relative_to(_PACKAGE).as_posix()}:{frame.lineno}")
    return {"kind": type(error).__name__, "where": places[-_MOST_FRAMES:]}


def _withheld(
    name: str,
    level: int,
    path: str,
    line: int,
    msg: object,
    args: Any,
    exc_info: Any,
    func: str | None = None,
    sinfo: str | None = None,
    **more: Any,
) -> logging.LogRecord:
    """Make a record; of another library its words are replaced, whatever formatter it has."""
    record = logging.LogRecord(name, level, path, line, msg, args, exc_info, func, sinfo, **more)
    if _is_own(name):
        return record
    said: dict[str, Any] = {
        "time": _time(record.created),
        "level": record.levelname.lower(),
        "event": "message of a library, withheld",
        "library": f"{name}:{record.module}:{line}"[:120],
    }
    if isinstance(exc_info, tuple) and exc_info[1] is not None:
        said |= _fault(exc_info[1])
    record.msg, record.args = json.dumps(said, ensure_ascii=True), ()
    record.exc_info = record.exc_text = record.stack_info = None
    return record


def _uncaught(
    _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
) -> None:
    log = logging.getLogger(OWN)
    log.critical("ended by an error", exc_info=error)


def _thread_failed(given: threading.ExceptHookArgs) -> None:
    log = logging.getLogger(OWN)
    log.error("a thread ended by an error", exc_info=given.exc_value)
