"""Read campaigns: dealt from the study by a stored seed, and followed by who runs them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, exists, func, select

from lesionscope.core.campaign import CampaignPlan
from lesionscope.core.people import Act, Reader, Role, Visit, may
from lesionscope.core.read_order import opaque_code
from lesionscope.core.sites import Site
from lesionscope.store.campaign_deal import (
    Chosen,
    append_cases,
    append_slots,
    check_people,
    dealt_cases,
)
from lesionscope.store.campaign_document import plan_content
from lesionscope.store.case_binder import Binder, Campaign
from lesionscope.store.case_rows import binder_of, campaign_of, campaigns_in
from lesionscope.store.chain import canonical_json, sha256_of
from lesionscope.store.patients import visit_of
from lesionscope.store.photos import is_withdrawn
from lesionscope.store.record import Record, is_closed
from lesionscope.store.refusals import NotAllowed
from lesionscope.store.tables import (
    accounts,
    assignments,
    campaigns,
    cases,
    patients,
    photos,
    releases,
    visits,
)


@dataclass(frozen=True)
class CaseOrigin:
    """What a case was made from, for those who run the campaign.

    Attributes
    ----------
    pseudonym : str
        Patient.
    visit : Visit
        Which visit.
    """

    pseudonym: str
    visit: Visit


@dataclass(frozen=True)
class ReadableVisit:
    """A visit and the sites of it that could be read blind.

    Attributes
    ----------
    pseudonym : str
        Patient.
    visit : Visit
        Which visit.
    released : frozenset of Site
        Sites with a photo that a person released.
    held_back : frozenset of Site
        Sites with photos, none of which is released.
    """

    pseudonym: str
    visit: Visit
    released: frozenset[Site]
    held_back: frozenset[Site]


class Campaigns(Record):
    """Campaigns of the store."""

    def readable_visits(self, by: Reader) -> list[ReadableVisit]:
        """Return every visit with photos, by patient and day, and which sites are released.

        Raises
        ------
        NotAllowed
            If `by` may not run campaigns.
        """
        with self._reading(by, Act.RUN_CAMPAIGN) as connection:
            return _readable(connection)

    def possible_readers(self, by: Reader) -> list[Reader]:
        """Return the people who may read blinded cases, by name.

        Those who may also open the record are not blinded by their role: the page says so.

        Raises
        ------
        NotAllowed
            If `by` may not run campaigns.
        """
        with self._reading(by, Act.RUN_CAMPAIGN) as connection:
            found = connection.execute(
                select(accounts).where(~is_closed()).order_by(accounts.c.name_key)
            )
            people = [Reader(r.id, r.name, r.full_name, Role(r.role)) for r in found]
        return [person for person in people if may(person.role, Act.READ_CASES)]

    def start_campaign(self, by: Reader, plan: CampaignPlan, chosen: Chosen) -> Campaign:
        """Deal the cases of a campaign; from now on the plan stands.

        Parameters
        ----------
        by : Reader
            Who runs it.
        plan : CampaignPlan
            What is declared.
        chosen : sequence of (int, sequence of Site)
            Visits and their sites. With the baseline at the side, a patient's first visit is
            shown beside each later one and is no case of its own.

        Returns
        -------
        Campaign

        Raises
        ------
        NotAllowed
            If `by` may not run campaigns.
        NotInRecord
            If there is no such visit.
        ValueError
            If a reader may not read, nothing is left to read, or a site of a visit has no photo
            that a person released.
        """
        with self._acting(by, Act.RUN_CAMPAIGN) as entry:
            check_people(entry.connection, plan)
            dealt = dealt_cases(entry.connection, plan, chosen)
            content = canonical_json({"plan": plan_content(plan), "cases": dealt})
            code = opaque_code(plan.seed, "campaign", entry.event_id)
            campaign_id = entry.append(
                campaigns, code=code, content=content, content_sha256=sha256_of(content)
            )
            units = append_cases(entry, campaign_id, dealt)
            shown = append_slots(entry, plan, units)
            entry.conclude(
                "start campaign",
                "campaign",
                campaign_id,
                content_sha256=sha256_of(content),
                seed=plan.seed,
                cases=len(dealt),
                shown=shown,
            )
        with self._reading(by, None) as connection:
            return campaign_of(connection, campaign_id)

    def campaigns(self, by: Reader) -> list[Campaign]:
        """Return every campaign, the newest first; none that the asker reads in.

        Raises
        ------
        NotAllowed
            If `by` may not run campaigns.
        """
        with self._reading(by, Act.RUN_CAMPAIGN) as connection:
            return [one for one in campaigns_in(connection) if not one.read_by(by.id)]

    def campaign_binder(self, by: Reader, campaign_id: int) -> Binder:
        """Return everything of a campaign: who read what, and how.

        Raises
        ------
        NotAllowed
            If `by` may not run campaigns, or reads in this one.
        NotInRecord
            If there is none with this number.
        """
        with self._reading(by, Act.RUN_CAMPAIGN) as connection:
            refuse_readers(connection, by, campaign_id)
            return binder_of(connection, campaign_id)

    def campaign_origins(self, by: Reader, campaign_id: int) -> dict[int, CaseOrigin]:
        """Return the patient and visit of every case of a campaign, by case.

        Raises
        ------
        NotAllowed
            If `by` may not run campaigns, or reads in this one.
        """
        found = (
            select(cases.c.id, cases.c.visit_id, patients.c.pseudonym)
            .join(visits, visits.c.id == cases.c.visit_id)
            .join(patients, patients.c.id == visits.c.patient_id)
            .where(cases.c.campaign_id == campaign_id)
        )
        with self._reading(by, Act.RUN_CAMPAIGN) as connection:
            refuse_readers(connection, by, campaign_id)
            return {
                row.id: CaseOrigin(row.pseudonym, visit_of(connection, row.visit_id))
                for row in connection.execute(found).all()
            }


def refuse_readers(connection: Connection, by: Reader, campaign_id: int) -> None:
    """Refuse the other reads to somebody who reads in the campaign.

    Raises
    ------
    NotAllowed
        Also to an owner: whoever reads does not follow.
    """
    if campaign_of(connection, campaign_id).read_by(by.id):
        raise NotAllowed(f"{by.full_name} reads in this campaign and must not see the other reads")


def _readable(connection: Connection) -> list[ReadableVisit]:
    newest = select(func.max(assignments.c.id)).group_by(assignments.c.photo_id)
    stands = select(func.max(releases.c.id)).group_by(releases.c.photo_id)
    released = exists().where(
        releases.c.photo_id == photos.c.id, releases.c.id.in_(stands), releases.c.released == 1
    )
    found = (
        select(visits, patients.c.pseudonym, assignments.c.site, released.label("released"))
        .join(photos, photos.c.visit_id == visits.c.id)
        .join(patients, patients.c.id == visits.c.patient_id)
        .join(assignments, assignments.c.photo_id == photos.c.id)
        .where(assignments.c.id.in_(newest), ~is_withdrawn())
        .order_by(patients.c.pseudonym_key, visits.c.day, visits.c.id)
    )
    rows: dict[int, list[Any]] = {}
    for row in connection.execute(found):
        rows.setdefault(row.id, []).append(row)
    return [_readable_visit(of_visit) for of_visit in rows.values()]


def _readable_visit(rows: list[Any]) -> ReadableVisit:
    first = rows[0]
    released = frozenset(Site(row.site) for row in rows if row.released)
    visit = Visit(first.id, first.patient_id, date.fromisoformat(first.day), first.label)
    held = frozenset(Site(row.site) for row in rows) - released
    return ReadableVisit(first.pseudonym, visit, released, held)
