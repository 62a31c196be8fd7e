"""The methods of blinded reading for the table of `test_rights`: what each needs to act on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

from lesionscope.core.campaign import Asked, CampaignPlan, CaseUnit, ReadDesign
from lesionscope.core.people import Act, Reader, Role, may
from lesionscope.core.sites import Side, Site
from lesionscope.exchange.package_reader import Package, PackagePicture
from lesionscope.imaging.deidentify import blinded_view
from tests.store.reading_room import PASSWORD, scored

VIEW = blinded_view(np.full((30, 40, 3), 120, np.uint8))
NOBODYS = "AAAA-AAAA"


def package_of(name: str) -> Package:
    """Return a package of one picture, of a patient and a manifest of this name."""
    sha256 = hashlib.sha256(VIEW).hexdigest()
    one = PackagePicture("pictures/a.jpg", name, 1, "arm", Site.ARM, Side.LEFT, 0, sha256, "a" * 64)
    made = hashlib.sha256(name.encode()).hexdigest()
    return Package("TRIAL-1", "0.1.0", made, (one,), lambda _: VIEW)


def is_known(w: Any, by: Reader, act: Act) -> bool:
    return by in w.clinic.people.values() and may(by.role, act)


def released(w: Any) -> tuple[int, int]:
    """Add a visit with a released photo; return both."""
    owner, visit = w.clinic.owner, w.visit()
    photo = w.store.add_photo(
        owner, visit, w.name().encode(), name="a.jpg", view="arm", site=Site.ARM, side=Side.LEFT
    )
    w.store.release_photo(owner, photo.id, VIEW)
    return visit, photo.id


def plan_for(w: Any, by: Reader) -> CampaignPlan:
    """Plan a campaign in which `by` reads, if they may."""
    people = w.clinic.people
    order = [people[Role.CLINICIAN], people[Role.OWNER], people[Role.ADJUDICATOR]]
    if by in order:
        order.remove(by)
        order.insert(0, by)
    third = next(p for p in reversed(order) if may(p.role, Act.SETTLE_CASES))
    one, other = [person for person in order if person != third][:2]
    return CampaignPlan(
        w.name(), ReadDesign.SINGLE, CaseUnit.SITE, tuple(Asked), (one.id, other.id), third.id, 1, 0
    )


def start(w: Any, by: Reader, plan: CampaignPlan | None = None) -> Any:
    visit, _ = released(w)
    return w.store.start_campaign(by, plan or plan_for(w, by), [(visit, [Site.ARM])])


def manager(w: Any) -> Reader:
    return w.clinic.people[Role.DATA_MANAGER]


def case(w: Any, by: Reader) -> str:
    """Deal `by` a case; somebody else's code where they may not read."""
    if not is_known(w, by, Act.READ_CASES):
        return NOBODYS
    campaign = start(w, manager(w), plan_for(w, by))
    return next(x.code for x in w.store.my_cases(by) if x.campaign == campaign.code)


def locked(w: Any, by: Reader, erythema: int = 1) -> str:
    code = case(w, by)
    if code != NOBODYS:
        lock(w, by, code, erythema)
    return code


def lock(w: Any, by: Reader, code: str, erythema: int = 1) -> None:
    scores = {}
    if code != NOBODYS:
        scores = scored(w.store.blind_case(by, code), erythema=erythema, bsa=1.0)
    w.store.lock_case(by, code, PASSWORD, scores=scores)


def settle(w: Any, by: Reader) -> None:
    code = NOBODYS
    if is_known(w, by, Act.SETTLE_CASES):
        people = w.clinic.people
        third = by
        able = (people[Role.CLINICIAN], people[Role.OWNER], people[Role.ADJUDICATOR])
        readers = [person for person in able if person != third][:2]
        plan = CampaignPlan(
            w.name(), ReadDesign.SINGLE, CaseUnit.SITE, tuple(Asked),
            (readers[0].id, readers[1].id), third.id, 1, 0,
        )  # fmt: skip
        campaign = start(w, manager(w), plan)
        for reader, level in zip(readers, (0, 3), strict=True):
            mine = next(x.code for x in w.store.my_cases(reader) if x.campaign == campaign.code)
            lock(w, reader, mine, level)
        code = next(x.code for x in w.store.my_cases(third) if x.campaign == campaign.code)
    w.store.settle_case(by, code, PASSWORD, choice=1, reason="why")


def followed(w: Any) -> int:
    """Start a campaign that no owner and no manager reads in."""
    clinic, name = w.clinic, w.name()
    more = [
        w.store.add_account(clinic.owner, f"{name}{n}", "Reader More", Role.ADJUDICATOR, PASSWORD)
        for n in "ab"
    ]
    plan = CampaignPlan(
        name, ReadDesign.SINGLE, CaseUnit.SITE, tuple(Asked),
        (more[0].id, more[1].id), clinic.people[Role.ADJUDICATOR].id, 1, 0,
    )  # fmt: skip
    return int(start(w, manager(w), plan).id)


def resume(w: Any, by: Reader) -> None:
    campaign_id = followed(w)
    w.store.pause_campaign(w.clinic.owner, campaign_id, "why")
    w.store.resume_campaign(by, campaign_id, "why")


def case_of_adjudicators(w: Any) -> str:
    """Deal the adjudicator a case of a campaign that no other role reads in."""
    clinic, name = w.clinic, w.name()
    other = w.store.add_account(clinic.owner, name, "Reader More", Role.ADJUDICATOR, PASSWORD)
    third = w.store.add_account(clinic.owner, f"{name}c", "Third", Role.ADJUDICATOR, PASSWORD)
    by = clinic.people[Role.ADJUDICATOR]
    plan = CampaignPlan(
        name, ReadDesign.SINGLE, CaseUnit.SITE, tuple(Asked), (by.id, other.id), third.id, 1, 0
    )
    campaign = start(w, manager(w), plan)
    return next(x.code for x in w.store.my_cases(by) if x.campaign == campaign.code)


def asked_unlock(w: Any) -> int:
    """Have the adjudicator ask for an unlock that owner and manager may grant."""
    by, code = w.clinic.people[Role.ADJUDICATOR], case_of_adjudicators(w)
    lock(w, by, code)
    w.store.ask_case_unlock(by, code, "slipped")
    return int(w.store.case_unlock_requests(w.clinic.owner)[-1].read_id)


def query(w: Any) -> int:
    by = w.clinic.people[Role.ADJUDICATOR]
    w.store.ask_site(by, case_of_adjudicators(w), w.name())
    events = w.store.events(w.clinic.owner, limit=1, entity="query")
    return int(events[0].entity_id)


def reopened(w: Any, by: Reader) -> None:
    number = query(w)
    w.store.close_query(w.clinic.owner, number, "why")
    w.store.reopen_query(by, number, "why")


def take_back(w: Any, by: Reader) -> None:
    w.store.take_back_photo(by, released(w)[1], "why")


READING_METHODS: dict[str, tuple[Act, Callable[[Any, Reader], Any]]] = {
    "release_photo": (Act.RELEASE_PHOTO, lambda w, by: w.store.release_photo(by, w.photo(), VIEW)),
    "take_back_photo": (Act.RELEASE_PHOTO, take_back),
    "releases": (Act.READ_RECORD, lambda w, by: w.store.releases(by, w.clinic.visit.id)),
    "released_view": (
        Act.READ_RECORD,
        lambda w, by: w.store.released_view(by, released(w)[1]),
    ),
    "readable_visits": (Act.RUN_CAMPAIGN, lambda w, by: w.store.readable_visits(by)),
    "possible_readers": (Act.RUN_CAMPAIGN, lambda w, by: w.store.possible_readers(by)),
    "start_campaign": (Act.RUN_CAMPAIGN, start),
    "campaigns": (Act.RUN_CAMPAIGN, lambda w, by: w.store.campaigns(by)),
    "campaign_binder": (
        Act.RUN_CAMPAIGN,
        lambda w, by: w.store.campaign_binder(by, followed(w)),
    ),
    "campaign_origins": (
        Act.RUN_CAMPAIGN,
        lambda w, by: w.store.campaign_origins(by, followed(w)),
    ),
    "campaign_results": (
        Act.RUN_CAMPAIGN,
        lambda w, by: w.store.campaign_results(by, followed(w)),
    ),
    "pause_campaign": (
        Act.RUN_CAMPAIGN,
        lambda w, by: w.store.pause_campaign(by, followed(w), "why"),
    ),
    "resume_campaign": (Act.RUN_CAMPAIGN, resume),
    "close_campaign": (
        Act.RUN_CAMPAIGN,
        lambda w, by: w.store.close_campaign(by, followed(w), "why"),
    ),
    "my_cases": (Act.READ_CASES, lambda w, by: w.store.my_cases(by)),
    "blind_case": (Act.READ_CASES, lambda w, by: w.store.blind_case(by, case(w, by))),
    "blind_view": (Act.READ_CASES, lambda w, by: w.store.blind_view(by, case(w, by), 1)),
    "save_case_draft": (
        Act.READ_CASES,
        lambda w, by: w.store.save_case_draft(by, case(w, by), {"note": w.name()}),
    ),
    "lock_case": (Act.READ_CASES, lambda w, by: lock(w, by, case(w, by))),
    "settle_case": (Act.SETTLE_CASES, settle),
    "ask_case_unlock": (
        Act.READ_CASES,
        lambda w, by: w.store.ask_case_unlock(by, locked(w, by), "slipped"),
    ),
    "case_unlock_requests": (Act.GRANT_UNLOCK, lambda w, by: w.store.case_unlock_requests(by)),
    "answer_case_unlock": (
        Act.GRANT_UNLOCK,
        lambda w, by: w.store.answer_case_unlock(by, asked_unlock(w), PASSWORD, grant=True),
    ),
    "ask_site": (Act.READ_CASES, lambda w, by: w.store.ask_site(by, case(w, by), "Blurred?")),
    "my_queries": (Act.READ_CASES, lambda w, by: w.store.my_queries(by, case(w, by))),
    "queries": (Act.READ_RECORD, lambda w, by: w.store.queries(by)),
    "answer_query": (Act.ADD_PATIENT, lambda w, by: w.store.answer_query(by, query(w), "No.")),
    "close_query": (Act.RUN_CAMPAIGN, lambda w, by: w.store.close_query(by, query(w), "No.")),
    "reopen_query": (Act.RUN_CAMPAIGN, reopened),
}
