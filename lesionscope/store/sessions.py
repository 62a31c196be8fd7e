"""Open sessions: a random token that stands for a signed-in person until it idles too long."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from lesionscope.core.people import Reader, Role
from lesionscope.store.chain import sha256_of, time_text
from lesionscope.store.record import Record
from lesionscope.store.tables import accounts, sessions

IDLE = timedelta(minutes=60)
"""A session that was not used for this long is over."""

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
            connection.execute(delete(sessions).where(sessions.c.used_at <= time_text(now - IDLE)))
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
            None when the session is unknown, closed, or was not used for 60 minutes.
        """
        mine = sessions.c.token_sha256 == sha256_of(token.encode("utf-8", "replace"))
        with self._reading(None, None) as connection:
            found = connection.execute(
                select(accounts, sessions.c.used_at)
                .join(sessions, sessions.c.account_id == accounts.c.id)
                .where(mine)
            ).one_or_none()
        now = self._clock()
        if found is None or now - datetime.fromisoformat(found.used_at) >= IDLE:
            return None
        if now - datetime.fromisoformat(found.used_at) >= _REFRESH_EVERY:
            with self._changing() as connection:
                connection.execute(update(sessions).where(mine).values(used_at=time_text(now)))
        return Reader(found.id, found.name, found.full_name, Role(found.role))

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
