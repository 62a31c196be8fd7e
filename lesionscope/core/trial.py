"""How the visits and photos of a patient stand against the schedule of the study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from lesionscope.core.people import Visit
from lesionscope.core.schedule import PlannedVisit, Shot, check_schedule
from lesionscope.core.sites import Side

NOT_PLANNED = "-"
"""What a person says of a held visit that is none of the planned ones; no id looks so."""


class Timing(StrEnum):
    """How a planned visit stands."""

    IN_WINDOW = "in window"
    EARLY = "early"
    LATE = "late"
    MISSING = "missing"
    """The window has closed and no visit was held for it."""
    DUE = "due"
    """The window is open."""
    NOT_YET_DUE = "not yet due"
    NO_BASELINE = "no baseline"
    """Without a baseline visit there is no day to count from."""


@dataclass(frozen=True)
class PlacedVisit:
    """A planned visit beside the one that was held for it.

    Attributes
    ----------
    planned : PlannedVisit
        As the schedule has it.
    held : Visit or None
        The visit that was held for it.
    timing : Timing
        How it stands.
    study_day : int or None
        Days from the baseline to the held visit.
    days_off : int
        Days outside the window: negative early, positive late, 0 inside or not held.
    opens, closes : date or None
        The window; None without a baseline.
    """

    planned: PlannedVisit
    held: Visit | None
    timing: Timing
    study_day: int | None
    days_off: int
    opens: date | None
    closes: date | None

    def describe(self) -> str:
        """Say how the visit stands, in one sentence."""
        name = self.planned.label
        if self.timing in (Timing.EARLY, Timing.LATE):
            days = abs(self.days_off)
            return f"{name}: {days} day{'s' * (days != 1)} {self.timing.value}"
        if self.timing is Timing.NO_BASELINE or self.closes is None:
            return f"{name}: no baseline visit to count from"
        if self.timing is Timing.MISSING:
            return f"{name}: missing, its window closed on {self.closes}"
        if self.timing is Timing.IN_WINDOW:
            return f"{name}: in window (day {self.study_day})"
        return f"{name}: {self.timing.value}, {self.opens} to {self.closes}"


@dataclass(frozen=True)
class VisitCourse:
    """All visits of one patient against the schedule.

    Attributes
    ----------
    placed : tuple of PlacedVisit
        One for each planned visit, in the order of the schedule.
    unscheduled : tuple of Visit
        Held visits that no planned one accounts for.
    """

    placed: tuple[PlacedVisit, ...]
    unscheduled: tuple[Visit, ...]


def place_visits(
    schedule: Sequence[PlannedVisit],
    held: Iterable[Visit],
    *,
    today: date,
    chosen: Mapping[int, str] | None = None,
) -> VisitCourse:
    """Put the held visits of a patient against the schedule.

    What a person chose comes first. Otherwise a visit belongs to the planned one whose label or id
    it carries; of several, to the day that is nearest. A visit of another name belongs to the
    planned one in whose window it lies, if that has none. Unless a person chose it, the baseline is
    recognised by its name alone, because all days count from it.

    Parameters
    ----------
    schedule : sequence of PlannedVisit
        As `check_schedule` accepts it.
    held : iterable of Visit
        Visits of one patient.
    today : date
        Decides between missing, due and not yet due.
    chosen : mapping of int to str, optional
        Id of a held visit to the id of the planned one that a person said it is, or to
        `NOT_PLANNED`. A planned visit that is not in the schedule, because the protocol changed,
        counts as not chosen.

    Returns
    -------
    VisitCourse

    Raises
    ------
    ValueError
        If the schedule is not valid.
    """
    check_schedule(schedule)
    visits = sorted(held, key=lambda visit: (visit.day, visit.id))
    known = {NOT_PLANNED, *(plan.id for plan in schedule)}
    said = {visit_id: plan for visit_id, plan in (chosen or {}).items() if plan in known}
    taken = {said[visit.id]: visit for visit in visits if visit.id in said}
    taken.pop(NOT_PLANNED, None)
    left = [visit for visit in visits if visit.id not in said]
    baseline = next(visit for visit in schedule if visit.day == 0)
    named = next((visit for visit in left if baseline.is_called(visit.label)), None)
    anchor = taken.get(baseline.id, named)
    if anchor is None:
        taken = {}
    else:
        taken[baseline.id] = anchor
        open_plans = [plan for plan in schedule if plan.id not in taken]
        taken |= _assign(schedule, open_plans, left, anchor.day)
    day0 = anchor.day if anchor else None
    placed = tuple(_placed(plan, taken.get(plan.id), day0, today=today) for plan in schedule)
    ids = {visit.id for visit in taken.values()}
    return VisitCourse(placed, tuple(visit for visit in visits if visit.id not in ids))


def _assign(
    schedule: Sequence[PlannedVisit],
    open_plans: Sequence[PlannedVisit],
    held: Sequence[Visit],
    day0: date,
) -> dict[str, Visit]:
    """Give the planned visits that nobody chose a visit for those that fit by name or by day."""
    taken: dict[str, Visit] = {}
    for plan in open_plans:
        named = [visit for visit in held if plan.is_called(visit.label)]
        if named:
            taken[plan.id] = min(named, key=lambda v: abs((v.day - day0).days - plan.day))
    for plan in open_plans:
        inside = [
            visit
            for visit in held
            if plan.first_day <= (visit.day - day0).days <= plan.last_day
            and not any(other.is_called(visit.label) for other in schedule)
        ]
        if inside and plan.id not in taken:
            taken[plan.id] = min(inside, key=lambda v: abs((v.day - day0).days - plan.day))
    return taken


def _placed(
    plan: PlannedVisit, held: Visit | None, day0: date | None, *, today: date
) -> PlacedVisit:
    if day0 is None:
        return PlacedVisit(plan, None, Timing.NO_BASELINE, None, 0, None, None)
    opens, closes = (day0 + timedelta(days=day) for day in (plan.first_day, plan.last_day))
    if held is None:
        timing = Timing.MISSING if today > closes else Timing.DUE
        timing = Timing.NOT_YET_DUE if today < opens else timing
        return PlacedVisit(plan, None, timing, None, 0, opens, closes)
    day = (held.day - day0).days
    off = min(day - plan.first_day, 0) + max(day - plan.last_day, 0)
    timing = Timing.IN_WINDOW if off == 0 else Timing.EARLY if off < 0 else Timing.LATE
    return PlacedVisit(plan, held, timing, day, off, opens, closes)


def missing_shots(required: Iterable[Shot], taken: Iterable[tuple[str, Side]]) -> tuple[Shot, ...]:
    """Return the required photographs that a visit still lacks.

    A photo of both sides shows either side. A shot without a side is of the midline or of both
    sides: a photo of one side alone does not show it, photos of the left and of the right do.

    Parameters
    ----------
    required : iterable of Shot
        The shot list of the visit.
    taken : iterable of (str, Side)
        View and side of each photo that was taken.

    Returns
    -------
    tuple of Shot
        In the order of the list.

    Examples
    --------
    >>> [str(shot) for shot in missing_shots(
    ...     [Shot("face"), Shot("arm", Side.LEFT), Shot("arm", Side.RIGHT)],
    ...     [("face", Side.MIDLINE), ("arm", Side.LEFT)])]
    ['arm right']
    """
    sides: dict[str, set[Side]] = {}
    for view, side in taken:
        sides.setdefault(view, set()).add(side)
    return tuple(shot for shot in required if not _shown(shot, sides.get(shot.view, set())))


def _shown(shot: Shot, sides: set[Side]) -> bool:
    if Side.MIDLINE in sides:
        return True
    if shot.side is None:
        return {Side.LEFT, Side.RIGHT} <= sides
    return shot.side in sides
