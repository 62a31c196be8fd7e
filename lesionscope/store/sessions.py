"""Open sessions: a random token that stands for a signed-in person until it idles too long."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, insert, select, update

from lesionscope.core.people import Act, Reader, Role
from lesionscope.store.chain import sha256_of, time_text
from lesionscope.store.record import Record, is_closed, require
from lesionscope.store.tables import accounts, sessions

IDLE = timedelta(minutes=60)
"""A session that was not used for this long is over."""
LONGEST = timedelta(hours=12)
"""A session is over this long after it was opened, however much it was used.

NIST SP 800-63B section 4.2.3: reauthentication at least once in 12 hours.
"""

# A page asks for its reader many times a minute; writing each time would make readers queue.
_REFRESH_EVERY = timedelta(minutes=1)


class Sessions(Record):
    """Sessions of the store; of a token only the sha256 is kept."""

    def open_session(self, reader: Reader) -> str:
        """Open a session for a person who has just signed in.

        Parameters
        ----------
        reader : Reader
            From `authenticate`.

        Returns
        -------
        str
            Token of 256 random bits; it cannot be had again.

        Raises
        ------
        NotAllowed
            If the record has no such account.
        """
        token = secrets.token_urlsafe(32)
        now = self._clock()
        self._require_right(reader, None)
        with self._changing() as connection:
            connection.execute(delete(sessions).where(~still_open(now)))
            new = {
                "token_sha256": sha256_of(token),
                "account_id": reader.id,
                "opened_at": time_text(now),
                "used_at": time_text(now),
            }
            connection.execute(insert(sessions).values(new))
        return token

    def reader_of_session(self, token: str) -> Reader | None:
        """Return who a session belongs to, and keep it open.

        A use is noted when the last note is a minute old, so a session may end up to a minute
        early.

        Parameters
        ----------
        token : str
            From `open_session`.

        Returns
        -------
        Reader or None
            None when the session is unknown or closed, was not used for 60 minutes, was opened
            12 hours ago, or its account is closed.
        """
        mine = sessions.c.token_sha256 == sha256_of(token.encode("utf-8", "replace"))
        now = self._clock()
        with self._reading(None, None) as connection:
            found = connection.execute(
                select(accounts, sessions.c.used_at)
                .join(sessions, sessions.c.account_id == accounts.c.id)
                .where(mine, still_open(now), ~is_closed())
            ).one_or_none()
        if found is None:
            return None
        if now - datetime.fromisoformat(found.used_at) >= _REFRESH_EVERY:
            with self._changing() as connection:
                connection.execute(update(sessions).where(mine).values(used_at=time_text(now)))
        return Reader(found.id, found.name, found.full_name, Role(found.role))

    def session_left(self, token: str) -> timedelta | None:
        """Return how long a session goes on if it is not used; asking is no use.

        Parameters
        ----------
        token : str
            From `open_session`.

        Returns
        -------
        timedelta or None
            None when the session is over.
        """
        mine = sessions.c.token_sha256 == sha256_of(token.encode("utf-8", "replace"))
        now = self._clock()
        with self._reading(None, None) as connection:
            found = connection.execute(
                select(sessions)
                .join(accounts, accounts.c.id == sessions.c.account_id)
                .where(mine, still_open(now), ~is_closed())
            ).one_or_none()
        if found is None:
            return None
        opened, used = (datetime.fromisoformat(at) for at in (found.opened_at, found.used_at))
        return min(used + IDLE, opened + LONGEST) - now

    def open_sessions(self, by: Reader) -> list[tuple[datetime, datetime]]:
        """Return when each open session of a person was opened and used last, newest first.

        Raises
        ------
        NotAllowed
            If the record has no such account.
        """
        mine = select(sessions).where(sessions.c.account_id == by.id, still_open(self._clock()))
        with self._reading(by, None) as connection:
            found = connection.execute(mine.order_by(sessions.c.opened_at.desc())).all()
        return [
            (datetime.fromisoformat(row.opened_at), datetime.fromisoformat(row.used_at))
            for row in found
        ]

    def close_all_sessions(self, by: Reader, account_id: int | None = None) -> int:
        """Sign a person out everywhere.

        Parameters
        ----------
        by : Reader
            Who acts.
        account_id : int or None
            Whose sessions; by default one's own.

        Returns
        -------
        int
            Number of sessions that were closed.

        Raises
        ------
        NotAllowed
            If `by` may not manage accounts and it is somebody else's.
        NotInRecord
            If there is no such account.
        """
        whose = by.id if account_id is None else account_id
        with self._acting(by, None if whose == by.id else Act.MANAGE_ACCOUNTS) as entry:
            require(entry.connection, accounts, whose, "account")
            live = and_(sessions.c.account_id == whose, still_open(self._clock()))
            number = len(entry.connection.execute(select(sessions).where(live)).all())
            entry.connection.execute(delete(sessions).where(sessions.c.account_id == whose))
            entry.conclude("sign out everywhere", "account", whose, sessions=number)
        return number

    def close_session(self, token: str) -> None:
        """Sign out; a token that is not open is ignored.

        Parameters
        ----------
        token : str
            From `open_session`.
        """
        reader = self.reader_of_session(token)
        if reader is None:
            return
        mine = sessions.c.token_sha256 == sha256_of(token)
        with self._acting(reader, None) as entry:
            if entry.connection.execute(delete(sessions).where(mine)).rowcount:
                entry.conclude("sign out", "account", reader.id)


def still_open(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a session of the query is neither idle nor too old."""
    return and_(
        sessions.c.used_at > time_text(now - IDLE), sessions.c.opened_at > time_text(now - LONGEST)
    )
