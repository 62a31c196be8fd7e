"""Measure a study again with other networks, beside what is recorded: nothing is overwritten.

Before a new network suggests anything to a reader, its suggestions are laid beside those on record:
how many change by item, by how much the areas move, and which patients would cross a bound that
decides about them. The record is only read; what is found goes to a folder.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lesionscope.core.measurement import Item, Measurement, drawn_by_software
from lesionscope.core.people import Patient, Reader, Visit
from lesionscope.core.photo import Photo
from lesionscope.core.sites import Site
from lesionscope.decided import Decided, body_of, clear_skin_in, ruler_hand
from lesionscope.exchange.measurement_json import document
from lesionscope.pipeline import read_photo
from lesionscope.scoring.field_suggestions import suggested_by
from lesionscope.scoring.machine_read import summed_surface
from lesionscope.store.entries import StoredMeasurement, StoredPhoto
from lesionscope.store.store import Store

GATES = ((1.0, "BSA > 1 %"), (20.0, "BSA < 20 %"))
"""Bounds of NCT06857240 on the body surface, in percent."""
ACTIVITY_GATE = 6
"""Its bound on CDASI activity: more than this."""
IMPORTANT_CHANGE = 4
"""Smallest change of CDASI activity that matters; docs/instruments.md has the source."""


@dataclass(frozen=True, eq=False)
class Shadow:
    """One photo: what is recorded, and what the other networks say.

    Attributes
    ----------
    patient, visit, photo : Patient, Visit and StoredPhoto
        Whose, when and what.
    old : mapping of str to object
        Document of the newest measurement that the software made.
    new : mapping of str to object or None
        Document of the shadow; None where it could not be made.
    reason : str
        Why not.
    """

    patient: Patient
    visit: Visit
    photo: StoredPhoto
    old: Mapping[str, Any]
    new: Mapping[str, Any] | None
    reason: str = ""


def shadows(
    store: Store, by: Reader, measured: Callable[[Photo, Site, Decided], Measurement]
) -> Iterator[Shadow]:
    """Measure every measured photo of the record again.

    Parameters
    ----------
    store : Store
        The record; only read.
    by : Reader
        Who asks.
    measured : callable
        Measures one photo of a site with the other networks, going by what was decided about it
        when it was measured for the record; `lesionscope.decided.measured_as_decided`.

    Yields
    ------
    Shadow
        Photos that were never measured by software are left out.
    """
    for summary in store.patients(by):
        for visit in store.visits(by, summary.patient.id):
            for photo in store.photos(by, visit.id):
                old = _by_software(store.measurements(by, photo.id))
                if old is None:
                    continue
                new, reason = None, ""
                try:
                    original = read_photo(store.original(by, photo.id), photo.name)
                    new = document(measured(original, photo.site, _decided(store, by, photo, old)))
                except Exception as error:
                    reason = str(error)
                yield Shadow(summary.patient, visit, photo, old.document, new, reason)


def _decided(store: Store, by: Reader, photo: StoredPhoto, old: StoredMeasurement) -> Decided:
    return Decided(body_of(store, by, photo.visit_id), ruler_hand(old), clear_skin_in(old))


def _by_software(measurements: Sequence[StoredMeasurement]) -> StoredMeasurement | None:
    own = [each for each in measurements if drawn_by_software(each.drawn_by)]
    return own[-1] if own else None


def item_rows(found: Sequence[Shadow]) -> list[dict[str, Any]]:
    """Count, for every item, how the suggested level changes.

    Parameters
    ----------
    found : sequence of Shadow
        From `shadows`.

    Returns
    -------
    list of dict
        One for each item: ``item``, ``suggested_by_both``, ``same``, ``up``, ``down``,
        ``by_two_or_more``, ``only_old``, ``only_new``.
    """
    rows = []
    for item in Item:
        counts: Counter[str] = Counter()
        for each in found:
            for old, new in _levels(each, item):
                counts[_change(old, new)] += 1
                if old is not None and new is not None:
                    counts["both"] += 1
                    counts["far"] += abs(new - old) >= 2
        rows.append(
            {
                "item": item.value,
                "suggested_by_both": counts["both"],
                "same": counts["same"],
                "up": counts["up"],
                "down": counts["down"],
                "by_two_or_more": counts["far"],
                "only_old": counts["only old"],
                "only_new": counts["only new"],
            }
        )
    return rows


def _levels(each: Shadow, item: Item) -> Iterator[tuple[int | None, int | None]]:
    if each.new is None:
        return
    old, new = (
        {s.key: s.level for s in suggested_by(each.photo.site, document) if s.item is item}
        for document in (each.old, each.new)
    )
    for key in sorted({*old, *new}):
        yield old.get(key), new.get(key)


def _change(old: int | None, new: int | None) -> str:
    if old is None or new is None:
        return "neither" if old is new else "only old" if new is None else "only new"
    return "same" if old == new else "up" if new > old else "down"


def photo_rows(found: Sequence[Shadow]) -> list[dict[str, Any]]:
    """List every photo with both areas and model versions.

    Returns
    -------
    list of dict
        ``log_ratio`` is the natural log of the new area over the old, None where either is zero
        or not measurable.
    """
    rows = []
    for each in found:
        new = each.new or {}
        before, after = each.old.get("bsa_percent"), new.get("bsa_percent")
        rows.append(
            {
                "patient": each.patient.pseudonym,
                "visit": each.visit.label,
                "photo_id": each.photo.id,
                "site": each.photo.site.value,
                "side": each.photo.side.value,
                "old_model": each.old.get("model_version"),
                "new_model": new.get("model_version"),
                "old_bsa_percent": before,
                "new_bsa_percent": after,
                "log_ratio": math.log(after / before) if before and after else None,
                "refused": each.reason,
            }
        )
    return rows


def visit_rows(found: Sequence[Shadow]) -> list[dict[str, Any]]:
    """Total every visit by both, and name the bounds between which the totals lie.

    Returns
    -------
    list of dict
        Totals sum the largest body surface of each site and side, overlaps not taken out, and
        the highest suggested level of each field; that is no CDASI score, which only a signed
        reading is. ``crosses`` names the bounds that only one of the two exceeds.
    """
    by_visit: dict[int, list[Shadow]] = defaultdict(list)
    for each in found:
        by_visit[each.visit.id].append(each)
    rows = []
    for part in by_visit.values():
        both = [each for each in part if each.new is not None]
        old_bsa, new_bsa = _surface(both, "old"), _surface(both, "new")
        old_sum, new_sum = _activity(both, "old"), _activity(both, "new")
        crosses = [
            name
            for bound, name in GATES
            if old_bsa is not None
            and new_bsa is not None
            and (old_bsa > bound) != (new_bsa > bound)
        ]
        if (old_sum > ACTIVITY_GATE) != (new_sum > ACTIVITY_GATE):
            crosses.append(f"activity > {ACTIVITY_GATE}")
        if abs(new_sum - old_sum) >= IMPORTANT_CHANGE:
            crosses.append(f"activity differs by {IMPORTANT_CHANGE} or more")
        rows.append(
            {
                "patient": part[0].patient.pseudonym,
                "visit": part[0].visit.label,
                "photos": len(both),
                "old_bsa_percent": old_bsa,
                "new_bsa_percent": new_bsa,
                "old_suggested_activity": old_sum,
                "new_suggested_activity": new_sum,
                "crosses": "; ".join(crosses),
            }
        )
    return rows


def _document(each: Shadow, which: str) -> Mapping[str, Any]:
    return each.old if which == "old" else each.new or {}


def _surface(part: Sequence[Shadow], which: str) -> float | None:
    return summed_surface(
        (each.photo.site, each.photo.side, _document(each, which).get("bsa_percent"))
        for each in part
    )


def _activity(part: Sequence[Shadow], which: str) -> int:
    highest: dict[str, int] = {}
    for each in part:
        for suggestion in suggested_by(each.photo.site, _document(each, which)):
            if suggestion.level is not None:
                highest[suggestion.key] = max(suggestion.level, highest.get(suggestion.key, 0))
    return sum(highest.values())
