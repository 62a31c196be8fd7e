"""Area grades of the DSSI as the photos of a visit suggest them. A proposal is no answer."""

from __future__ import annotations

from dataclasses import dataclass

from lesionscope.core.dssi import DSSI, Region
from lesionscope.core.dssi_area import AreaProposal, propose_area
from lesionscope.core.measurement import Convention
from lesionscope.core.people import Reader
from lesionscope.pages.visit_bsa import bsa_of_visit, measured_photos, overlaps
from lesionscope.scoring.visit_total import VisitBsa
from lesionscope.store.store import Store


@dataclass(frozen=True)
class Proposed:
    """What the measurements of a visit propose for a form.

    Attributes
    ----------
    areas : dict of str to AreaProposal
        By the field that each would answer.
    measurement_ids : tuple of int
        The measurements that they rest on.
    """

    areas: dict[str, AreaProposal]
    measurement_ids: tuple[int, ...] = ()

    def levels(self) -> dict[str, int]:
        """Return the proposed level of each field."""
        return {key: area.level for key, area in self.areas.items()}


NOTHING = Proposed({})
"""What every other instrument is proposed."""


def areas_of(bsa: VisitBsa) -> dict[str, AreaProposal]:
    """Return the area grade of each region that a photo shows, by the field of the form.

    Parameters
    ----------
    bsa : VisitBsa
        Involved body surface of the visit, in one convention.
    """
    measured, one_sided = bsa.by_site(), bsa.one_sided()
    found = {
        f"{region.value}.area": propose_area(region, measured, one_sided=one_sided)
        for region in Region
    }
    return {key: area for key, area in found.items() if area is not None}


def proposed_for(store: Store, reader: Reader, visit_id: int, instrument_id: str) -> Proposed:
    """Return what the newest measurements of a visit propose for an instrument."""
    if instrument_id != DSSI.id:
        return NOTHING
    protocol = store.protocol(reader)
    set_by_study = protocol.settings.bsa_convention.value if protocol else None
    measured = measured_photos(store, reader, visit_id)
    convention = set_by_study or Convention.PROTOCOL
    areas = areas_of(bsa_of_visit(measured, convention, overlaps(reader, measured)))
    ids = tuple(latest.id for _, latest in measured if latest is not None)
    return Proposed(areas, ids if areas else ())
