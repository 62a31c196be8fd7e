"""The protocol of a study: what it fixes, from which source, and what its text leaves open.

Every fact names its source. A fact that no source states has no value, and then the protocol must
say what is open and what the software does until somebody settles it. Nothing is filled in from
habit: a missing PGA scale stays missing, and the questions that hang on it go unanswered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace

from lesionscope.core.catalogue import InstrumentSettings, StudyNumber, instruments
from lesionscope.core.catbm import COMBINED, catbm
from lesionscope.core.change import MeasurementError
from lesionscope.core.criterion import (
    ID,
    Criterion,
    DiscordanceRule,
    Quantity,
    ResponseRule,
)
from lesionscope.core.field import Numbers
from lesionscope.core.instrument import Instrument
from lesionscope.core.schedule import PlannedVisit, ShotList, check_schedule
from lesionscope.core.study import (
    Blinding,
    Design,
    OpenQuestion,
    OwnNumber,
    PersonCheck,
    ReadingPlan,
    Source,
    Sourced,
    Treatment,
)
from lesionscope.core.study_settings import PGA_SCALES, Settings

STUDY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What a study may be called, such as a registry number."""

MEASURED_AREA = "bsa"
"""What a visit lists for the body surface area that the software measures in its photos."""


class Contradiction(ValueError):  # noqa: N818 - the name says what is wrong
    """Parts of a protocol that do not fit together.

    Attributes
    ----------
    faults : tuple of (str, str)
        Path of the part, and what does not fit.
    """

    def __init__(self, faults: tuple[tuple[str, str], ...]) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{path}: {reason}" for path, reason in faults))


@dataclass(frozen=True)
class Protocol:
    """The protocol of a study.

    Attributes
    ----------
    id, title, version : str
        Registry number or short name; title; version of the text that was read.
    sources : tuple of Source
        Everything that facts are taken from.
    design : Design
        The study at a glance.
    settings : Settings
        The study's choices.
    eligibility : tuple of Criterion
        Rules on measured and signed values.
    person_checks : tuple of PersonCheck
        Criteria for a person.
    numbers : tuple of OwnNumber
        Numbers that the study defines for itself.
    shot_lists : tuple of ShotList
        Photographs, by name.
    visits : tuple of PlannedVisit
        The schedule.
    reading : ReadingPlan
        Who reads.
    discordance : tuple of DiscordanceRule
        When readings must be settled.
    blinding : Blinding
        What readers do not see.
    response : tuple of ResponseRule
        Who counts as a responder.
    treatment : Treatment or None
        The cream; None where the study gives none.
    open_questions : tuple of OpenQuestion
        What the text does not say.
    """

    id: str
    title: str
    version: str
    sources: tuple[Source, ...]
    design: Design
    settings: Settings
    eligibility: tuple[Criterion, ...]
    person_checks: tuple[PersonCheck, ...]
    numbers: tuple[OwnNumber, ...]
    shot_lists: tuple[ShotList, ...]
    visits: tuple[PlannedVisit, ...]
    reading: ReadingPlan
    discordance: tuple[DiscordanceRule, ...]
    blinding: Blinding
    response: tuple[ResponseRule, ...]
    treatment: Treatment | None
    open_questions: tuple[OpenQuestion, ...] = ()

    def __post_init__(self) -> None:
        if not STUDY_ID.fullmatch(self.id):
            raise Contradiction(
                (("id", f"must be 1 to 64 letters, digits, dots or dashes, got {self.id!r}"),)
            )
        faults = tuple(self.contradictions())
        if faults:
            raise Contradiction(faults)

    @property
    def baseline(self) -> PlannedVisit:
        """The visit of day 0."""
        return next(visit for visit in self.visits if visit.day == 0)

    def visit_named(self, visit_id: str) -> PlannedVisit:
        """Return the planned visit of this id.

        Raises
        ------
        ValueError
            If the schedule has none.
        """
        for visit in self.visits:
            if visit.id == visit_id:
                return visit
        known = ", ".join(visit.id for visit in self.visits)
        raise ValueError(f"visit must be one of {known}; got {visit_id!r}")

    def shot_list_of(self, visit: PlannedVisit) -> ShotList | None:
        """Return the photographs that a visit needs, or None where it needs none."""
        return next((item for item in self.shot_lists if item.id == visit.shot_list), None)

    def source_named(self, source_id: str) -> Source:
        """Return the source of this id."""
        return next(source for source in self.sources if source.id == source_id)

    def instrument_settings(self) -> InstrumentSettings:
        """Return what the study sets of the instruments.

        Raises
        ------
        ValueError
            If it adopts a threshold that does not exist, or a number of its own is not one.
        """
        texts = {source.id: source.text for source in self.sources}
        errors = {
            (one.instrument, one.score): MeasurementError(one.sem, texts[one.source])
            for one in self.settings.errors
        }
        return replace(_chosen_scales(self), errors=errors)

    def scored(self, instrument: str) -> tuple[PlannedVisit, ...]:
        """Return the visits at which an instrument is scored."""
        return tuple(visit for visit in self.visits if instrument in visit.instruments)

    def parts(self) -> dict[str, object]:
        """Return every part of the protocol by its path, such as ``"settings.pga_scale"``."""
        return dict(_parts("", self))

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield what does not fit together, as path and reason; nothing in a valid protocol."""
        yield from _twice_named(self)
        yield from _schedule_faults(self)
        yield from _source_faults(self)
        yield from _open_faults(self)
        yield from _scale_faults(self)
        yield from _instrument_faults(self)


def _chosen_scales(protocol: Protocol) -> InstrumentSettings:
    """Return what a study sets of the instruments, but for the errors of its readers."""
    chosen, scale = protocol.settings, protocol.settings.pga_scale.value
    cutoff = chosen.severity_cutoff.value
    return InstrumentSettings(
        pga_scale=PGA_SCALES[scale] if scale else None,
        catbm_combined=_combined(protocol),
        severity_cutoff=cutoff.value if cutoff else "",
        dlqi_one_blank_is_zero=bool(chosen.dlqi_one_blank_is_zero.value),
        itch_visual_analogue=bool(chosen.itch_visual_analogue.value),
        adopted=frozenset(chosen.adopted.value or ()),
        numbers=tuple(_study_number(number) for number in protocol.numbers),
    )


def _combined(protocol: Protocol) -> tuple[str, ...]:
    asked = protocol.settings.catbm_combined
    return COMBINED if asked is None or asked.value is None else asked.value


def _parts(path: str, value: object) -> Iterator[tuple[str, object]]:
    """Walk a protocol: attributes by name, members of a tuple by their id."""
    if path:
        yield path, value
    if isinstance(value, tuple):
        for number, member in enumerate(value, start=1):
            name = getattr(member, "id", None)
            if is_dataclass(member):
                yield from _parts(f"{path}[{name if name else f'#{number}'}]", member)
    elif is_dataclass(value) and not isinstance(value, Sourced):
        for part in fields(value):
            if part.name not in ("id", "source", "open_questions"):
                below = f"{path}.{part.name}" if path else part.name
                yield from _parts(below, getattr(value, part.name))


def _twice_named(protocol: Protocol) -> Iterator[tuple[str, str]]:
    named = {
        "sources": [source.id for source in protocol.sources],
        "eligibility": [criterion.id for criterion in protocol.eligibility],
        "person_checks": [check.id for check in protocol.person_checks],
        "numbers": [number.id for number in protocol.numbers],
        "shot_lists": [shots.id for shots in protocol.shot_lists],
        "discordance": [rule.id for rule in protocol.discordance],
        "response": [rule.id for rule in protocol.response],
    }
    for path, ids in named.items():
        for name in sorted({name for name in ids if ids.count(name) > 1}):
            yield path, f"each id is used once, {name!r} is used twice"
        for name in ids:
            if not ID.fullmatch(name):
                yield path, f"an id is lower case letters, digits and _, got {name!r}"


def _schedule_faults(protocol: Protocol) -> Iterator[tuple[str, str]]:
    try:
        check_schedule(protocol.visits)
    except ValueError as error:
        yield "visits", str(error)
    lists = {shots.id for shots in protocol.shot_lists}
    for visit in protocol.visits:
        if visit.shot_list is not None and visit.shot_list not in lists:
            yield f"visits[{visit.id}].shot_list", f"there is no shot list {visit.shot_list!r}"
    days = {visit.id: visit.day for visit in protocol.visits}
    for rule in protocol.response:
        if days.get(rule.visit, 0) <= 0:
            reason = f"response needs a visit after the baseline, got {rule.visit!r}"
            yield f"response[{rule.id}].visit", reason
    ruled = {criterion.quantity for criterion in protocol.eligibility}
    for discordance in protocol.discordance:
        if discordance.opposite_sides and discordance.quantity not in ruled:
            reason = f"no eligibility rule is about {discordance.quantity.value}"
            yield f"discordance[{discordance.id}].opposite_sides", reason
    if protocol.discordance and protocol.reading.readers.value == 1:
        yield "discordance", "one reader has nobody to differ from"


def _source_faults(protocol: Protocol) -> Iterator[tuple[str, str]]:
    known = [source.id for source in protocol.sources]
    for path, part in protocol.parts().items():
        source = getattr(part, "source", None)
        if isinstance(source, str) and source not in known:
            yield f"{path}.source", f"there is no source {source!r}, only {', '.join(known)}"


def _open_faults(protocol: Protocol) -> Iterator[tuple[str, str]]:
    parts = protocol.parts()
    asked = {question.about for question in protocol.open_questions}
    for number, question in enumerate(protocol.open_questions, start=1):
        if question.about not in parts:
            yield f"open_questions[#{number}].about", f"there is no part {question.about!r}"
    for path, part in parts.items():
        if isinstance(part, Sourced) and part.value is None and path not in asked:
            yield path, "it has no value, so open_questions must say what is open"
    if not protocol.response and "response" not in asked:
        yield "response", "there is no rule, so open_questions must say what is open"


def _scale_faults(protocol: Protocol) -> Iterator[tuple[str, str]]:
    """Find rules on the PGA that its scale cannot answer."""
    scale = protocol.settings.pga_scale.value
    for rule in protocol.response:
        if rule.quantity is Quantity.PGA and scale is None:
            yield f"response[{rule.id}]", "a rule on the PGA needs settings.pga_scale"
    if scale is None:
        return
    for criterion in protocol.eligibility:
        for bound in (*criterion.include, *criterion.exclude):
            if criterion.quantity is Quantity.PGA and bound.value > PGA_SCALES[scale].high:
                reason = f"{scale.value} ends at {PGA_SCALES[scale].high:g}, got {bound}"
                yield f"eligibility[{criterion.id}]", reason


def _study_number(number: OwnNumber) -> StudyNumber:
    scale = Numbers(number.low, number.high, number.unit, number.decimals)
    return StudyNumber(number.id, number.label, scale, number.asked, number.rater)


def _instrument_faults(protocol: Protocol) -> Iterator[tuple[str, str]]:
    """Find numbers of the study, thresholds adopted and instruments scored that do not exist."""
    sound = True
    for number in protocol.numbers:
        try:
            _study_number(number)
        except ValueError as error:
            sound = False
            yield f"numbers[{number.id}]", str(error)
    try:
        catbm(_combined(protocol))
    except ValueError as error:
        sound = False
        yield "settings.catbm_combined", str(error)
    if not sound:
        return
    try:
        forms = instruments(_chosen_scales(protocol))
    except ValueError as error:
        yield "settings.adopted" if "unverified" in str(error) else "numbers", str(error)
        return
    yield from _error_faults(protocol, forms)
    known = {MEASURED_AREA, *forms}
    for visit in protocol.visits:
        for name in visit.instruments:
            if name not in known:
                reason = f"needs one of {', '.join(sorted(known))}; got {name!r}"
                yield f"visits[{visit.id}].instruments", reason


def _error_faults(protocol: Protocol, forms: Mapping[str, Instrument]) -> Iterator[tuple[str, str]]:
    """Find measurement errors of scores that do not exist, or given twice."""
    seen = set()
    for number, one in enumerate(protocol.settings.errors, start=1):
        path = f"settings.errors[#{number}]"
        if one.instrument not in forms:
            yield path, f"instrument must be one of {', '.join(forms)}; got {one.instrument!r}"
            continue
        try:
            forms[one.instrument].rule(one.score)
        except ValueError as error:
            yield path, str(error)
        if (one.instrument, one.score) in seen:
            yield path, f"the error of {one.instrument}, {one.score} is given twice"
        seen.add((one.instrument, one.score))
