"""Short codes for the questions of the instruments, as CDISC tables need them: this project's own.

CDISC has published no controlled terminology and no questionnaire supplement of the CDASI that this
project could find. A sponsor who has codes of its own maps these to them; each is said in words
beside it, and in the codebook.

References
----------
CDISC SDTM Implementation Guide 3.4: --TESTCD has at most 8 letters, digits or underscores and
begins with a letter, --TEST at most 40 characters, one for each code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lesionscope.core.cdasi import CDASI, Part
from lesionscope.core.cdasi_form import ITEMS, FormItem
from lesionscope.core.form import StoredForm
from lesionscope.core.sites import FACTS, Site

NO_TERMINOLOGY = (
    "No official CDISC controlled terminology or questionnaire supplement of the CDASI exists to "
    "this project's knowledge: the test codes are this project's own."
)
_LONGEST_TEST = 40
_HANDS_ROW = 16
"""Number given to Gottron's on the hands, which the form has after its fifteen rows."""


@dataclass(frozen=True)
class TestCode:
    """A question by its code.

    Attributes
    ----------
    code : str
        At most 8 characters.
    test : str
        At most 40 characters, one for each code.
    """

    __test__ = False  # not for pytest

    code: str
    test: str


def cdasi_code(item: FormItem) -> TestCode:
    """Return the code of a field of the CDASI: row of the form, and the item.

    Examples
    --------
    >>> cdasi_code(ITEMS[0])
    TestCode(code='CD01ERY', test='CDASI 01 Erythema')
    """
    if item.site is None:
        return TestCode(f"CD00{item.key[:3].upper()}", f"CDASI {item.label}"[:_LONGEST_TEST])
    row = _HANDS_ROW if item.site is Site.GOTTRON_HANDS else FACTS[item.site].cdasi_number
    name = item.key.split(".")[1]
    label = item.label.replace("Gottron's, hands: ", "Gottron's ")
    return TestCode(f"CD{row:02d}{name[:3].upper()}", f"CDASI {row:02d} {label}"[:_LONGEST_TEST])


def cdasi_total_code(part: Part) -> TestCode:
    """Return the code of a total of the CDASI."""
    return TestCode(f"CDTOT{part.value[:3].upper()}", f"CDASI {part.value} score")


SIGNED_BSA = TestCode("BSASIGN", "Involved body surface area, signed")
"""The body surface that was signed with a reading."""


def form_codes(forms: tuple[StoredForm, ...]) -> Mapping[tuple[str, str], TestCode]:
    """Return the codes of the questions and totals of signed forms.

    Parameters
    ----------
    forms : tuple of StoredForm
        All of an export: instruments with like names get different codes.

    Returns
    -------
    mapping of (str, str) to TestCode
        By instrument and key of the field, or of the score after ``total.``.
    """
    prefixes: dict[str, str] = {}
    found: dict[tuple[str, str], TestCode] = {}
    for form in forms:
        prefix = prefixes.setdefault(form.instrument_id, _prefix(form.instrument_id, prefixes))
        for number, (key, asked) in enumerate(form.asked.items(), 1):
            words = f"{prefix} {number:02d} {asked.label}"[:_LONGEST_TEST]
            found.setdefault((form.instrument_id, key), TestCode(f"{prefix}{number:03d}", words))
        for number, (key, total) in enumerate(form.totals.items(), 1):
            words = f"{prefix} T{number:02d} {total.label}"[:_LONGEST_TEST]
            name = (form.instrument_id, f"total.{key}")
            found.setdefault(name, TestCode(f"{prefix}T{number:02d}", words))
    return found


def _prefix(instrument: str, taken: Mapping[str, str]) -> str:
    letters = "".join(c for c in instrument.upper() if c.isascii() and c.isalpha()) or "FORM"
    prefix, number = letters[:4], 1
    while prefix in taken.values():
        prefix, number = f"{letters[:3]}{number}", number + 1
    return prefix


def cdasi_codes() -> Mapping[str, TestCode]:
    """Return the code of every field of the CDASI by its key."""
    named = {item.key: item for item in ITEMS}
    return {field.key: cdasi_code(named[field.key]) for field in CDASI.fields}
