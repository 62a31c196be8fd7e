"""A study that is ready to be read blind: patients, visits, released photos, readers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lesionscope.core.campaign import Asked, CampaignPlan, CaseUnit, ReadDesign
from lesionscope.core.case import BlindCase, Scores
from lesionscope.core.people import Reader, Role
from lesionscope.core.sites import Side, Site
from lesionscope.imaging.deidentify import blinded_view
from lesionscope.imaging.overlay import jpeg

if TYPE_CHECKING:
    from lesionscope.store import Store

PASSWORD = "correct horse battery"
SECRETS = ("SUBJ-0", "Screening", "Wochen 12", "DSC_0", "2026-0")
"""What no blinded reader may come across, in any letters: patients, visits, files, days."""


@dataclass
class ReadingRoom:
    """A record with patients of three visits each, every arm released."""

    store: Store
    owner: Reader
    manager: Reader
    one: Reader
    two: Reader
    third: Reader
    visits: dict[tuple[int, int], int] = field(default_factory=dict)
    photos: dict[tuple[int, int], int] = field(default_factory=dict)

    def plan(self, **other: object) -> CampaignPlan:
        usual: dict[str, object] = {
            "name": "Arms of SUBJ-0, Screening to Wochen 12",
            "design": ReadDesign.SINGLE,
            "unit": CaseUnit.SITE,
            "asked": (Asked.CDASI, Asked.BSA),
            "readers": (self.one.id, self.two.id),
            "third_reader": self.third.id,
            "seed": 7,
            "repeat_percent": 10,
        }
        return CampaignPlan(**{**usual, **other})  # type: ignore[arg-type]

    def chosen(self, patients: int = 4) -> list[tuple[int, list[Site]]]:
        return [(i, [Site.ARM]) for (patient, _), i in self.visits.items() if patient < patients]

    def lock(self, by: Reader, code: str, erythema: int, bsa: float = 2.0, **more: str) -> None:
        case = self.store.blind_case(by, code)
        self.store.lock_case(
            by, code, PASSWORD, scores=scored(case, erythema=erythema, bsa=bsa), **more
        )


def scored(case: BlindCase, *, erythema: int, bsa: float | None) -> dict[str, Scores]:
    answers = {item.key: 0 for item in case.items}
    if "arm.erythema" in answers:
        answers["arm.erythema"] = erythema
    return {side: Scores(answers, bsa if case.ask_bsa else None) for side in case.panes}


def drawn(patient: int, visit: int) -> NDArray[np.uint8]:
    """Return a small photo that no other patient or visit has."""
    pixels = np.full((60, 80, 3), (190 + 5 * patient, 150, 130), np.uint8)
    pixels[: 10 + 5 * visit, : 10 + 5 * patient] = (200, 80, 80)
    return pixels


def furnish(
    store: Store, *, patients: int = 4, photo_of: Callable[[int, int], NDArray[np.uint8]] = drawn
) -> ReadingRoom:
    owner = store.create_owner("owner", "Omegaowner Five", PASSWORD)
    people = {
        name: store.add_account(owner, name, full_name, role, PASSWORD)
        for name, full_name, role in (
            ("manager", "Deltamanager Four", Role.DATA_MANAGER),
            ("readerone", "Alphareader One", Role.ADJUDICATOR),
            ("readertwo", "Betareader Two", Role.ADJUDICATOR),
            ("third", "Gammareader Three", Role.ADJUDICATOR),
        )
    }
    room = ReadingRoom(
        store, owner, people["manager"], people["readerone"], people["readertwo"], people["third"]
    )
    for patient_number in range(patients):
        patient = store.add_patient(owner, f"SUBJ-0{patient_number}")
        for visit_number, label in enumerate(("Screening", "Woche 4", "Wochen 12")):
            place = patient_number, visit_number
            day = date(2026, 1 + visit_number, 3 + patient_number)
            visit = store.add_visit(owner, patient.id, day, label)
            pixels = photo_of(*place)
            photo = store.add_photo(
                owner,
                visit.id,
                jpeg(pixels),
                name=f"DSC_0{patient_number}{visit_number}.jpg",
                view="arm",
                site=Site.ARM,
                side=Side.LEFT,
            )
            store.release_photo(owner, photo.id, blinded_view(pixels))
            room.visits[place], room.photos[place] = visit.id, photo.id
    return room
