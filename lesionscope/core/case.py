"""A case of a read campaign: what is asked of its photos, and the scores that a reader locked.

Only what a photo can show is asked: items that need palpation, magnification or the patient's
word are left out, so the points of a case are never a CDASI total.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from lesionscope.core.campaign import Standing
from lesionscope.core.cdasi import NOT_ASSESSABLE, Answer, FormItem, Part, check_answers, items_of
from lesionscope.core.field import FromPhoto
from lesionscope.core.sites import Site


class Pane(StrEnum):
    """Which of the visits of a case is meant."""

    VISIT = "visit"
    BASELINE = "baseline"


class CaseState(StrEnum):
    """How far a case is, for the person who reads it."""

    WAITING = "waiting"
    """An earlier time point of the series must be locked first."""
    OPEN = "open"
    STARTED = "started"
    LOCKED = "locked"
    UNLOCK_ASKED = "unlock asked for"
    UNLOCKED = "unlocked"
    """A second person has unlocked it: it can be signed anew, with a reason."""
    PAUSED = "paused"
    """Not locked, and cannot be: the campaign rests."""
    CLOSED = "not read"
    """Never to be locked: the campaign was closed early."""


def case_items(sites: Iterable[Site]) -> tuple[FormItem, ...]:
    """Return the activity items of some sites that a photo can show, in the order of the form.

    Parameters
    ----------
    sites : iterable of Site
        Sites without a row on the form have no item.

    Returns
    -------
    tuple of FormItem

    Examples
    --------
    >>> [item.key for item in case_items([Site.GOTTRON_HANDS])]
    ['gottron_hands.erythema', 'gottron_hands.ulceration']
    """
    wanted = set(sites)
    return tuple(
        item
        for item in items_of(Part.ACTIVITY)
        if item.site in wanted and item.from_photo is not FromPhoto.NEVER
    )


@dataclass(frozen=True)
class Scores:
    """What one reader says of one visit of a case.

    Attributes
    ----------
    answers : mapping of str to int or str
        CDASI field key to level or "not assessable".
    bsa_percent : float or None
        Involved body surface area seen in the photos, percent; None where it was not asked or
        not assessable.
    """

    answers: Mapping[str, Answer] = field(default_factory=dict)
    bsa_percent: float | None = None

    def __post_init__(self) -> None:
        check_answers(self.answers)
        if self.bsa_percent is not None and not 0 <= self.bsa_percent <= 100:
            raise ValueError(f"a body surface is 0 to 100 %, got {self.bsa_percent}")

    @property
    def points(self) -> int | None:
        """Activity points of the sites read; None while an item has no level.

        Not a CDASI total: whether papules double the hands' activity cannot be seen.
        """
        if not self.answers or NOT_ASSESSABLE in self.answers.values():
            return None
        return sum(int(level) for level in self.answers.values())


@dataclass(frozen=True, eq=False)
class CaseRead:
    """The locked scores of one reader on one case.

    Attributes
    ----------
    id, slot_id, case_id, reader_id : int
        Rows in the record.
    reader_name : str
        Full name under the signature.
    signed_at : datetime
        UTC.
    scores : mapping of Pane to Scores
        By visit of the case.
    repeat : bool
        Whether it was the hidden second showing of the case.
    settles : bool
        Whether a third reader settled the case by it.
    chosen : int or None
        The read that the third reader chose; None where they scored anew.
    suggestion_seen : bool
        Whether the machine's suggestion had been shown before.
    note, reason : str
        The reader's remark, and why an unlocked read was signed anew or a case settled so.
    supersedes : int or None
        The read that it replaces.
    content_sha256 : str
        Hash of what was signed.
    """

    id: int
    slot_id: int
    case_id: int
    reader_id: int
    reader_name: str
    signed_at: datetime
    scores: Mapping[Pane, Scores]
    repeat: bool
    settles: bool
    chosen: int | None
    suggestion_seen: bool
    note: str
    reason: str
    supersedes: int | None
    content_sha256: str


@dataclass(frozen=True)
class BlindPhoto:
    """A photo as a blinded reader is told of it.

    Attributes
    ----------
    number : int
        From 1 within the case; names the photo in an address.
    pane : str
        ``"A"``, ``"B"`` or ``"Time point 1"``; empty where a case shows one visit.
    location : str
        Label of the body site; empty where it is withheld.
    """

    number: int
    pane: str
    location: str


@dataclass(frozen=True)
class BlindLine:
    """One line of a reader's own list.

    Attributes
    ----------
    code : str
        Opaque name of the case for this reader alone.
    campaign : str
        Opaque name of the campaign.
    state : CaseState
        How far it is.
    place, of : int
        Where the case stands in the reader's own order.
    settles : bool
        Whether it is a discordant case to be settled.
    days_left : int or None
        Until the campaign is due; negative when it is late.
    replies : int
        Answers of the study team to the reader's questions about this case.
    standing : Standing
        Whether the campaign is read.
    why : str
        Why it is paused or was closed early; empty while it is read.
    """

    code: str
    campaign: str
    state: CaseState
    place: int
    of: int
    settles: bool
    days_left: int | None
    replies: int
    standing: Standing = Standing.RUNNING
    why: str = ""


@dataclass(frozen=True, eq=False)
class BlindCase:
    """All that a blinded reader may know of a case.

    Attributes
    ----------
    line : BlindLine
        Code, state and place.
    design : str
        How the campaign shows visits.
    photos : tuple of BlindPhoto
        What there is to see.
    panes : tuple of str
        Sides to be scored: ``("",)``, or ``("A", "B")`` for pairs.
    items : tuple of FormItem
        What is asked of each side.
    ask_bsa : bool
        Whether the body surface is asked.
    hide_location : bool
        Whether labels must not name the site.
    draft : mapping
        What the reader has put down and not signed.
    read : mapping of str to Scores or None
        The reader's own locked scores by pane; None before.
    suggestion : mapping of str to Scores or None
        The machine's, by pane; None while it is withheld or was never made.
    point : str
        Which time point of a series is scored, as its photos name it; empty where a case stands
        alone.
    others : tuple of mapping
        For the third reader: the two reads, unnamed, each pane to scores.
    """

    line: BlindLine
    design: str
    photos: tuple[BlindPhoto, ...]
    panes: tuple[str, ...]
    items: tuple[FormItem, ...]
    ask_bsa: bool
    hide_location: bool
    draft: Mapping[str, object]
    read: Mapping[str, Scores] | None
    suggestion: Mapping[str, Scores] | None
    point: str = ""
    others: tuple[Mapping[str, Scores], ...] = ()
