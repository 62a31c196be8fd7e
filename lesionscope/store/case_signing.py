"""Locking a case: what must hold, what is signed, and who is dealt a discordant case.

What a reader signs names the hash of every picture that lay before them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Connection, select

from lesionscope.core.campaign import Asked, Standing
from lesionscope.core.case import CaseState, Pane, Scores, case_items
from lesionscope.core.people import Reader
from lesionscope.core.read_order import draw, opaque_code
from lesionscope.core.reading import Meaning
from lesionscope.scoring.machine_read import machine_scores
from lesionscope.store.case_binder import Binder, Slot
from lesionscope.store.case_rows import binder_of
from lesionscope.store.chain import Entry, canonical_json, sha256_of
from lesionscope.store.photos import is_withdrawn
from lesionscope.store.releases import release_of
from lesionscope.store.signed import signature_content
from lesionscope.store.tables import Row, case_reads, case_slots, cases, measurements, photos

TAKEN_BACK = "a photo of this case was taken back by the study team; ask them about it"
_OPEN_STATES = (CaseState.OPEN, CaseState.STARTED, CaseState.UNLOCKED)


def append_read(
    entry: Entry,
    by: Reader,
    where: tuple[Binder, Slot],
    scores: Mapping[str, Scores],
    said: Row,
) -> Row:
    """Write a locked read; the caller concludes the act.

    Parameters
    ----------
    entry : Entry
        The act.
    by : Reader
        Who signs.
    where : tuple of (Binder, Slot)
        The showing and its campaign.
    scores : mapping of str to Scores
        By side.
    said : dict
        ``note``, ``reason`` and ``chosen``; of a settlement also ``reads``, the two that lay
        before the third reader, by number and hash.

    Returns
    -------
    dict
        What the event of the act says.

    Raises
    ------
    ValueError
        If the case is locked, incomplete, or signed anew without a reason.
    """
    binder, slot = where
    refuse_closed(binder, slot)
    before = binder.reads.get(slot.id)
    if before is not None and not said["reason"]:
        raise ValueError("signing an unlocked case anew needs a reason")
    panes = binder.panes(slot)
    _check_complete(binder, slot, scores)
    content = {
        "campaign": {"code": binder.campaign.code, "sha256": binder.campaign.content_sha256},
        "case": {"id": slot.case_id, "code": slot.code, "repeat": slot.repeat},
        **signature_content(entry, by, Meaning.AUTHORSHIP),
        "scores": {
            panes[side].value: {"answers": dict(one.answers), "bsa": one.bsa_percent}
            for side, one in scores.items()
        },
        "views": _views(entry.connection, binder, slot),
        "suggestion_seen": before is not None and binder.campaign.plan.show_suggestion,
        "supersedes": before.id if before else None,
        "supersedes_sha256": before.content_sha256 if before else None,
        **said,
    }
    text = canonical_json(content)
    read_id = entry.append(
        case_reads,
        case_slot_id=slot.id,
        supersedes=before.id if before else None,
        content=text,
        content_sha256=sha256_of(text),
    )
    return {
        "entity_id": read_id,
        "code": slot.code,
        "content_sha256": sha256_of(text),
        "supersedes": before.id if before else None,
        "reason": said["reason"],
    }


def refuse_waiting(binder: Binder, slot: Slot) -> None:
    """Refuse a case whose turn has not come, or whose campaign is not read.

    Raises
    ------
    ValueError
        If an earlier time point is open, there is nothing to settle, or the campaign is paused or
        was closed early; with the words that its readers are told.
    """
    if binder.state(slot) is CaseState.PAUSED:
        raise ValueError(
            f"the campaign is paused: {binder.campaign.why.rstrip('.')}. What you have entered is "
            "kept; go on when the study team resumes the reading"
        )
    if binder.state(slot) is CaseState.CLOSED:
        raise ValueError(closed_words(binder))
    if binder.state(slot) is CaseState.WAITING:
        raise ValueError(
            "the two reads agree or one is being signed anew: there is nothing to settle"
            if slot.settles
            else "lock the earlier time points of this series first"
        )


def closed_words(binder: Binder) -> str:
    """Say that nothing more is read in a campaign, and why."""
    return f"the campaign was closed early: {binder.campaign.why.rstrip('.')}"


def refuse_ended(binder: Binder) -> None:
    """Refuse whatever would change or ask about a campaign that was closed early.

    Raises
    ------
    ValueError
        With the words that its readers are told.
    """
    if binder.campaign.standing is Standing.CLOSED:
        raise ValueError(closed_words(binder))


def refuse_draft(binder: Binder, slot: Slot) -> None:
    """Refuse to keep what is entered of a case that is locked, or whose turn has not come.

    A pause refuses no draft: what was entered just before must not be lost.

    Raises
    ------
    ValueError
        Saying which.
    """
    if binder.state(slot) is not CaseState.PAUSED or binder.progress(slot) not in _OPEN_STATES:
        refuse_closed(binder, slot)


def refuse_closed(binder: Binder, slot: Slot) -> None:
    """Refuse to change a case that is locked, or whose turn has not come.

    Raises
    ------
    ValueError
        Saying which.
    """
    refuse_waiting(binder, slot)
    if binder.state(slot) not in _OPEN_STATES:
        raise ValueError(f"case {slot.code} is locked; ask for it to be unlocked")


def _check_complete(binder: Binder, slot: Slot, scores: Mapping[str, Scores]) -> None:
    plan, panes = binder.campaign.plan, binder.panes(slot)
    if set(scores) != set(panes):
        raise ValueError("every side of the case must be scored")
    items = case_items(binder.cases[slot.case_id].sites) if Asked.CDASI in plan.asked else ()
    keys = {item.key for item in items}
    for side, one in scores.items():
        if set(one.answers) != keys:
            left = len(keys - set(one.answers))
            where = f" of side {side}" if side else ""
            raise ValueError(f"{left} items{where} are blank; answer each or call it n/a")
        if Asked.BSA not in plan.asked and one.bsa_percent is not None:
            raise ValueError("this campaign does not ask for the body surface")


def view_in_force(connection: Connection, photo_id: int) -> str | None:
    """Return the address of a photo's picture; None without a release, or when withdrawn."""
    stands = release_of(connection, photo_id)
    gone = connection.scalar(select(photos.c.id).where(photos.c.id == photo_id, is_withdrawn()))
    return None if stands is None or gone is not None else stands.view_sha256


def _views(connection: Connection, binder: Binder, slot: Slot) -> list[str]:
    """Return what lay before the reader, by hash; refuse a read of what was taken back."""
    found = [view_in_force(connection, p.photo_id) for _, p in binder.photos(slot)]
    if None in found:
        raise ValueError(TAKEN_BACK)
    return [view for view in found if view is not None]


def machine_read(
    connection: Connection, binder: Binder, case_id: int, pane: Pane = Pane.VISIT
) -> Scores | None:
    """Return what the machine had suggested for a case when the campaign started."""
    shown = binder.cases[case_id].photos[pane]
    wanted = [photo.measurement_id for photo in shown if photo.measurement_id is not None]
    found = select(measurements.c.id, measurements.c.document).where(measurements.c.id.in_(wanted))
    documents = {row.id: json.loads(row.document) for row in connection.execute(found)}
    return machine_scores(
        [(p.site, p.side, documents.get(p.measurement_id)) for p in shown],
        bsa=Asked.BSA in binder.campaign.plan.asked,
    )


def deal_to_third(entry: Entry, slot: Slot) -> None:
    """Give a case to the third reader as soon as two locked reads turn out to be discordant."""
    campaign_id = entry.connection.scalar(
        select(cases.c.campaign_id).where(cases.c.id == slot.case_id)
    )
    assert campaign_id is not None
    binder = binder_of(entry.connection, campaign_id)
    there = [s for s in binder.slots if s.settles]
    if not binder.differ(slot.case_id) or any(s.case_id == slot.case_id for s in there):
        return
    plan = binder.campaign.plan
    entry.append(
        case_slots,
        case_id=slot.case_id,
        account_id=plan.third_reader,
        code=opaque_code(plan.seed, "settle", plan.third_reader, slot.case_id),
        place=len(there) + 1,
        repeat=0,
        settles=1,
        swapped=draw(plan.seed, "side", plan.third_reader, slot.case_id) % 2,
    )
