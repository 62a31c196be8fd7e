"""The head of the chain: one line that, kept elsewhere, pins down the whole record until then.

Who holds the database file can forge every row and event and link them anew; the record then
proves whole. The head of the old chain, printed or mailed to somebody else on its day, is then in
no place of the new one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from lesionscope.store.record import Record
from lesionscope.store.tables import events

_HEAD = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")


@dataclass(frozen=True)
class ChainHead:
    """The newest event of the record, and the hash that links all before it.

    Attributes
    ----------
    number : int
        Of the event.
    sha256 : str
        Its hash, 64 hex digits.
    at : datetime
        UTC.
    """

    number: int
    sha256: str
    at: datetime

    @property
    def text(self) -> str:
        """The head as it is kept: ``number:hash``."""
        return f"{self.number}:{self.sha256}"


def head_of(text: str) -> tuple[int, str]:
    """Read a kept head, also when it was typed from paper in groups.

    Parameters
    ----------
    text : str
        ``number:hash``; spaces and capitals do not matter.

    Returns
    -------
    (int, str)
        Number of the event and its hash.

    Raises
    ------
    ValueError
        If it is no head.

    Examples
    --------
    >>> head_of("12:" + "AB " * 32)[0]
    12
    """
    found = _HEAD.fullmatch("".join(text.split()).casefold())
    if found is None:
        raise ValueError(
            f"a chain head is an event number, a colon and 64 hex digits, got {text.strip()[:80]!r}"
        )
    return int(found[1]), found[2]


def newest_head(connection: Connection) -> ChainHead | None:
    """Return the head of the chain, or None while nothing was recorded."""
    newest = select(events.c.id, events.c.hash, events.c.at).order_by(events.c.id.desc())
    row = connection.execute(newest.limit(1)).one_or_none()
    return None if row is None else ChainHead(row.id, row.hash, datetime.fromisoformat(row.at))


class Heads(Record):
    """Heads of the chain of the store."""

    def head(self) -> ChainHead | None:
        """Return the head of the chain, or None while nothing was recorded."""
        with self._reading(None, None) as connection:
            return newest_head(connection)

    def head_fault(self, kept: str) -> str:
        """Say whether the record still goes through a head that was kept elsewhere.

        It shows that the record is the one of that day only together with `verify`, which walks
        the chain up to there.

        Parameters
        ----------
        kept : str
            A head, see `head_of`.

        Returns
        -------
        str
            Empty when it does; otherwise what does not fit.

        Raises
        ------
        ValueError
            If `kept` is no head.
        """
        number, sha256 = head_of(kept)
        with self._reading(None, None) as connection:
            now = connection.scalar(select(events.c.hash).where(events.c.id == number))
        if now is None:
            return f"event {number} of the kept head is not in this record: its end was cut off"
        if now != sha256:
            return (
                f"event {number} has another hash than the kept head: what was recorded up to it "
                "was written anew"
            )
        return ""
