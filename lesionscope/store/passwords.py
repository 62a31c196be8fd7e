"""Passwords: the rule for a new one, and the comparison that takes as long for no account.

References
----------
RFC 9106 (Argon2), recommended option for constrained memory: 64 MiB, 3 passes.
NIST SP 800-63B section 5.1.1: length matters, rules of composition do not.
"""

from __future__ import annotations

import base64
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10
"""Characters that a password must have."""
LONGEST = 128
"""Characters that a password may have; more would only cost time."""


def standard_hasher() -> PasswordHasher:
    """Return argon2id at the cost for real accounts: about 0.2 s and 64 MiB a check."""
    return PasswordHasher(time_cost=3, memory_cost=65536, parallelism=1)


def check_new_password(password: str, *names: str) -> None:
    """Refuse a password that is too short, too long, or the person's name.

    Raises
    ------
    ValueError
        With the rule that it breaks.
    """
    length = len(_normal(password))
    if not SHORTEST <= length <= LONGEST:
        raise ValueError(
            f"a password must have {SHORTEST} to {LONGEST} characters, got {length}; "
            "several words with spaces are easy to remember"
        )
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in password):
        raise ValueError("a password must be made of characters that can be typed")
    if _normal(password).casefold() in {_normal(name).casefold() for name in names}:
        raise ValueError("a password must not be the name of the account or of the person")


def hash_password(hasher: PasswordHasher, password: str) -> str:
    """Return the argon2id hash of a password, with its salt and cost."""
    return hasher.hash(_normal(password))


def password_matches(hasher: PasswordHasher, stored: str | None, password: str) -> bool:
    """Compare a password with a stored hash.

    Parameters
    ----------
    hasher : PasswordHasher
        Cost for names without an account.
    stored : str or None
        Hash of the account; None when there is none, which takes as long and never matches.
    password : str
        As typed.

    Returns
    -------
    bool
    """
    # One character over the limit never matches, and a huge text does not cost more.
    typed = _normal(password[: 2 * LONGEST])[: LONGEST + 1]
    try:
        # Half a surrogate pair is no text; its bytes match no password that was accepted.
        secret = typed.encode("utf-8", "surrogatepass")
        return hasher.verify(stored or _nobody(hasher), secret) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def _normal(password: str) -> str:
    # The same accented letter may be typed as one code point or as two.
    return unicodedata.normalize("NFC", password)


def _nobody(hasher: PasswordHasher) -> str:
    """Make up a hash of this cost that no known password has."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(n)).decode().rstrip("=")
        for n in (hasher.salt_len, hasher.hash_len)
    )
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${digest}"
