"""A campaign as it lies in the record: its cases, who was dealt which, and how far each is.

Everything that a campaign's pages ask follows from the rows gathered here: the state of a case is
never written down, so it cannot disagree with what was signed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from lesionscope.core.campaign import CampaignPlan, ReadDesign, Standing, StandingChange
from lesionscope.core.case import BlindLine, BlindPhoto, CaseRead, CaseState, Pane
from lesionscope.core.read_order import draw
from lesionscope.core.sites import FACTS, Side, Site
from lesionscope.scoring.discordance import Discordance, discordances


class UnlockStep(StrEnum):
    """What became of a locked read that its reader wants to sign anew."""

    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"


@dataclass(frozen=True)
class Campaign:
    """A campaign that was started.

    Attributes
    ----------
    id : int
        Row in the record.
    code : str
        What readers know it by.
    plan : CampaignPlan
        What was declared.
    started_at : datetime
        UTC.
    started_by : str
        Full name.
    content_sha256 : str
        Hash of the declaration.
    changes : tuple of StandingChange
        Pauses, resumptions and the early end, the oldest first.
    """

    id: int
    code: str
    plan: CampaignPlan
    started_at: datetime
    started_by: str
    content_sha256: str
    changes: tuple[StandingChange, ...] = ()

    @property
    def standing(self) -> Standing:
        """Return whether the campaign is read now."""
        return self.changes[-1].standing if self.changes else Standing.RUNNING

    @property
    def why(self) -> str:
        """Return why it is not read now; empty while it is."""
        return "" if self.standing is Standing.RUNNING else self.changes[-1].words

    def read_by(self, account_id: int) -> bool:
        """Return whether this person is one of the readers or the third."""
        return account_id in (*self.plan.readers, self.plan.third_reader)


@dataclass(frozen=True)
class CasePhoto:
    """A photo of a case, by its rows.

    Attributes
    ----------
    photo_id : int
        Which photo.
    measurement_id : int or None
        Its newest measurement when the campaign started.
    site : Site
        Site it was assigned to then.
    side : Side
        Side of the body.
    """

    photo_id: int
    measurement_id: int | None
    site: Site
    side: Side


@dataclass(frozen=True)
class Case:
    """One case of a campaign, with all that readers must not know.

    Attributes
    ----------
    id, number : int
        Row, and number within the campaign.
    sites : tuple of Site
        Sites that are scored.
    visits : mapping of Pane to int
        Rows of the visits.
    photos : mapping of Pane to tuple of CasePhoto
        What is shown of each.
    series : str
        Names the time points that belong together; empty where each case stands alone.
    point : int
        Place in the series, from 1.
    """

    id: int
    number: int
    sites: tuple[Site, ...]
    visits: Mapping[Pane, int]
    photos: Mapping[Pane, tuple[CasePhoto, ...]]
    series: str
    point: int


@dataclass(frozen=True)
class Slot:
    """One showing of a case to one reader.

    Attributes
    ----------
    id, case_id, account_id, place : int
        Rows, and place in the reader's order.
    code : str
        What the reader knows it by.
    repeat, settles, swapped : bool
        Hidden second showing; for the third reader; sides exchanged.
    """

    id: int
    case_id: int
    account_id: int
    place: int
    code: str
    repeat: bool
    settles: bool
    swapped: bool


@dataclass(frozen=True, eq=False)
class Binder:
    """Everything of one campaign.

    Attributes
    ----------
    campaign : Campaign
        What was declared.
    cases : mapping of int to Case
        By row.
    slots : tuple of Slot
        By reader and place.
    reads : mapping of int to CaseRead
        The read that counts, by slot.
    drafts : mapping of int to mapping
        Newest unsigned draft, by slot.
    unlocks : mapping of int to UnlockStep
        Newest step, by read.
    replies : mapping of int to int
        Queries answered by the study team, by slot.
    """

    campaign: Campaign
    cases: Mapping[int, Case]
    slots: tuple[Slot, ...]
    reads: Mapping[int, CaseRead]
    drafts: Mapping[int, Mapping[str, Any]]
    unlocks: Mapping[int, UnlockStep]
    replies: Mapping[int, int]

    def state(self, slot: Slot) -> CaseState:
        """Return how far a showing is for its reader."""
        found, standing = self.progress(slot), self.campaign.standing
        if standing is Standing.RUNNING or found in (CaseState.LOCKED, CaseState.UNLOCK_ASKED):
            return found
        return CaseState.PAUSED if standing is Standing.PAUSED else CaseState.CLOSED

    def progress(self, slot: Slot) -> CaseState:
        """Return how far a showing is, whether the campaign is paused or not."""
        read = self.reads.get(slot.id)
        if read is not None:
            step = self._unlock(read)
            if step is UnlockStep.GRANTED:
                return CaseState.UNLOCKED
            return CaseState.UNLOCK_ASKED if step is UnlockStep.ASKED else CaseState.LOCKED
        if not self._may_begin(slot):
            return CaseState.WAITING
        return CaseState.STARTED if slot.id in self.drafts else CaseState.OPEN

    def line(self, slot: Slot, today: date) -> BlindLine:
        """Return what the reader's own list says of a showing."""
        mine = self.list_of(slot.account_id, settles=slot.settles)
        campaign = self.campaign
        # Nothing of a closed campaign is ever due.
        due = None if campaign.standing is Standing.CLOSED else campaign.plan.due
        return BlindLine(
            slot.code,
            campaign.code,
            self.state(slot),
            mine.index(slot) + 1,
            len(mine),
            slot.settles,
            None if due is None else (due - today).days,
            self.replies.get(slot.id, 0),
            campaign.standing,
            campaign.why,
        )

    def list_of(self, account_id: int, *, settles: bool) -> list[Slot]:
        """Return a reader's own showings in their order; settled or still discordant ones only."""
        mine = [s for s in self.slots if s.account_id == account_id and s.settles is settles]
        return [s for s in mine if not settles or s.id in self.reads or self.differ(s.case_id)]

    def first_reads(self, case_id: int) -> tuple[CaseRead, ...]:
        """Return the reads that are compared: first showings, in the order of the readers."""
        found = {
            slot.account_id: self.reads[slot.id]
            for slot in self.slots
            if slot.case_id == case_id
            and slot.id in self.reads
            and not (slot.repeat or slot.settles)
        }
        return tuple(found[one] for one in self.campaign.plan.readers if one in found)

    def differ(self, case_id: int) -> tuple[Discordance, ...]:
        """Return what two locked reads of a case differ in; nothing before both are locked."""
        pair = self.first_reads(case_id)
        if len(pair) < 2 or any(self._is_open(read) for read in pair):
            return ()
        return discordances(self.campaign.plan, pair[0].scores, pair[1].scores)

    def complete(self) -> int:
        """Return how many cases both readers have locked."""
        return sum(len(self.first_reads(case_id)) == 2 for case_id in self.cases)

    def left(self) -> int:
        """Return how many reads and settlements are still to be signed."""
        reads = sum(slot.id not in self.reads for slot in self.slots if not slot.settles)
        unlocked = sum(self._is_open(read) for read in self.reads.values())
        discordant = [case_id for case_id in self.cases if self.differ(case_id)]
        return reads + unlocked + sum(self.settlement(case_id) is None for case_id in discordant)

    def settlement(self, case_id: int) -> CaseRead | None:
        """Return the read of the third reader that settled a case."""
        return next(
            (
                self.reads[slot.id]
                for slot in self.slots
                if slot.case_id == case_id and slot.settles and slot.id in self.reads
            ),
            None,
        )

    def unnamed(self, case_id: int) -> tuple[CaseRead, ...]:
        """Return the two reads in an order that says nothing of who read."""
        seed = self.campaign.plan.seed
        return tuple(
            sorted(
                self.first_reads(case_id), key=lambda r: draw(seed, "unnamed", case_id, r.reader_id)
            )
        )

    def panes(self, slot: Slot) -> dict[str, Pane]:
        """Return what the sides that a reader scores stand for."""
        if self.campaign.plan.design is not ReadDesign.PAIRED:
            return {"": Pane.VISIT}
        shown = (Pane.VISIT, Pane.BASELINE)
        return dict(zip("AB", shown[::-1] if slot.swapped else shown, strict=True))

    def point(self, slot: Slot) -> str:
        """Return how the photos name the time point that is scored; empty outside of a series."""
        case = self.cases[slot.case_id]
        return f"Time point {case.point}" if case.series else ""

    def photos(self, slot: Slot) -> list[tuple[BlindPhoto, CasePhoto]]:
        """Return the photos of a showing as the reader is told of them, and what they are."""
        case = self.cases[slot.case_id]
        if case.series:
            series = [c for c in self.cases.values() if c.series == case.series]
            series = sorted((c for c in series if c.point <= case.point), key=lambda c: c.point)
            named = [(f"Time point {c.point}", c.photos[Pane.VISIT]) for c in series]
        else:
            named = [(name, case.photos[pane]) for name, pane in self.panes(slot).items()]
        listed = [(name, photo) for name, photos in named for photo in photos]
        hidden = self.campaign.plan.hide_location
        return [
            (BlindPhoto(number, name, "" if hidden else FACTS[photo.site].label), photo)
            for number, (name, photo) in enumerate(listed, start=1)
        ]

    def _is_open(self, read: CaseRead) -> bool:
        return self._unlock(read) is UnlockStep.GRANTED

    def _unlock(self, read: CaseRead) -> UnlockStep | None:
        # What was unlocked and not signed anew when a campaign was closed stands as it was locked.
        closed = self.campaign.standing is Standing.CLOSED
        return None if closed else self.unlocks.get(read.id)

    def _may_begin(self, slot: Slot) -> bool:
        if slot.settles:
            return bool(self.differ(slot.case_id))
        case = self.cases[slot.case_id]
        earlier = [
            other
            for other in self.slots
            if other.account_id == slot.account_id
            and (other.repeat, other.settles) == (slot.repeat, False)
            and case.series
            and self.cases[other.case_id].series == case.series
            and self.cases[other.case_id].point < case.point
        ]
        return all(other.id in self.reads for other in earlier)
