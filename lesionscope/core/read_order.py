"""The draws of a read campaign: order, hidden repeats, sides and codes, all from one stored seed.

Each draw is the sha256 of the seed and what is drawn for, so that it can be checked years later
with any language and does not hang on a random generator's version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 signs without those taken for one another; five bits each."""


@dataclass(frozen=True)
class Turn:
    """One showing of a case to one reader.

    Attributes
    ----------
    case : int
        Number of the case.
    repeat : bool
        Whether it is the later of two showings.
    swapped : bool
        Whether the sides A and B are exchanged.
    code : str
        Opaque name of this showing, such as ``"K7Q2-MF3D"``.
    """

    case: int
    repeat: bool
    swapped: bool
    code: str


def draw(seed: int, *of: object) -> int:
    """Draw a number of 256 bits for something.

    Parameters
    ----------
    seed : int
        Of the campaign.
    *of : object
        What is drawn for; written as text.

    Returns
    -------
    int

    Examples
    --------
    >>> draw(1, "order", 2) == draw(1, "order", 2) != draw(1, "order", 3)
    True
    """
    return int(hashlib.sha256("|".join(map(str, (seed, *of))).encode()).hexdigest(), 16)


def opaque_code(seed: int, *of: object) -> str:
    """Return eight letters and digits that say nothing of what they name.

    Examples
    --------
    >>> len(opaque_code(1, "case", 2))
    9
    """
    number = draw(seed, "code", *of)
    letters = [_LETTERS[number >> 5 * place & 31] for place in range(8)]
    return f"{''.join(letters[:4])}-{''.join(letters[4:])}"


def repeated_units(seed: int, units: Sequence[Sequence[int]], wanted: int) -> tuple[int, ...]:
    """Choose which units are shown twice, the same for every reader.

    Parameters
    ----------
    seed : int
        Of the campaign.
    units : sequence of sequence of int
        Cases that stay together: one each, or the time points of a series.
    wanted : int
        Cases to repeat; whole units are taken until there are at least so many.

    Returns
    -------
    tuple of int
        Places in `units`.
    """
    taken: list[int] = []
    cases = 0
    for place in sorted(range(len(units)), key=lambda at: draw(seed, "repeat", *units[at])):
        if cases >= wanted:
            break
        taken.append(place)
        cases += len(units[place])
    return tuple(taken)


def turns(
    seed: int, reader: int, units: Sequence[Sequence[int]], repeated: Sequence[int]
) -> tuple[Turn, ...]:
    """Draw the order in which one reader sees the cases.

    Parameters
    ----------
    seed : int
        Of the campaign.
    reader : int
        Account of the reader: everybody has an order of their own.
    units : sequence of sequence of int
        Cases that stay together, in the order within each.
    repeated : sequence of int
        Places in `units` of those shown twice, see `repeated_units`.

    Returns
    -------
    tuple of Turn
        A repeat stands at least a third of the list away from its first showing, where the
        list has room.
    """
    order = sorted(range(len(units)), key=lambda at: draw(seed, "order", reader, *units[at]))
    apart = max(1, len(units) // 3)
    shown = [(at, False) for at in order]
    for at in repeated:
        first = next(place for place, (unit, _) in enumerate(shown) if unit == at)
        after = [place for place in range(first + apart, len(shown)) if place > first]
        before = list(range(max(0, first - apart)))
        places = [place + 1 for place in after] + before or [len(shown)]
        shown.insert(places[draw(seed, "place", reader, *units[at]) % len(places)], (at, True))
    return tuple(_turns(seed, reader, units, [at for at, _ in shown]))


def _turns(
    seed: int, reader: int, units: Sequence[Sequence[int]], shown: Sequence[int]
) -> list[Turn]:
    seen: set[int] = set()
    drawn: list[Turn] = []
    for at in shown:
        # Whichever copy comes later is the repeat, wherever the draw put it.
        again = at in seen
        seen.add(at)
        for case in units[at]:
            swapped = draw(seed, "side", reader, case, again) % 2 == 1
            drawn.append(Turn(case, again, swapped, opaque_code(seed, reader, case, again)))
    return drawn
