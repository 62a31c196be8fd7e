"""Campaigns, cases, showings and reads as their rows hold them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from lesionscope.core.campaign import Standing, StandingChange
from lesionscope.core.case import CaseRead, Pane, Scores
from lesionscope.core.sites import Side, Site
from lesionscope.store.campaign_document import plan_from
from lesionscope.store.case_binder import Binder, Campaign, Case, CasePhoto, Slot, UnlockStep
from lesionscope.store.refusals import NotInRecord
from lesionscope.store.tables import (
    Row,
    accounts,
    campaign_steps,
    campaigns,
    case_drafts,
    case_reads,
    case_slots,
    case_unlocks,
    cases,
    events,
    queries,
    query_steps,
)


def campaigns_in(connection: Connection) -> list[Campaign]:
    """Return every campaign, the newest first."""
    rows = connection.execute(_campaigns().order_by(campaigns.c.id.desc())).mappings()
    changes = _changes(connection)
    return [_campaign(dict(row), changes.get(row["id"], ())) for row in rows]


def campaign_of(connection: Connection, campaign_id: int) -> Campaign:
    """Return one campaign.

    Raises
    ------
    NotInRecord
        If there is none with this number.
    """
    found = connection.execute(_campaigns().where(campaigns.c.id == campaign_id)).mappings()
    row = found.one_or_none()
    if row is None:
        raise NotInRecord(f"there is no campaign {campaign_id} in the record")
    return _campaign(dict(row), _changes(connection, campaign_id).get(campaign_id, ()))


def _changes(
    connection: Connection, campaign_id: int | None = None
) -> dict[int, tuple[StandingChange, ...]]:
    """Return what became of one campaign, or of each, by its number."""
    listed = (
        select(campaign_steps, events.c.at, accounts.c.full_name)
        .join(events, events.c.id == campaign_steps.c.event_id)
        .join(accounts, accounts.c.id == events.c.account_id)
        .order_by(campaign_steps.c.id)
    )
    if campaign_id is not None:
        listed = listed.where(campaign_steps.c.campaign_id == campaign_id)
    found: dict[int, tuple[StandingChange, ...]] = {}
    for row in connection.execute(listed):
        at = datetime.fromisoformat(row.at)
        change = StandingChange(Standing(row.standing), row.words, row.full_name, at)
        found[row.campaign_id] = (*found.get(row.campaign_id, ()), change)
    return found


def binder_of(connection: Connection, campaign_id: int) -> Binder:
    """Gather one campaign.

    Raises
    ------
    NotInRecord
        If there is none with this number.
    """
    campaign = campaign_of(connection, campaign_id)
    ours = select(case_slots.c.id).join(cases).where(cases.c.campaign_id == campaign_id)
    found = connection.execute(select(cases).where(cases.c.campaign_id == campaign_id))
    dealt = {row.id: _case(row) for row in found}
    slots = tuple(_slots(connection, campaign_id))
    reads = _newest_reads(connection, ours, {slot.id: slot for slot in slots})
    return Binder(
        campaign,
        dealt,
        slots,
        reads,
        _open_drafts(connection, ours),
        _newest_unlocks(connection, [read.id for read in reads.values()]),
        _replies(connection, ours),
    )


def slot_of(connection: Connection, code: str, account_id: int) -> tuple[Binder, Slot]:
    """Return the showing that a reader knows by this code, with its campaign.

    Raises
    ------
    NotInRecord
        If the reader has none of this code; a code of somebody else is answered alike.
    """
    found = (
        select(cases.c.campaign_id, case_slots.c.id)
        .join(cases, cases.c.id == case_slots.c.case_id)
        .where(case_slots.c.code == code, case_slots.c.account_id == account_id)
    )
    row = connection.execute(found).one_or_none()
    if row is None:
        raise NotInRecord(f"you have no case {code[:12]!r}")
    binder = binder_of(connection, row.campaign_id)
    return binder, next(slot for slot in binder.slots if slot.id == row.id)


def _campaigns() -> Select[Any]:
    return (
        select(campaigns, events.c.at, accounts.c.full_name)
        .join(events, events.c.id == campaigns.c.event_id)
        .join(accounts, accounts.c.id == events.c.account_id)
    )


def _campaign(row: Row, changes: tuple[StandingChange, ...]) -> Campaign:
    return Campaign(
        row["id"],
        row["code"],
        plan_from(json.loads(row["content"])["plan"]),
        datetime.fromisoformat(row["at"]),
        row["full_name"],
        row["content_sha256"],
        changes,
    )


def _case(row: Any) -> Case:
    content = json.loads(row.content)
    return Case(
        row.id,
        row.number,
        tuple(Site(site) for site in content["sites"]),
        {Pane(pane): visit for pane, visit in content["visits"].items()},
        {
            Pane(pane): tuple(
                CasePhoto(p["photo_id"], p["measurement_id"], Site(p["site"]), Side(p["side"]))
                for p in photos
            )
            for pane, photos in content["photos"].items()
        },
        content["series"],
        content["point"],
    )


def _slots(connection: Connection, campaign_id: int) -> list[Slot]:
    found = select(case_slots).join(cases).where(cases.c.campaign_id == campaign_id)
    rows = connection.execute(found.order_by(case_slots.c.account_id, case_slots.c.place))
    return [
        Slot(
            r.id, r.case_id, r.account_id, r.place, r.code,
            bool(r.repeat), bool(r.settles), bool(r.swapped),
        )
        for r in rows
    ]  # fmt: skip


def _newest_reads(
    connection: Connection, ours: Select[Any], slots: Mapping[int, Slot]
) -> dict[int, CaseRead]:
    newest = select(func.max(case_reads.c.id)).where(case_reads.c.case_slot_id.in_(ours))
    found = select(case_reads).where(
        case_reads.c.id.in_(newest.group_by(case_reads.c.case_slot_id))
    )
    return {r.case_slot_id: read_from(r, slots[r.case_slot_id]) for r in connection.execute(found)}


def read_from(row: Any, slot: Slot) -> CaseRead:
    """Make a read from what was signed."""
    content = json.loads(row.content)
    return CaseRead(
        id=row.id,
        slot_id=slot.id,
        case_id=slot.case_id,
        reader_id=content["reader"]["id"],
        reader_name=content["reader"]["full_name"],
        signed_at=datetime.fromisoformat(content["signed_at"]),
        scores={Pane(p): Scores(s["answers"], s["bsa"]) for p, s in content["scores"].items()},
        repeat=slot.repeat,
        settles=slot.settles,
        chosen=content["chosen"],
        suggestion_seen=content["suggestion_seen"],
        note=content["note"],
        reason=content["reason"],
        supersedes=content["supersedes"],
        content_sha256=row.content_sha256,
    )


def _open_drafts(connection: Connection, ours: Select[Any]) -> dict[int, Mapping[str, Any]]:
    """Return the newest draft of each slot that no signature has settled."""
    newest = select(func.max(case_drafts.c.id)).where(case_drafts.c.case_slot_id.in_(ours))
    signed = (
        select(func.max(case_reads.c.event_id))
        .where(case_reads.c.case_slot_id == case_drafts.c.case_slot_id)
        .scalar_subquery()
    )
    found = select(case_drafts).where(
        case_drafts.c.id.in_(newest.group_by(case_drafts.c.case_slot_id)),
        case_drafts.c.event_id > func.coalesce(signed, 0),
    )
    return {row.case_slot_id: json.loads(row.content) for row in connection.execute(found)}


def _newest_unlocks(connection: Connection, read_ids: list[int]) -> dict[int, UnlockStep]:
    newest = select(func.max(case_unlocks.c.id)).where(case_unlocks.c.case_read_id.in_(read_ids))
    found = select(case_unlocks).where(
        case_unlocks.c.id.in_(newest.group_by(case_unlocks.c.case_read_id))
    )
    return {row.case_read_id: UnlockStep(row.step) for row in connection.execute(found)}


def _replies(connection: Connection, ours: Select[Any]) -> dict[int, int]:
    found = (
        select(queries.c.case_slot_id, func.count())
        .join(query_steps, query_steps.c.query_id == queries.c.id)
        .where(queries.c.case_slot_id.in_(ours), query_steps.c.step == "close")
        .group_by(queries.c.case_slot_id)
    )
    return {row[0]: row[1] for row in connection.execute(found)}
