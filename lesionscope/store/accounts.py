"""Accounts and signing in: who a person is, proved by a password."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Connection, delete, insert, select, update

from lesionscope.core.people import Act, Reader, Role
from lesionscope.store.chain import Entry, sha256_of, time_text
from lesionscope.store.passwords import check_new_password, hash_password, password_matches
from lesionscope.store.record import Record, is_closed
from lesionscope.store.refusals import AlreadyThere, NotAllowed, SignInRefused
from lesionscope.store.tables import Row, accounts, passwords, sign_in_tries, temporary_passwords

WRONG_TRIES = 5
"""Wrong passwords in a row that lock a name."""
LOCKED_FOR = timedelta(minutes=5)
"""How long a locked name stays so, from the last wrong try."""

_WRONG = "The name or the password is wrong."
_CLOSED = "This account is closed. Ask the owner of this record."
_LOCKED = (
    f"There were {WRONG_TRIES} wrong tries for this name. "
    f"Please wait {LOCKED_FOR.seconds // 60} minutes, then try again."
)

_TRIES = tuple(threading.Lock() for _ in range(64))


class Accounts(Record):
    """Accounts of the store; the first is the owner's."""

    def has_owner(self) -> bool:
        """Return whether the owner's account was created."""
        with self._reading(None, None) as connection:
            return _has_owner(connection)

    def create_owner(self, name: str, full_name: str, password: str) -> Reader:
        """Create the first account, the owner's.

        Parameters
        ----------
        name : str
            Name to sign in with, 1 to 64 characters.
        full_name : str
            Name as it stands under a signature, 1 to 128 characters.
        password : str
            10 to 128 characters, not one of the names.

        Returns
        -------
        Reader

        Raises
        ------
        NotAllowed
            If there is an owner already.
        ValueError
            If a name or the password breaks its rule.
        """
        name, full_name = _checked_names(name, full_name)
        check_new_password(password, name, full_name)
        hashed = hash_password(self._hasher, password)
        with self._acting(None, None) as entry:
            if _has_owner(entry.connection):
                raise NotAllowed("this record has an owner; ask them for an account")
            owner = _append_account(entry, name, full_name, Role.OWNER)
            append_password(entry, owner.id, hashed, temporary=False)
            entry.actor = owner
            entry.conclude("create owner", "account", owner.id, **_described(owner))
        return owner

    def add_account(
        self,
        by: Reader,
        name: str,
        full_name: str,
        role: Role,
        password: str,
        *,
        temporary: bool = False,
    ) -> Reader:
        """Create an account.

        Parameters
        ----------
        by : Reader
            Who acts.
        name, full_name, password : str
            As for `create_owner`.
        role : Role
            What the person may do.
        temporary : bool
            Whether the person must choose another password at the first sign-in.

        Returns
        -------
        Reader

        Raises
        ------
        NotAllowed
            If `by` may not manage accounts.
        AlreadyThere
            If the name is taken; capitals do not make another name.
        ValueError
            If a name or the password breaks its rule.
        """
        self._require_right(by, Act.MANAGE_ACCOUNTS)
        name, full_name = _checked_names(name, full_name)
        check_new_password(password, name, full_name)
        hashed = hash_password(self._hasher, password)
        with self._acting(by, Act.MANAGE_ACCOUNTS) as entry:
            if _account_named(entry.connection, name) is not None:
                raise AlreadyThere(f"the name {name!r} is taken")
            added = _append_account(entry, name, full_name, Role(role))
            append_password(entry, added.id, hashed, temporary=temporary)
            entry.conclude("add account", "account", added.id, **_described(added))
        return added

    def readers(self, by: Reader) -> list[Reader]:
        """Return every account, by name.

        Raises
        ------
        NotAllowed
            If `by` may not manage accounts.
        """
        with self._reading(by, Act.MANAGE_ACCOUNTS) as connection:
            found = connection.execute(select(accounts).order_by(accounts.c.name_key))
            return [Reader(r.id, r.name, r.full_name, Role(r.role)) for r in found]

    def authenticate(self, name: str, password: str) -> Reader:
        """Sign a person in.

        Parameters
        ----------
        name, password : str
            As typed.

        Returns
        -------
        Reader

        Raises
        ------
        SignInRefused
            If they do not match, or after 5 wrong tries for 5 minutes. The sentence and the
            time it takes are the same whether the name has an account or not. That an account
            is closed is told only to who knows its password.
        """
        reader = self._prove(name, password, refusal="sign-in refused")
        with self._acting(reader, None) as entry:
            entry.conclude("sign in", "account", reader.id)
        return reader

    def admit(self, name: str, *, vouched_by: str) -> Reader:
        """Sign in a person whose identity another party has proven.

        Parameters
        ----------
        name : str
            Name that the party knows the person by; an account must have it.
        vouched_by : str
            The party, such as the issuer of an OpenID token.

        Returns
        -------
        Reader

        Raises
        ------
        SignInRefused
            If no account has this name, or it is closed; who was vouched for may be told that.
        """
        with self._reading(None, None) as connection:
            found = _account_named(connection, name)
        if found is None or found["closed"]:
            number = found["id"] if found else None
            with self._acting(None, None) as entry:
                entry.conclude("sign-in refused", "account", number, vouched_by=vouched_by)
            raise SignInRefused(
                _CLOSED
                if found
                else f"there is no account named {name!r}; ask the owner to add one"
            )
        reader = Reader(found["id"], found["name"], found["full_name"], Role(found["role"]))
        with self._acting(reader, None) as entry:
            entry.conclude("sign in", "account", reader.id, vouched_by=vouched_by)
        return reader

    def _prove(self, name: str, password: str, *, refusal: str, **detail: object) -> Reader:
        """Return the account that the password proves; a wrong one is recorded as `refusal`."""
        # One after the other for a name: right passwords at the same moment are no wrong tries.
        with _one_try_at_a_time(name):
            return self._prove_alone(name, password, refusal, detail)

    def _prove_alone(
        self, name: str, password: str, refusal: str, detail: Mapping[str, object]
    ) -> Reader:
        self._count_try(name)
        with self._reading(None, None) as connection:
            found = _account_named(connection, name)
            stored = _password_hash(connection, found["id"]) if found else None
        # Outside any transaction: the hash takes its time, and nobody should wait for it.
        if not password_matches(self._hasher, stored, password) or found is None:
            with self._acting(None, None) as entry:
                entry.conclude(refusal, "account", found["id"] if found else None, **detail)
            raise SignInRefused(_WRONG)
        if found["closed"]:
            with self._acting(None, None) as entry:
                entry.conclude(refusal, "account", found["id"], **detail, because="closed")
            raise SignInRefused(_CLOSED)
        with self._changing() as connection:
            forget_tries(connection, name)
        return Reader(found["id"], found["name"], found["full_name"], Role(found["role"]))

    def _count_try(self, name: str) -> None:
        """Count a try before its password is looked at, so that many at once gain nothing."""
        key = try_key(name)
        now = self._clock()
        with self._changing() as connection:
            old = sign_in_tries.c.last_at <= time_text(now - LOCKED_FOR)
            connection.execute(delete(sign_in_tries).where(old))
            mine = sign_in_tries.c.name_sha256 == key
            tries = connection.scalar(select(sign_in_tries.c.tries).where(mine))
            if tries is not None and tries >= WRONG_TRIES:
                raise SignInRefused(_LOCKED)
            if tries is None:
                new = {"name_sha256": key, "tries": 1, "last_at": time_text(now)}
                connection.execute(insert(sign_in_tries).values(new))
            else:
                more = {"tries": tries + 1, "last_at": time_text(now)}
                connection.execute(update(sign_in_tries).where(mine).values(more))


def _one_try_at_a_time(name: str) -> threading.Lock:
    """Return the lock that tries for a name queue at in this process; a few names share one."""
    return _TRIES[int(try_key(name)[:8], 16) % len(_TRIES)]


def name_key(name: str) -> str:
    """Return what two names share that people would take for one.

    Examples
    --------
    >>> name_key(" Ana ") == name_key("ANA")
    True
    """
    return unicodedata.normalize("NFKC", name).strip().casefold()


def try_key(name: str) -> str:
    """Return what the wrong tries for a name are counted under."""
    return sha256_of(name_key(name).encode("utf-8", "replace"))


def forget_tries(connection: Connection, name: str) -> None:
    """Let a name be tried again as if nobody had mistyped its password."""
    connection.execute(delete(sign_in_tries).where(sign_in_tries.c.name_sha256 == try_key(name)))


def _checked_names(name: str, full_name: str) -> tuple[str, str]:
    name, full_name = (unicodedata.normalize("NFC", n).strip() for n in (name, full_name))
    for text, what, longest in ((name, "name", 64), (full_name, "full name", 128)):
        if not 1 <= len(text) <= longest or not text.isprintable():
            raise ValueError(
                f"a {what} must have 1 to {longest} printable characters, got {text[:80]!r}"
            )
    return name, full_name


def _has_owner(connection: Connection) -> bool:
    owner = select(accounts.c.id).where(accounts.c.role == Role.OWNER.value).limit(1)
    return connection.execute(owner).one_or_none() is not None


def _account_named(connection: Connection, name: str) -> Row | None:
    key = name_key(name).encode("utf-8", "replace").decode()
    named = select(accounts, is_closed().label("closed")).where(accounts.c.name_key == key)
    row = connection.execute(named).mappings().one_or_none()
    return dict(row) if row is not None else None


def _password_hash(connection: Connection, account_id: int) -> str | None:
    newest = (
        select(passwords.c.hash)
        .where(passwords.c.account_id == account_id)
        .order_by(passwords.c.id.desc())
        .limit(1)
    )
    return connection.scalar(newest)


def append_password(entry: Entry, account_id: int, hashed: str, *, temporary: bool) -> None:
    """Write a password of an account; it counts from the end of this act."""
    password_id = entry.append(passwords, account_id=account_id, hash=hashed)
    if temporary:
        entry.append(temporary_passwords, password_id=password_id)


def _append_account(entry: Entry, name: str, full_name: str, role: Role) -> Reader:
    account_id = entry.append(
        accounts, name=name, name_key=name_key(name), full_name=full_name, role=role.value
    )
    return Reader(account_id, name, full_name, role)


def _described(reader: Reader) -> dict[str, str]:
    return {"name": reader.name, "full_name": reader.full_name, "role": reader.role.value}
