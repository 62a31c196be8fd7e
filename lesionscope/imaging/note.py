"""What imaging has to say about a photo, in words and with the number behind them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """One thing about a photo that a reader should know.

    Attributes
    ----------
    code : str
        Stable identifier such as ``"blur"``.
    severity : str
        ``"info"``, ``"warning"`` or ``"serious"``.
    message : str
        What was seen and what it does to the measurement.
    advice : str
        How to retake; empty when there is nothing to do.
    value : float or None
        The number behind the note.
    unit : str
        Unit of `value`.
    """

    code: str
    severity: str
    message: str
    advice: str = ""
    value: float | None = None
    unit: str = ""


def percent(share: float) -> float:
    """Return a share in percent, to a tenth.

    Examples
    --------
    >>> percent(0.12345)
    12.3
    """
    return round(100 * share, 1)
