"""Patients, visits, and the people who photograph, read and settle."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

PSEUDONYM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
"""What a pseudonym may look like: no spaces, no name, no date of birth."""


class Role(StrEnum):
    """What a person may do in a study."""

    OWNER = "owner"
    PHOTOGRAPHER = "photographer"
    CLINICIAN = "clinician"
    ADJUDICATOR = "adjudicator"
    MONITOR = "monitor"
    DATA_MANAGER = "data manager"


class Act(StrEnum):
    """An act on the record that a role is allowed or refused."""

    READ_RECORD = "read the record"
    MANAGE_ACCOUNTS = "manage accounts"
    ADD_PATIENT = "add a patient or visit"
    RECORD_BODY = "record a patient's body"
    ADD_PHOTO = "add a photo"
    MEASURE = "measure a photo"
    CORRECT_MASK = "correct a mask"
    SIGN_READING = "sign a reading"
    ENTER_FORM = "enter a form"
    SET_PROTOCOL = "set the protocol of the study"
    RECORD_EVENT = "record an event of a patient"
    RELEASE_PHOTO = "release a photo for blinded reading"
    RUN_CAMPAIGN = "run a read campaign"
    READ_CASES = "read blinded cases"
    SETTLE_CASES = "settle discordant cases"
    GRANT_UNLOCK = "unlock what was signed"
    IMPORT = "import into the record"
    EXPORT = "export from the record"
    READ_AUDIT = "read the audit trail"


RIGHTS: dict[Role, frozenset[Act]] = {
    Role.OWNER: frozenset(Act),
    Role.PHOTOGRAPHER: frozenset(
        {
            Act.READ_RECORD,
            Act.ADD_PATIENT,
            Act.RECORD_BODY,
            Act.ADD_PHOTO,
            Act.MEASURE,
            Act.ENTER_FORM,
            Act.RECORD_EVENT,
        }
    ),
    Role.CLINICIAN: frozenset(
        {
            Act.READ_RECORD,
            Act.ADD_PATIENT,
            Act.RECORD_BODY,
            Act.ADD_PHOTO,
            Act.MEASURE,
            Act.CORRECT_MASK,
            Act.SIGN_READING,
            Act.ENTER_FORM,
            Act.RECORD_EVENT,
            Act.RELEASE_PHOTO,
            Act.READ_CASES,
            Act.EXPORT,
        }
    ),
    # An adjudicator sees cases without names, never the record that they were made from.
    Role.ADJUDICATOR: frozenset({Act.READ_CASES, Act.SETTLE_CASES}),
    Role.MONITOR: frozenset({Act.READ_RECORD, Act.READ_AUDIT}),
    Role.DATA_MANAGER: frozenset(
        {
            Act.READ_RECORD,
            Act.ADD_PATIENT,
            Act.RECORD_BODY,
            Act.ENTER_FORM,
            Act.SET_PROTOCOL,
            Act.RECORD_EVENT,
            Act.RELEASE_PHOTO,
            Act.RUN_CAMPAIGN,
            Act.GRANT_UNLOCK,
            Act.IMPORT,
            Act.EXPORT,
            Act.READ_AUDIT,
        }
    ),
}
"""Which role may do what."""


def may(role: Role, act: Act) -> bool:
    """Return whether a role is allowed an act.

    Examples
    --------
    >>> may(Role.MONITOR, Act.SIGN_READING)
    False
    """
    return act in RIGHTS[role]


@dataclass(frozen=True)
class Patient:
    """A patient, known to the software by a pseudonym alone.

    Attributes
    ----------
    id : int
        Row in the record.
    pseudonym : str
        Study identifier without personal data.
    """

    id: int
    pseudonym: str

    def __post_init__(self) -> None:
        if not PSEUDONYM.fullmatch(self.pseudonym):
            raise ValueError(
                "a pseudonym must be 1 to 32 letters, digits, dots, dashes or underscores "
                f"and start with a letter or digit, got {self.pseudonym!r}"
            )


@dataclass(frozen=True)
class Visit:
    """One clinic visit of a patient.

    Attributes
    ----------
    id, patient_id : int
        Rows in the record.
    day : date
        Date of the visit.
    label : str
        Name of the visit, such as ``"Baseline"``.
    """

    id: int
    patient_id: int
    day: date
    label: str


@dataclass(frozen=True)
class Reader:
    """A person with an account.

    Attributes
    ----------
    id : int
        Row in the record.
    name : str
        Name used to sign in.
    full_name : str
        Name as it stands under a signature.
    role : Role
        What the person may do.
    """

    id: int
    name: str
    full_name: str
    role: Role
