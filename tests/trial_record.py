"""A small trial in a record: patients, signed visits, released photos, and a finished campaign."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from lesionscope.core.campaign import Asked, CampaignPlan, CaseUnit, ReadDesign
from lesionscope.core.cdasi import ITEMS
from lesionscope.core.measurement import BsaEstimate, CalibrationSource, Convention, Interval
from lesionscope.core.people import Reader, Role
from lesionscope.core.reading import AnswerOrigin, Meaning
from lesionscope.core.sites import Side, Site
from lesionscope.exchange.measurement_json import document
from lesionscope.exchange.protocol_file import shipped_document
from lesionscope.imaging.overlay import jpeg
from tests.exchange.study_case import masks, measurement, picture
from tests.store.reading_room import drawn, scored

if TYPE_CHECKING:
    from lesionscope.store import Store

PASSWORD = "correct horse battery"
LABELS = {"Baseline": 0, "Week 4": 28, "Week 8": 56, "Week 12": 84}
FIRST_DAY = date(2026, 1, 12)
RULE = """response:
  - {id: activity, quantity: cdasi_activity, visit: week_12, drop: ">= 4", source: proposal}
  - {id: area, quantity: bsa_percent, visit: week_12, drop_percent: ">= 50", source: proposal}
"""
# Activity, area and global assessment at each visit, as a reader might have signed them.
COURSES: dict[str, tuple[tuple[int, float, int] | None, ...]] = {
    "DM-001": ((24, 15.0, 4), (19, 11.0, 3), (15, 9.0, 3), (9, 4.5, 2)),
    "DM-002": ((17, 6.0, 3), (14, 5.5, 2), None, (15, 6.5, 3)),
    "DM-003": ((11, 1.4, 2), (8, 0.8, 1), (6, 0.6, 1), (4, 0.4, 1)),
    "DM-004": ((16, 12.0, 2), (17, 13.0, 2), None, None),
    "DM-005": ((31, 18.0, 4), (30, 17.0, 4), (26, 12.0, 3), (22, 8.0, 3)),
    "DM-006": ((20, 9.0, 3), (16, 7.0, 3), (14, 5.0, 2), (12, 3.8, 2)),
    "DM-007": ((15, 3.0, 2), (15, 3.2, 2), (17, 4.0, 3), (18, 4.4, 3)),
    "DM-008": ((28, 7.5, 3), (21, 5.0, 2), (12, 3.0, 2), (6, 1.5, 1)),
}
TONES = ("light", "intermediate", "tan", "brown", "dark", "light", "tan", "intermediate")


def protocol_text() -> bytes:
    """Return the shipped example with a scale for the PGA and rules for responders."""
    text = shipped_document("nct06857240").decode().replace("response: []\n", RULE)
    text = text.replace("pga_scale: {value: null,", "pga_scale: {value: likert_0_4,")
    start = text.index("  - about: response")
    return (text[:start] + text[text.index("  - about: treatment.applications") :]).encode()


def fill(store: Store, *, patients: int = 8) -> Reader:
    """Put the trial into an empty record and return its owner."""
    owner = store.create_owner("owner", "Olga Owner", PASSWORD)
    store.set_protocol(owner, protocol_text())
    for place, (name, course) in enumerate(list(COURSES.items())[:patients]):
        patient = store.add_patient(owner, name)
        store.record_age(owner, patient.id, 40 + place)
        for check in store.protocol(owner).person_checks if place % 4 else ():  # type: ignore[union-attr]
            store.answer_check(owner, patient.id, check.id, "met")  # type: ignore[arg-type]
        for number, (label, signed) in enumerate(zip(LABELS, course, strict=True)):
            if signed is not None:
                late = 9 if (place, number) == (4, 2) else 0
                day = FIRST_DAY + timedelta(days=LABELS[label] + 3 * place + late)
                visit = store.add_visit(owner, patient.id, day, label)
                measured = add_photo(store, owner, visit.id, (place, number))
                sign(store, owner, visit.id, signed, measured, agrees=place % 3 > 0)
    return owner


def add_photo(store: Store, owner: Reader, visit_id: int, place: tuple[int, int]) -> int:
    """Add a released photo of an arm with a measurement, and return that one's number."""
    patient, number = place
    photo = store.add_photo(
        owner, visit_id, jpeg(drawn(patient, number)) + bytes([patient, number]),
        name=f"IMG_{patient}{number}.jpg", view="arm", site=Site.ARM, side=Side.LEFT,
    )  # fmt: skip
    version = "lesion_grades-52a5a216, skin_and_lesion-2f6c1e90"
    found = replace(measurement(calibrated=patient != 6), model_version=version)
    if patient % 2:
        found = replace(found, findings=())
    said = document(found) | {"sha256": photo.sha256, "skin_tone": TONES[patient]}
    kept = store.add_measurement(owner, photo.id, said, masks(), drawn_by="LesionScope 0.1.0")
    store.release_photo(owner, photo.id, picture())
    return kept.id


def sign(
    store: Store,
    owner: Reader,
    visit_id: int,
    signed: tuple[int, float, int],
    measured: int,
    *,
    agrees: bool,
) -> None:
    """Sign activity, area and global assessment of a visit."""
    activity, percent, pga = signed
    answers = {item.key: 0 for item in ITEMS}
    origins = dict.fromkeys(answers, AnswerOrigin.ENTERED)
    answers["arm.erythema"] = 2 if agrees else 1
    origins["arm.erythema"] = AnswerOrigin.CONFIRMED if agrees else AnswerOrigin.OVERRIDDEN
    left = activity - answers["arm.erythema"]
    for key in [i.key for i in ITEMS if i.key.endswith("erythema") and i.key != "arm.erythema"]:
        answers[key] = min(left, 3)
        left -= answers[key]
    area = Interval(percent / 1.4, percent * 1.4)
    store.sign(
        owner, visit_id, PASSWORD, answers=answers, origins=origins,
        bsa=BsaEstimate(percent, area, Convention.PROTOCOL, CalibrationSource.HANDPRINT),
        meaning=Meaning.AUTHORSHIP, measurement_ids=[measured], suggestions_shown=True,
    )  # fmt: skip
    store.sign_form(owner, visit_id, PASSWORD, instrument_id="pga", answers={"skin_activity": pga})


def read_campaign(store: Store, owner: Reader) -> None:
    """Hold a campaign over every visit: two readers, a third where they differ."""
    readers = [
        store.add_account(owner, name, full, Role.ADJUDICATOR, PASSWORD)
        for name, full in (
            ("one", "Alpha Reader"), ("two", "Beta Reader"), ("third", "Gamma Reader")
        )
    ]  # fmt: skip
    plan = CampaignPlan(
        "Arms of twelve weeks", ReadDesign.SINGLE, CaseUnit.VISIT, (Asked.CDASI, Asked.BSA),
        (readers[0].id, readers[1].id), readers[2].id, seed=7, repeat_percent=10,
    )  # fmt: skip
    visits = [one.visit.id for one in store.readable_visits(owner)]
    campaign = store.start_campaign(owner, plan, [(one, [Site.ARM]) for one in visits])
    binder = store.campaign_binder(owner, campaign.id)
    case_of = {slot.code: slot.case_id for slot in binder.slots}
    for place, by in enumerate(readers[:2]):
        for line in store.my_cases(by):
            number = case_of[line.code]
            erythema = (number + 2 * (place == 1 and number % 9 == 0)) % 4
            bsa = 2.0 + number % 7 + (0.4 if place == 1 and number % 2 else 0.0)
            scores = scored(store.blind_case(by, line.code), erythema=erythema, bsa=bsa)
            store.lock_case(by, line.code, PASSWORD, scores=scores)
    for line in store.my_cases(readers[2]):
        store.settle_case(readers[2], line.code, PASSWORD, choice=1, reason="seen so in the photo")
