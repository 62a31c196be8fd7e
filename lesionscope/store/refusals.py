"""What the record refuses, each with a sentence that a person can act on."""

# ruff: noqa: N818 - a refusal is named by what it says, not by being an error.

from __future__ import annotations


class NotAllowed(PermissionError):
    """The role of the person does not include the act."""


class SignInRefused(ValueError):
    """The name and password do not match, or there were too many wrong tries."""


class AlreadyThere(ValueError):
    """What was to be added is in the record already."""


class NotInRecord(LookupError):
    """The record holds nothing with this number."""


class RecordBusy(RuntimeError):
    """Another writer held the record for too long; nothing was saved."""


class RecordUnreachable(RecordBusy):
    """The database server does not answer."""


class RecordTooNew(RuntimeError):
    """A newer LesionScope wrote this record."""


class PhotoDamaged(RuntimeError):
    """A file of the vault is missing or is not what was put in."""


class BackupDamaged(RuntimeError):
    """The file is no backup, or not a whole one."""
