"""Passwords changed by the person, or set anew by the owner when one was forgotten.

A password that the owner set lets the person in, and then does nothing but choose another: nobody
else may know what stands for a signature.

References
----------
21 CFR 11.200(a)(2) (used only by its genuine owner) and 11.300 (controls for passwords).
"""

from __future__ import annotations

from sqlalchemy import delete, select

from lesionscope.core.people import Act, Reader
from lesionscope.store.accounts import Accounts, append_password, forget_tries
from lesionscope.store.passwords import check_new_password, hash_password
from lesionscope.store.record import must_change_password
from lesionscope.store.refusals import NotInRecord
from lesionscope.store.tables import Row, accounts, sessions


class PasswordChanges(Accounts):
    """Changes of password of the store."""

    def must_change_password(self, by: Reader) -> bool:
        """Return whether the owner set the person's password, so that another must be chosen.

        Raises
        ------
        NotAllowed
            If the record has no such account, or it is closed.
        """
        with self._reading(by, None) as connection:
            due = select(accounts.c.id).where(accounts.c.id == by.id, must_change_password())
            return connection.execute(due).one_or_none() is not None

    def change_password(self, by: Reader, old: str, new: str) -> None:
        """Choose another password of one's own; every session of the account ends.

        Parameters
        ----------
        by : Reader
            Whose password.
        old : str
            The present one, again.
        new : str
            10 to 128 characters, not one of the names, not the present one.

        Raises
        ------
        SignInRefused
            If `old` is wrong, or there were too many wrong tries.
        ValueError
            If `new` breaks its rule.
        """
        self._require_right(by, None)
        self._prove(by.name, old, refusal="password change refused")
        check_new_password(new, by.name, by.full_name)
        if new == old:
            raise ValueError("the new password must differ from the present one")
        hashed = hash_password(self._hasher, new)
        with self._acting(by, None) as entry:
            append_password(entry, by.id, hashed, temporary=False)
            entry.connection.execute(delete(sessions).where(sessions.c.account_id == by.id))
            entry.conclude("change password", "account", by.id)

    def reset_password(self, by: Reader, account_id: int, new: str) -> None:
        """Set the password of another person, who must change it at the next sign-in.

        Every session of that account ends, and its wrong tries are forgotten.

        Parameters
        ----------
        by : Reader
            Who acts.
        account_id : int
            Whose password.
        new : str
            10 to 128 characters, not one of the person's names.

        Raises
        ------
        NotAllowed
            If `by` may not manage accounts.
        NotInRecord
            If there is no such account.
        ValueError
            If it is one's own account, or `new` breaks its rule.
        """
        person = self._other_account(by, account_id, "reset your own password: change it")
        check_new_password(new, person["name"], person["full_name"])
        hashed = hash_password(self._hasher, new)
        with self._acting(by, Act.MANAGE_ACCOUNTS) as entry:
            append_password(entry, account_id, hashed, temporary=True)
            entry.connection.execute(delete(sessions).where(sessions.c.account_id == account_id))
            forget_tries(entry.connection, person["name"])
            entry.conclude("reset password", "account", account_id, name=person["name"])

    def _other_account(self, by: Reader, account_id: int, what: str) -> Row:
        """Return the account of somebody else, refusing one's own with what cannot be done."""
        with self._reading(by, Act.MANAGE_ACCOUNTS) as connection:
            found = select(accounts).where(accounts.c.id == account_id)
            row = connection.execute(found).mappings().one_or_none()
        if row is None:
            raise NotInRecord(f"there is no account {account_id} in the record")
        if account_id == by.id:
            raise ValueError(f"you cannot {what}")
        return dict(row)
