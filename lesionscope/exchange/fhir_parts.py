"""The pieces of HL7 FHIR R4 that an export of this project is made of.

No official code of the CDASI, or of the involved body surface area in percent, was found in LOINC
or SNOMED CT: the codes are this project's own, and every one is said in words beside it.

References
----------
HL7 FHIR Release 4 (4.0.1): Observation, Provenance, DocumentReference, Device, Bundle.
RFC 6920: naming things with hashes. ASTM E1762-95: types of signatures. UCUM: units.
"""

from __future__ import annotations

import base64
import uuid
from typing import Any

Resource = dict[str, Any]
"""A FHIR resource or datatype as plain JSON."""

CODES = "urn:x-lesionscope:codes"
"""System of this project's own codes."""
PSEUDONYMS = "urn:x-lesionscope:pseudonym"
_UCUM = "http://unitsofmeasure.org"
_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
_ASTM = "urn:iso-astm:E1762-95:2013"
_PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"

# Made once for this project: the same row of the same study has the same id in every export.
_NAMESPACE = uuid.UUID("6a2b9d0e-7b5a-4d57-9a35-2f0f2a9b8c11")

SIGNATURES: dict[str, tuple[str, str]] = {
    "authorship": ("1.2.840.10065.1.12.1.1", "Author's Signature"),
    "review": ("1.2.840.10065.1.12.1.13", "Review Signature"),
    "approval": ("1.2.840.10065.1.12.1.5", "Verification Signature"),
}
"""Meaning of a signature to its type after ASTM E1762."""


def urn_of(*names: object) -> str:
    """Return the address of a resource in the bundle, the same in every export.

    Examples
    --------
    >>> urn_of("study", "Patient", 1) == urn_of("study", "Patient", 1)
    True
    """
    return f"urn:uuid:{uuid.uuid5(_NAMESPACE, '/'.join(map(str, names)))}"


def hash_name(sha256: str) -> Resource:
    """Name a file or document by its hash (RFC 6920)."""
    digest = base64.urlsafe_b64encode(bytes.fromhex(sha256)).rstrip(b"=").decode()
    return {"system": "urn:ietf:rfc:3986", "value": f"ni:///sha-256;{digest}"}


def concept(code: str, text: str) -> Resource:
    """Return one of this project's own codes, said in words."""
    return {"coding": [{"system": CODES, "code": code, "display": text}], "text": text}


def quantity(value: float, unit: str) -> Resource:
    """Return a number with its UCUM unit."""
    return {"value": value, "unit": unit, "system": _UCUM, "code": unit}


def valued(value: float | None, unit: str, absent: str = "not measurable") -> Resource:
    """Return a value, or that and why there is none: a gap is never a zero."""
    if value is not None:
        return {"valueQuantity": quantity(value, unit)}
    coding = {"system": _ABSENT, "code": "unknown", "display": "Unknown"}
    return {"dataAbsentReason": {"coding": [coding], "text": absent}}


def category(code: str) -> list[Resource]:
    """Return the category of an observation, such as ``"survey"``."""
    return [{"coding": [{"system": _CATEGORY, "code": code}]}]


def refer(address: str) -> Resource:
    """Refer to another resource of the bundle."""
    return {"reference": address}


def signature(meaning: str, when: str, who: str) -> Resource:
    """Return who signed, when, and what it stands for; the signed content is named by hash."""
    code, display = SIGNATURES[meaning]
    coding = {"system": _ASTM, "code": code, "display": display}
    return {"type": [coding], "when": when, "who": refer(who)}


def agent(role: str, who: str) -> Resource:
    """Return who took part, such as ``"author"`` or ``"verifier"``."""
    return {"type": {"coding": [{"system": _PARTICIPANT, "code": role}]}, "who": refer(who)}
