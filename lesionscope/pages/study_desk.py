"""What the parts of the study page share: the colours of its badges, and windows in words."""

from __future__ import annotations

from lesionscope.core.trial import PlacedVisit, Timing
from lesionscope.pages import frame
from lesionscope.scoring.eligibility import Answer, Verdict

TIMING_COLOURS = {
    Timing.IN_WINDOW: "green",
    Timing.EARLY: "orange",
    Timing.LATE: "orange",
    Timing.MISSING: "red",
    Timing.DUE: "blue",
    Timing.NOT_YET_DUE: "gray",
    Timing.NO_BASELINE: "gray",
}
"""Colour of the badge of each timing; the words beside it say the same."""

VERDICT_COLOURS = {
    Verdict.ELIGIBLE: "green",
    Verdict.NOT_ELIGIBLE: "red",
    Verdict.UNDETERMINED: "orange",
}
ANSWER_COLOURS = {Answer.MET: "green", Answer.NOT_MET: "red", Answer.UNDETERMINED: "orange"}


def window_words(placed: PlacedVisit) -> str:
    """Write the window of a planned visit with its dates, as far as a baseline gives them."""
    plan = placed.planned
    days = f"day {plan.day}"
    if plan.days_early or plan.days_late:
        days = f"day {plan.first_day} to {plan.last_day}"
    if placed.opens is None or placed.closes is None:
        return days
    if placed.opens == placed.closes:
        return f"{days} · {frame.day_name(placed.opens)}"
    opens = frame.day_name(placed.opens)
    if placed.opens.year == placed.closes.year:
        opens = opens.removesuffix(f" {placed.opens.year}")
    return f"{days} · {opens} to {frame.day_name(placed.closes)}"
