"""What the way a photo was taken forbids to say of the skin in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lesionscope.core.measurement import Item
from lesionscope.core.photo import CaptureFinding, Severity

_FINE = (Item.SCALE, Item.EROSION)
_ALL = tuple(Item)
# Code of a finding: from which severity on, what it hides even in a lesion that was outlined, and
# why. Where nothing was found each of them hides everything: a lesion need not have been seen.
_HIDING: dict[str, tuple[tuple[Severity, ...], tuple[Item, ...], str]] = {
    "nearly_black": ((Severity.SERIOUS,), _ALL, "the photo is nearly black"),
    "blown_out": ((Severity.SERIOUS,), _ALL, "the photo is blown out"),
    "no_skin": ((Severity.SERIOUS,), _ALL, "no skin was found"),
    "greyscale": ((Severity.SERIOUS,), (Item.ERYTHEMA,), "the photo has no colour"),
    "overexposed": ((Severity.SERIOUS,), _ALL, "the skin is overexposed"),
    "underexposed": ((Severity.WARNING, Severity.SERIOUS), (), "the skin is underexposed"),
    "blur": ((Severity.SERIOUS,), _FINE, "the photo is blurred"),
    "low_resolution": (
        (Severity.WARNING, Severity.SERIOUS),
        _FINE,
        "the photo shows too little detail",
    ),
    "cast_suspected": ((Severity.SERIOUS,), (), "the colours of the photo are shifted"),
    "no_reference": (
        (Severity.WARNING,),
        (),
        "skin fills the frame, with nothing to compare it with",
    ),
}
_BLIND = ("nearly_black", "blown_out", "no_skin", "greyscale")


@dataclass(frozen=True)
class CaptureLimits:
    """What cannot be told from a photo, and why.

    Attributes
    ----------
    nothing_found : str
        Why finding no lesion is no level 0; empty where it is.
    items : tuple of (Item, str)
        Items that cannot be told even of an outlined lesion, each with its reason.
    blind : bool
        Whether no lesion could have been found at all, so that no area is zero.
    """

    nothing_found: str = ""
    items: tuple[tuple[Item, str], ...] = ()
    blind: bool = False

    def reason(self, item: Item) -> str:
        """Return why an item cannot be told of an outlined lesion; empty where it can."""
        return dict(self.items).get(item, "")


def limits_of(findings: Iterable[CaptureFinding]) -> CaptureLimits:
    """Return what the findings of a photo forbid to suggest.

    Parameters
    ----------
    findings : iterable of CaptureFinding
        All findings of the photo.

    Returns
    -------
    CaptureLimits

    Examples
    --------
    >>> dark = CaptureFinding("nearly_black", Severity.SERIOUS, "It is nearly black.", "")
    >>> limits_of([dark]).nothing_found
    'the photo is nearly black'
    """
    told = [
        finding.code
        for finding in findings
        if finding.code in _HIDING and finding.severity in _HIDING[finding.code][0]
    ]
    hidden: dict[Item, str] = {}
    for code in told:
        for item in _HIDING[code][1]:
            hidden.setdefault(item, _HIDING[code][2])
    return CaptureLimits(
        nothing_found=_HIDING[told[0]][2] if told else "",
        items=tuple(hidden.items()),
        blind=any(code in _BLIND for code in told),
    )
