"""Blinded reading: a reader's own cases, by opaque code, read, locked and never overwritten.

Nothing that leaves here names a patient, a visit, a day, a file or another reader. A code that is
somebody else's is answered as one that does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from lesionscope.core.campaign import Asked
from lesionscope.core.case import BlindCase, BlindLine, Pane, Scores, case_items
from lesionscope.core.people import Act, Reader
from lesionscope.imaging.deidentify import stamped
from lesionscope.store.accounts import Accounts
from lesionscope.store.case_binder import Binder, Slot
from lesionscope.store.case_rows import binder_of, slot_of
from lesionscope.store.case_signing import (
    TAKEN_BACK,
    append_read,
    deal_to_third,
    machine_read,
    refuse_closed,
    refuse_draft,
    refuse_waiting,
    view_in_force,
)
from lesionscope.store.chain import canonical_json
from lesionscope.store.refusals import NotInRecord
from lesionscope.store.tables import (
    case_drafts,
    case_slots,
    cases,
)


class Cases(Accounts):
    """Blinded cases of the store."""

    def my_cases(self, by: Reader) -> list[BlindLine]:
        """Return a reader's own cases in their own order, and those that they settle.

        Raises
        ------
        NotAllowed
            If `by` may not read cases.
        """
        with self._reading(by, Act.READ_CASES) as connection:
            lines = []
            for campaign_id in _campaigns_of(connection, by.id):
                binder = binder_of(connection, campaign_id)
                for settles in (False, True):
                    mine = binder.list_of(by.id, settles=settles)
                    lines += [binder.line(slot, self._clock().date()) for slot in mine]
            return lines

    def blind_case(self, by: Reader, code: str) -> BlindCase:
        """Return one of the reader's own cases.

        Parameters
        ----------
        by : Reader
            Who reads.
        code : str
            As in `my_cases`.

        Returns
        -------
        BlindCase

        Raises
        ------
        NotAllowed
            If `by` may not read cases, or not settle them where it is one to settle.
        NotInRecord
            If the reader has no case of this code.
        ValueError
            If an earlier time point must be locked first, or it is not locked and the campaign is
            paused or was closed early.
        """
        with self._reading(by, Act.READ_CASES) as connection:
            binder, slot = slot_of(connection, code, by.id)
            refuse_waiting(binder, slot)
            suggestion = _suggestion(connection, binder, slot)
        self._require_right(by, Act.SETTLE_CASES if slot.settles else Act.READ_CASES)
        read, panes = binder.reads.get(slot.id), binder.panes(slot)
        plan = binder.campaign.plan
        others = binder.unnamed(slot.case_id) if slot.settles else ()
        return BlindCase(
            binder.line(slot, self._clock().date()),
            plan.design.value,
            tuple(blind for blind, _ in binder.photos(slot)),
            tuple(panes),
            case_items(binder.cases[slot.case_id].sites) if Asked.CDASI in plan.asked else (),
            Asked.BSA in plan.asked,
            plan.hide_location,
            binder.drafts.get(slot.id, {}),
            None if read is None else _by_side(panes, read.scores),
            suggestion,
            binder.point(slot),
            tuple(_by_side(panes, other.scores) for other in others),
        )

    def blind_view(self, by: Reader, code: str, number: int) -> bytes:
        """Return a photo of a case as it was released, stamped with the case's code.

        Parameters
        ----------
        by : Reader
            Who reads.
        code : str
            Of the case.
        number : int
            Of the photo within it.

        Returns
        -------
        bytes
            JPEG without metadata but the code.

        Raises
        ------
        NotAllowed
            If `by` may not read cases.
        NotInRecord
            If the reader has no such case, it no such photo, or its release was taken back.
        ValueError
            As in `blind_case`.
        """
        with self._reading(by, Act.READ_CASES) as connection:
            binder, slot = slot_of(connection, code, by.id)
            refuse_waiting(binder, slot)
            shown = {blind.number: photo for blind, photo in binder.photos(slot)}
            if number not in shown:
                raise NotInRecord(f"the case has no photo {number}")
            view = view_in_force(connection, shown[number].photo_id)
        if view is None:
            raise NotInRecord(TAKEN_BACK)
        return stamped(self._vault.read(view), slot.code)

    def save_case_draft(self, by: Reader, code: str, content: Mapping[str, Any]) -> None:
        """Keep what a reader has put down; the same content again, or older, writes nothing.

        Parameters
        ----------
        by : Reader
            Who reads.
        code : str
            Of the case.
        content : mapping
            Plain JSON. A number under ``at`` orders what two tabs tell, whichever arrives first.

        Raises
        ------
        NotAllowed
            If `by` may not read cases.
        NotInRecord
            If the reader has no case of this code.
        ValueError
            If the case is locked, its campaign was closed early, or the content is not plain JSON.
            A pause refuses no draft: what was entered just before must not be lost.
        """
        text = canonical_json(dict(content))
        with self._acting(by, Act.READ_CASES) as entry:
            binder, slot = slot_of(entry.connection, code, by.id)
            refuse_draft(binder, slot)
            kept = binder.drafts.get(slot.id, {})
            if canonical_json(dict(kept)) != text and not _is_older(content, kept):
                entry.append(case_drafts, case_slot_id=slot.id, content=text)
                entry.conclude("save case draft", "case", slot.case_id, code=code)

    def lock_case(
        self,
        by: Reader,
        code: str,
        password: str,
        *,
        scores: Mapping[str, Scores],
        note: str = "",
        reason: str = "",
    ) -> None:
        """Sign the scores of a case; it is locked from then on.

        Parameters
        ----------
        by : Reader
            Who reads.
        code : str
            Of the case.
        password : str
            The reader's own, again.
        scores : mapping of str to Scores
            By side, as in `BlindCase.panes`; every item answered. A body surface of None says
            that it is not assessable.
        note : str
            A remark.
        reason : str
            Why an unlocked case is signed anew.

        Raises
        ------
        NotAllowed
            If `by` may not read cases.
        SignInRefused
            If the password is wrong, or there were too many wrong tries.
        NotInRecord
            If the reader has no case of this code.
        ValueError
            If it is locked or to be settled, an item is blank, a photo was taken back, an unlocked
            case has no reason, or the campaign is paused or was closed early.
        """
        with self._reading(by, Act.READ_CASES) as connection:
            refuse_closed(*slot_of(connection, code, by.id))
        self._prove(by.name, password, refusal="signing refused", case=code)
        with self._acting(by, Act.READ_CASES) as entry:
            binder, slot = slot_of(entry.connection, code, by.id)
            if slot.settles:
                raise ValueError("a discordant case is settled, not read")
            said = {"note": note.strip(), "reason": reason.strip(), "chosen": None}
            signed = append_read(entry, by, (binder, slot), scores, said)
            deal_to_third(entry, slot)
            entry.conclude("lock case", "case read", **signed)


def _is_older(content: Mapping[str, Any], kept: Mapping[str, Any]) -> bool:
    times = content.get("at"), kept.get("at")
    one, other = (t if isinstance(t, int | float) else None for t in times)
    return one is not None and other is not None and one < other


def _campaigns_of(connection: Connection, account_id: int) -> list[int]:
    found = (
        select(cases.c.campaign_id)
        .join(case_slots, case_slots.c.case_id == cases.c.id)
        .where(case_slots.c.account_id == account_id)
    )
    return list(connection.scalars(found.distinct().order_by(cases.c.campaign_id)))


def _by_side(panes: Mapping[str, Pane], scores: Mapping[Pane, Scores]) -> dict[str, Scores]:
    return {side: scores[pane] for side, pane in panes.items()}


def _suggestion(connection: Connection, binder: Binder, slot: Slot) -> dict[str, Scores] | None:
    """Return the machine's scores once the reader's own are locked, where the plan shows them."""
    plan = binder.campaign.plan
    if not plan.show_suggestion or slot.id not in binder.reads or slot.settles:
        return None
    found = {
        side: machine_read(connection, binder, slot.case_id, pane)
        for side, pane in binder.panes(slot).items()
    }
    return {side: one for side, one in found.items() if one is not None} or None
