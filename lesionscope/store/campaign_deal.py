"""Dealing a campaign: which photos make which case, and which reader sees it when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from lesionscope.core.campaign import Asked, CampaignPlan, CaseUnit, ReadDesign
from lesionscope.core.case import Pane, case_items
from lesionscope.core.people import Act, Role, Visit, may
from lesionscope.core.read_order import repeated_units, turns
from lesionscope.core.sites import FACTS, Side, Site
from lesionscope.store.chain import Entry, canonical_json
from lesionscope.store.patients import visit_of, visits_of
from lesionscope.store.photos import is_withdrawn
from lesionscope.store.record import is_closed
from lesionscope.store.releases import release_of
from lesionscope.store.tables import (
    Row,
    accounts,
    assignments,
    case_slots,
    cases,
    measurements,
    patients,
    photos,
)

Chosen = Sequence[tuple[int, Sequence[Site]]]
"""Visits, each with the sites that are to be read."""


def check_people(connection: Connection, plan: CampaignPlan) -> None:
    """Refuse a plan whose readers may not read.

    Raises
    ------
    ValueError
        Naming who may not do what.
    """
    found = connection.execute(select(accounts).where(~is_closed()))
    roles = {row.id: (row.full_name, Role(row.role)) for row in found}
    for account_id in (*plan.readers, plan.third_reader):
        name, role = roles.get(account_id, ("nobody", None))
        acts = [Act.READ_CASES]
        acts += [Act.SETTLE_CASES] if account_id == plan.third_reader else []
        for act in acts:
            if role is None or not may(role, act):
                raise ValueError(f"{name} may not {act.value}; choose somebody who may")


def dealt_cases(connection: Connection, plan: CampaignPlan, chosen: Chosen) -> list[Row]:
    """Return the content of every case; refuse what nobody released."""
    missing: list[str] = []
    dealt = [
        case
        for visit_id, sites in chosen
        for case in _cases_of_visit(connection, plan, visit_of(connection, visit_id), list(sites))
    ]
    for case in dealt:
        for pane, shown in case["photos"].items():
            for site in case["sites"]:
                if not any(photo["site"] == site for photo in shown):
                    missing.append(_missing(connection, case["visits"][pane], Site(site)))
    if missing:
        some = "; ".join(dict.fromkeys(missing[:5]))
        raise ValueError(f"no photo was released for blinded reading: {some}")
    if not dealt:
        raise ValueError("nothing is left to read: choose visits and sites")
    return dealt


def _cases_of_visit(
    connection: Connection, plan: CampaignPlan, visit: Visit, sites: list[Site]
) -> list[Row]:
    asks_items = Asked.BSA not in plan.asked
    sites = [site for site in Site if site in sites and (not asks_items or case_items([site]))]
    points = visits_of(connection, visit.patient_id)
    shown = {Pane.VISIT: visit.id}
    if plan.design is ReadDesign.PAIRED:
        if points[0].id == visit.id:
            return []
        shown[Pane.BASELINE] = points[0].id
    groups = [[site] for site in sites] if plan.unit is CaseUnit.SITE else [sites]
    return [_case(connection, plan, visit, shown, group) for group in groups if group]


def _case(
    connection: Connection,
    plan: CampaignPlan,
    visit: Visit,
    shown: dict[Pane, int],
    sites: list[Site],
) -> Row:
    in_series = plan.design is ReadDesign.SEQUENTIAL
    named = ",".join(sites) if plan.unit is CaseUnit.SITE else "all"
    return {
        "visit_id": visit.id,
        "sites": [site.value for site in sites],
        "visits": {pane.value: visit_id for pane, visit_id in shown.items()},
        "photos": {
            pane.value: _photos(connection, visit_id, sites) for pane, visit_id in shown.items()
        },
        "series": f"{visit.patient_id}:{named}" if in_series else "",
        "day": visit.day.isoformat(),
    }


def _photos(connection: Connection, visit_id: int, sites: list[Site]) -> list[Row]:
    """Return the released photos of some sites of a visit."""
    newest = select(func.max(assignments.c.id)).group_by(assignments.c.photo_id)
    found = (
        select(photos.c.id, assignments.c.site, assignments.c.side)
        .join(assignments, assignments.c.photo_id == photos.c.id)
        .where(
            photos.c.visit_id == visit_id,
            assignments.c.id.in_(newest),
            assignments.c.site.in_([site.value for site in sites]),
            ~is_withdrawn(),
        )
        .order_by(photos.c.id)
    )
    return [
        {
            "photo_id": row.id,
            "measurement_id": _newest_measurement(connection, row.id),
            "site": row.site,
            "side": Side(row.side).value,
        }
        for row in connection.execute(found).all()
        if release_of(connection, row.id) is not None
    ]


def _newest_measurement(connection: Connection, photo_id: int) -> int | None:
    newest = select(func.max(measurements.c.id)).where(measurements.c.photo_id == photo_id)
    found: int | None = connection.scalar(newest)
    return found


def _missing(connection: Connection, visit_id: int, site: Site) -> str:
    visit = visit_of(connection, visit_id)
    name = connection.scalar(select(patients.c.pseudonym).where(patients.c.id == visit.patient_id))
    return f"{FACTS[site].label} of {name}, {visit.label}"


def append_cases(entry: Entry, campaign_id: int, dealt: list[Row]) -> list[list[int]]:
    """Write the cases; return their rows, grouped by what must stay together."""
    ordered = sorted(dealt, key=lambda case: (case["series"], case["day"], case["visit_id"]))
    units: dict[Any, list[int]] = {}
    for number, case in enumerate(ordered, start=1):
        unit = case["series"] or number
        point = len(units.get(unit, [])) + 1
        content = {key: case[key] for key in ("sites", "visits", "photos", "series")}
        case_id = entry.append(
            cases,
            campaign_id=campaign_id,
            visit_id=case["visit_id"],
            number=number,
            content=canonical_json({**content, "point": point}),
        )
        units.setdefault(unit, []).append(case_id)
    return list(units.values())


def append_slots(entry: Entry, plan: CampaignPlan, units: list[list[int]]) -> int:
    """Deal the cases to both readers; return how many showings each has."""
    repeated = repeated_units(plan.seed, units, plan.repeats(sum(map(len, units))))
    shown = 0
    for reader in plan.readers:
        drawn = turns(plan.seed, reader, units, repeated)
        shown = len(drawn)
        for place, turn in enumerate(drawn, start=1):
            entry.append(
                case_slots,
                case_id=turn.case,
                account_id=reader,
                code=turn.code,
                place=place,
                repeat=int(turn.repeat),
                settles=0,
                swapped=int(turn.swapped),
            )
    return shown
