"""How to sign in to the demo, and how far its seeding has come: two small files, quickly read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from lesionscope.places import data_home

ACCOUNT = "demo"
"""Name of the demo's account."""
_NOTE = "demo.json"
_SIGN_IN = "demo-sign-in.txt"


@dataclass(frozen=True)
class DemoAccess:
    """How to sign in to the demo.

    Attributes
    ----------
    name : str
        Name of the account.
    password : str or None
        Known only when the account has just been made; the record keeps a hash.
    note : Path or None
        File of this machine's user alone that still holds the password, until it is deleted.
    """

    name: str
    password: str | None
    note: Path | None = None


def how_to_sign_in(access: DemoAccess) -> str:
    """Say name and password, or where the password is.

    Examples
    --------
    >>> how_to_sign_in(DemoAccess("demo", None))
    'the name demo and the password that you were shown when the demo was made'
    """
    if access.password is not None:
        how = f"the password {access.password} (kept in {access.note})"
    elif access.note is not None:
        how = f"the password in {access.note}"
    else:
        how = "the password that you were shown when the demo was made"
    return f"the name {access.name} and {how}"


def finished_demo(home: Path | None = None) -> DemoAccess | None:
    """Return the access of a demo that was seeded to the end, without opening the record."""
    home = (home or data_home()).expanduser().resolve()
    return known_access(home) if was_begun(home) and is_finished(home) else None


def known_access(home: Path) -> DemoAccess:
    """Return what is still known of the access to a demo made earlier."""
    kept = home / _SIGN_IN
    return DemoAccess(ACCOUNT, None, kept if kept.exists() else None)


def keep_sign_in(home: Path, password: str) -> Path:
    """Keep the demo's sign-in where only this machine's user reads it, for tomorrow.

    It opens rendered patients; whoever puts real ones beside them deletes the file.
    """
    file = home / _SIGN_IN
    file.touch(mode=0o600, exist_ok=True)
    file.write_text(
        f"name      {ACCOUNT}\npassword  {password}\n\n"
        "Delete this file before real patients enter this record.\n"
    )
    return file


def note_progress(home: Path, *, finished: bool) -> None:
    """Keep how far the demo has come; whole or not at all."""
    fresh = home / f"{_NOTE}.new"
    fresh.write_text(json.dumps({"account": ACCOUNT, "finished": finished}) + "\n")
    fresh.replace(home / _NOTE)


def was_begun(home: Path) -> bool:
    """Return whether a demo was ever begun in this folder."""
    return (home / _NOTE).exists()


def is_finished(home: Path) -> bool:
    """Return whether the demo of this folder was seeded to the end."""
    return bool(json.loads((home / _NOTE).read_text())["finished"])
