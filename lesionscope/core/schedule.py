"""The visits that a study plans: when each is due, what is photographed and what is scored.

Days are counted from the baseline visit, which is day 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from lesionscope.core.criterion import ID
from lesionscope.core.sites import Side, View, view_named

LONGEST_DAYS = 3660
"""No visit is planned further from the baseline than ten years."""


@dataclass(frozen=True)
class Shot:
    """One photograph that a visit needs.

    Attributes
    ----------
    view : str
        Id of a standard view, see `lesionscope.core.sites.VIEWS`.
    side : Side or None
        Left or right; None for a view of the midline or of both sides.

    Examples
    --------
    >>> str(Shot("arm", Side.LEFT)), Shot("arm", Side.LEFT).label()
    ('arm left', 'Arm, left')
    """

    view: str
    side: Side | None = None

    def __post_init__(self) -> None:
        if self.view == "other":
            raise ValueError('a shot needs a standard view, "other" asks for nothing')
        view_named(self.view)
        if self.side is Side.MIDLINE:
            raise ValueError("a shot of the midline or of both sides has no side")

    def label(self) -> str:
        """Return what a photographer is asked for."""
        label = self.standard_view().label
        return label if self.side is None else f"{label}, {self.side.value}"

    def standard_view(self) -> View:
        """Return the standard view."""
        return view_named(self.view)

    def __str__(self) -> str:
        return self.view if self.side is None else f"{self.view} {self.side.value}"


def shot_from(text: str) -> Shot:
    """Read a shot such as ``"face"`` or ``"arm left"``.

    Raises
    ------
    ValueError
        If the view is not a standard one or the side is neither left nor right.
    """
    view, _, side = text.strip().partition(" ")
    if not side:
        return Shot(view)
    if side.strip() not in (Side.LEFT.value, Side.RIGHT.value):
        raise ValueError(f"a side must be left or right, got {side.strip()!r}")
    return Shot(view, Side(side.strip()))


@dataclass(frozen=True)
class ShotList:
    """The photographs of a visit, in the order in which they are taken.

    Attributes
    ----------
    id : str
        Names the list.
    shots : tuple of Shot
        Each once.
    source : str
        Id of the source.
    """

    id: str
    shots: tuple[Shot, ...]
    source: str

    def __post_init__(self) -> None:
        if not self.shots:
            raise ValueError("a shot list needs at least one shot")
        twice = sorted({str(shot) for shot in self.shots if self.shots.count(shot) > 1})
        if twice:
            raise ValueError(f"each shot is listed once, got twice: {', '.join(twice)}")


@dataclass(frozen=True)
class PlannedVisit:
    """One visit of the schedule.

    Attributes
    ----------
    id : str
        Names the visit.
    label : str
        As people write it, such as ``"Week 4"``; a held visit is recognised by it.
    day : int
        Days after the baseline; negative before it.
    days_early, days_late : int
        Width of the window on either side, in days; both 0 for the baseline.
    shot_list : str or None
        Id of the shot list; None where no photo is required.
    instruments : tuple of str
        Ids of what is scored: ``"bsa"`` for the area measured in photos, an instrument of
        `lesionscope.core.catalogue`, or a number of the study's own.
    source : str
        Id of the source.
    """

    id: str
    label: str
    day: int
    days_early: int
    days_late: int
    shot_list: str | None
    instruments: tuple[str, ...]
    source: str

    def __post_init__(self) -> None:
        if not ID.fullmatch(self.id):
            raise ValueError(f"an id is lower case letters, digits and _, got {self.id!r}")
        if not self.label.strip():
            raise ValueError("a visit needs a label")
        if abs(self.day) > LONGEST_DAYS:
            raise ValueError(f"day must be within {LONGEST_DAYS} days, got {self.day}")
        if self.days_early < 0 or self.days_late < 0:
            raise ValueError(
                f"a window is 0 or more days wide, got {self.days_early} early "
                f"and {self.days_late} late"
            )
        if self.day == 0 and (self.days_early or self.days_late):
            raise ValueError("the baseline is day 0 by definition and has no window")
        if len(set(self.instruments)) != len(self.instruments):
            raise ValueError("each instrument is listed once")

    @property
    def first_day(self) -> int:
        """First day of the window."""
        return self.day - self.days_early

    @property
    def last_day(self) -> int:
        """Last day of the window."""
        return self.day + self.days_late

    def is_called(self, label: str) -> bool:
        """Return whether a held visit's label names this visit."""
        return label.strip().casefold() in (self.label.strip().casefold(), self.id)


def check_schedule(visits: Sequence[PlannedVisit]) -> None:
    """Refuse a schedule in which a day could belong to two visits, or to none.

    Raises
    ------
    ValueError
        If there is not exactly one baseline, an id or label occurs twice, the visits are not in
        the order of their days, or two windows share a day.
    """
    baselines = sum(visit.day == 0 for visit in visits)
    if baselines != 1:
        raise ValueError(f"exactly one visit must be the baseline, day 0, got {baselines}")
    for names in ([v.id for v in visits], [v.label.strip().casefold() for v in visits]):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"each visit needs a name of its own, got twice: {', '.join(twice)}")
    for before, after in pairwise(visits):
        if before.day >= after.day:
            raise ValueError(f"visits must be in the order of their days, {after.id} is not")
        if before.last_day >= after.first_day:
            raise ValueError(
                f"windows must not overlap: {before.id} ends on day {before.last_day} and "
                f"{after.id} begins on day {after.first_day}"
            )
