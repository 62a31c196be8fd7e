"""Reads each part of a protocol from its place in a YAML file, see ``docs/protocol.md``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from lesionscope.core.criterion import (
    Criterion,
    DiscordanceRule,
    Quantity,
    ResponseRule,
    bound_from,
)
from lesionscope.core.evidence import Certainty
from lesionscope.core.instrument import Rater
from lesionscope.core.measurement import Convention
from lesionscope.core.protocol import Protocol
from lesionscope.core.schedule import PlannedVisit, ShotList, shot_from
from lesionscope.core.study import (
    Blinding,
    Design,
    OpenQuestion,
    OwnNumber,
    PersonCheck,
    ReadingPlan,
    Source,
    Sourced,
    SupplyCap,
    Treatment,
)
from lesionscope.core.study_settings import PgaScale, ReaderError, Settings, SeverityCutoff
from lesionscope.exchange.protocol_text import FORMAT
from lesionscope.exchange.yaml_tree import Keys, Place

T = TypeVar("T")

CERTAINTIES = {certainty.name.lower(): certainty for certainty in Certainty}
QUANTITIES = {quantity.value: quantity for quantity in Quantity}
RATERS = {rater.value: rater for rater in Rater}
SCALES = {scale.value: scale for scale in PgaScale}
CUTOFFS = {cutoff.value: cutoff for cutoff in SeverityCutoff}
CONVENTIONS = {convention.value: convention for convention in Convention}


def protocol_at(place: Place) -> Protocol | None:
    """Read a protocol at the root of a file.

    Parameters
    ----------
    place : Place
        The root. Its faults grow by whatever is found.

    Returns
    -------
    Protocol or None
        None where a fault was found.

    Raises
    ------
    Contradiction
        If every part is sound and they do not fit together.
    """
    keys = place.keys(
        *("format", "id", "title", "version", "sources", "design", "settings", "eligibility"),
        *("person_checks", "numbers", "shot_lists", "visits", "reading", "discordance"),
        *("blinding", "response", "treatment", "open_questions"),
    )
    keys.read("format", lambda p: p.choice({FORMAT: FORMAT}))
    parts: dict[str, object] = {
        **{name: keys.read(name, Place.text) for name in ("id", "title", "version")},
        **{name: keys.read(name, partial(Place.each, read=read)) for name, read in _LISTS.items()},
        "design": keys.read("design", _design),
        "settings": keys.read("settings", _settings),
        "reading": keys.read("reading", _reading),
        "blinding": keys.read("blinding", _blinding),
        "treatment": keys.read_open("treatment", _treatment),
    }
    # A contradiction names the parts that do not fit, so it is not made one fault of the file.
    return None if place.faults else Protocol(**parts)  # type: ignore[arg-type]


def _sourced(keys: Keys, name: str, read: Callable[[Place], T]) -> Sourced[T]:
    """Read a value with its source; null where the text leaves it open."""

    def one(place: Place) -> Sourced[T]:
        parts = place.keys("value", "source", optional=("note",))
        return place.build(
            Sourced,
            value=parts.read_open("value", read),
            source=parts.read("source", Place.text),
            note=parts.read_or("note", Place.text, ""),
        )

    return keys.read(name, one)


def _source(place: Place) -> Source:
    keys = place.keys("id", "certainty", "text")
    return place.build(
        Source,
        id=keys.read("id", Place.text),
        certainty=keys.read("certainty", lambda p: p.choice(CERTAINTIES)),
        text=keys.read("text", Place.text),
    )


def _design(place: Place) -> Design:
    keys = place.keys("patients", "arms", "phase", "masking")
    return place.build(
        Design,
        patients=_sourced(keys, "patients", Place.whole),
        arms=_sourced(keys, "arms", Place.whole),
        phase=_sourced(keys, "phase", Place.text),
        masking=_sourced(keys, "masking", Place.text),
    )


def _settings(place: Place) -> Settings:
    keys = place.keys(
        *("pga_scale", "severity_cutoff", "bsa_convention", "certainty", "adopted"),
        *("dlqi_one_blank_is_zero", "itch_visual_analogue"),
        optional=("errors", "catbm_combined"),
    )
    none_given: tuple[ReaderError, ...] = ()
    return place.build(
        Settings,
        pga_scale=_sourced(keys, "pga_scale", lambda p: p.choice(SCALES)),
        severity_cutoff=_sourced(keys, "severity_cutoff", lambda p: p.choice(CUTOFFS)),
        bsa_convention=_sourced(keys, "bsa_convention", lambda p: p.choice(CONVENTIONS)),
        certainty=_sourced(keys, "certainty", Place.number),
        adopted=_sourced(keys, "adopted", lambda p: p.each(Place.text)),
        dlqi_one_blank_is_zero=_sourced(keys, "dlqi_one_blank_is_zero", Place.flag),
        itch_visual_analogue=_sourced(keys, "itch_visual_analogue", Place.flag),
        errors=keys.read_or("errors", _reader_errors, none_given),
        catbm_combined=_sourced(keys, "catbm_combined", lambda p: p.each(Place.text)),
    )


def _reader_errors(place: Place) -> tuple[ReaderError, ...]:
    return place.each(_reader_error)


def _reader_error(place: Place) -> ReaderError:
    texts = ("instrument", "score", "source")
    keys = place.keys(*texts, "sem")
    return place.build(
        ReaderError,
        **{name: keys.read(name, Place.text) for name in texts},
        sem=keys.read("sem", Place.number),
    )


def _criterion(place: Place) -> Criterion:
    keys = place.keys("id", "quantity", "include", "exclude", "source", optional=("note",))
    return place.build(
        Criterion,
        id=keys.read("id", Place.text),
        quantity=keys.read("quantity", lambda p: p.choice(QUANTITIES)),
        include=keys.read("include", lambda p: p.each(_bound)),
        exclude=keys.read("exclude", lambda p: p.each(_bound)),
        source=keys.read("source", Place.text),
        note=keys.read_or("note", Place.text, ""),
    )


_bound = partial(Place.parsed, read=bound_from)


def _person_check(place: Place) -> PersonCheck:
    keys = place.keys("id", "text", "source")
    return place.build(
        PersonCheck, **{name: keys.read(name, Place.text) for name in ("id", "text", "source")}
    )


def _own_number(place: Place) -> OwnNumber:
    texts = ("id", "label", "asked", "unit", "source")
    keys = place.keys(*texts, "low", "high", "decimals", "rater")
    return place.build(
        OwnNumber,
        **{name: keys.read(name, Place.text) for name in texts},
        low=keys.read("low", Place.number),
        high=keys.read("high", Place.number),
        decimals=keys.read("decimals", Place.whole),
        rater=keys.read("rater", lambda p: p.choice(RATERS)),
    )


def _shot_list(place: Place) -> ShotList:
    keys = place.keys("id", "shots", "source")
    return place.build(
        ShotList,
        id=keys.read("id", Place.text),
        shots=keys.read("shots", lambda p: p.each(partial(Place.parsed, read=shot_from))),
        source=keys.read("source", Place.text),
    )


def _visit(place: Place) -> PlannedVisit:
    keys = place.keys(
        *("id", "label", "day", "days_early", "days_late", "shot_list", "instruments", "source")
    )
    return place.build(
        PlannedVisit,
        id=keys.read("id", Place.text),
        label=keys.read("label", Place.text),
        day=keys.read("day", Place.whole),
        days_early=keys.read("days_early", Place.whole),
        days_late=keys.read("days_late", Place.whole),
        shot_list=keys.read_open("shot_list", Place.text),
        instruments=keys.read("instruments", lambda p: p.each(Place.text)),
        source=keys.read("source", Place.text),
    )


def _reading(place: Place) -> ReadingPlan:
    keys = place.keys("readers", "adjudicator", "hidden_repeats_percent")
    return place.build(
        ReadingPlan,
        readers=_sourced(keys, "readers", Place.whole),
        adjudicator=_sourced(keys, "adjudicator", Place.flag),
        hidden_repeats_percent=_sourced(keys, "hidden_repeats_percent", Place.number),
    )


def _discordance(place: Place) -> DiscordanceRule:
    keys = place.keys(
        *("id", "quantity", "source"), optional=("difference", "relative_percent", "opposite_sides")
    )
    return place.build(
        DiscordanceRule,
        id=keys.read("id", Place.text),
        quantity=keys.read("quantity", lambda p: p.choice(QUANTITIES)),
        source=keys.read("source", Place.text),
        difference=keys.read("difference", _bound),
        relative_percent=keys.read("relative_percent", _bound),
        opposite_sides=keys.read_or("opposite_sides", Place.flag, False),
    )


def _blinding(place: Place) -> Blinding:
    names = (
        *("treatment_hidden", "visit_hidden", "order_random"),
        *("baseline_shown", "suggestion_after_reading"),
    )
    keys = place.keys(*names)
    return place.build(Blinding, **{name: _sourced(keys, name, Place.flag) for name in names})


def _response(place: Place) -> ResponseRule:
    keys = place.keys(
        *("id", "quantity", "visit", "source"), optional=("drop", "drop_percent", "reaches")
    )
    return place.build(
        ResponseRule,
        id=keys.read("id", Place.text),
        quantity=keys.read("quantity", lambda p: p.choice(QUANTITIES)),
        visit=keys.read("visit", Place.text),
        source=keys.read("source", Place.text),
        **{name: keys.read(name, _bound) for name in ("drop", "drop_percent", "reaches")},
    )


def _cap(place: Place) -> SupplyCap:
    keys = place.keys("grams", "days", "source")
    return place.build(
        SupplyCap,
        grams=keys.read("grams", Place.number),
        days=keys.read("days", Place.whole),
        source=keys.read("source", Place.text),
    )


def _treatment(place: Place) -> Treatment:
    keys = place.keys(
        *("name", "applications_per_day", "weeks_at_most", "bsa_percent_at_most"),
        *("warn_from_bsa_percent", "caps"),
    )
    return place.build(
        Treatment,
        name=_sourced(keys, "name", Place.text),
        applications_per_day=_sourced(keys, "applications_per_day", Place.whole),
        weeks_at_most=_sourced(keys, "weeks_at_most", Place.whole),
        bsa_percent_at_most=_sourced(keys, "bsa_percent_at_most", Place.number),
        warn_from_bsa_percent=_sourced(keys, "warn_from_bsa_percent", Place.number),
        caps=keys.read("caps", lambda p: p.each(_cap)),
    )


def _open_question(place: Place) -> OpenQuestion:
    names = ("about", "question", "until_settled")
    keys = place.keys(*names)
    return place.build(OpenQuestion, **{name: keys.read(name, Place.text) for name in names})


_LISTS: dict[str, Callable[[Place], object]] = {
    "sources": _source,
    "eligibility": _criterion,
    "person_checks": _person_check,
    "numbers": _own_number,
    "shot_lists": _shot_list,
    "visits": _visit,
    "discordance": _discordance,
    "response": _response,
    "open_questions": _open_question,
}
