"""What an import would do: every line held against the record as it is, before any is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lesionscope.core.field import Answer
from lesionscope.core.instrument import Instrument
from lesionscope.core.plain_record import Item, LineFault, PlainVisit, total_fault


@dataclass(frozen=True)
class ImportPlan:
    """What an import would do to the record as it is now.

    Attributes
    ----------
    visits : tuple of PlainVisit
        The lines that would come in.
    faults : tuple of LineFault
        Why others cannot.
    new_patients, new_visits, new_scores : int
        Additions.
    known_scores : int
        Scores that the record has already, alike.
    changed : tuple of str
        Scores that came in before with another value, as sentences.
    """

    visits: tuple[PlainVisit, ...]
    faults: tuple[LineFault, ...]
    new_patients: int
    new_visits: int
    new_scores: int
    known_scores: int
    changed: tuple[str, ...]

    @property
    def adds_nothing(self) -> bool:
        """Whether the record has all of it already."""
        return not (self.new_patients or self.new_visits or self.new_scores or self.changed)


@dataclass
class RecordNow:
    """What the record holds that an import may meet.

    Attributes
    ----------
    patients : dict of str to int
        Pseudonym in small letters to row.
    visits : dict of (int, str, str) to int
        Patient, label and day to row.
    signed : set of (int, str)
        Visit and instrument that was signed here.
    imported : dict of (int, (str, str)) to float or str
        Visit and item to what came in before.
    instruments : mapping of str to Instrument
        Every form that scores may be of.
    """

    patients: dict[str, int]
    visits: dict[tuple[int, str, str], int]
    signed: set[tuple[int, str]]
    imported: dict[tuple[int, Item], Answer]
    instruments: Mapping[str, Instrument]


def plan_of(now: RecordNow, lines: Iterable[PlainVisit]) -> ImportPlan:
    """Hold lines against the record as it is now; a line that cannot come in is named."""
    good, faults, changed = [], [], []
    new_patients: set[str] = set()
    new_visits = new_scores = known_scores = 0
    for line in lines:
        visit_id = _visit_id(now, line)
        wrong = _signed_here(now, line, visit_id) or list(_odd_totals(now, line, visit_id))
        if wrong:
            faults += wrong
            continue
        good.append(line)
        if line.patient.casefold() not in now.patients:
            new_patients.add(line.patient.casefold())
        new_visits += bool(line.visit) and visit_id is None
        for item, value in line.scores.items():
            before = None if visit_id is None else now.imported.get((visit_id, item))
            new_scores += before is None
            known_scores += before == value
            if before not in (None, value):
                changed.append(
                    f"line {line.line}, {'.'.join(item)} of {line.patient}, {line.visit}: "
                    f"{before} becomes {value}"
                )
    return ImportPlan(
        tuple(good),
        tuple(faults),
        len(new_patients),
        new_visits,
        new_scores,
        known_scores,
        tuple(changed),
    )


def _visit_id(now: RecordNow, line: PlainVisit) -> int | None:
    patient_id = now.patients.get(line.patient.casefold())
    if patient_id is None or line.day is None:
        return None
    return now.visits.get((patient_id, line.visit, line.day.isoformat()))


def _signed_here(now: RecordNow, line: PlainVisit, visit_id: int | None) -> list[LineFault]:
    if visit_id is None:
        return []
    names = sorted({name for name, _ in line.scores if (visit_id, name) in now.signed})
    return [
        LineFault(line.line, name, "was signed here for this visit; what was signed stands")
        for name in names
    ]


def _odd_totals(now: RecordNow, line: PlainVisit, visit_id: int | None) -> Iterator[LineFault]:
    """Name each total that cannot stand beside its items, of this line or come in before."""
    for name in dict.fromkeys(name for name, _ in line.scores):
        form = now.instruments.get(name)
        if form is None:
            yield LineFault(line.line, name, "names no instrument of the study")
            continue
        known = _scores_of(now, line, visit_id, form)
        keys = {field.key for field in form.fields}
        items = {key: answer for key, answer in known.items() if key in keys}
        for score in (rule.id for rule in form.scores if rule.id in known.keys() - keys):
            try:
                reason = total_fault(form, score, known[score], items)
            except ValueError as refusal:
                reason = str(refusal)
            if reason:
                before = "" if (name, score) in line.scores else "the total came in before: "
                yield LineFault(line.line, f"{name}.{score}", f"{before}{reason}")


def _scores_of(
    now: RecordNow, line: PlainVisit, visit_id: int | None, form: Instrument
) -> dict[str, Answer]:
    """Return what a form would hold after this line: what came in before, and over it the line."""
    held: dict[str, Answer] = {}
    for key in (*(field.key for field in form.fields), *(rule.id for rule in form.scores)):
        before = None if visit_id is None else now.imported.get((visit_id, (form.id, key)))
        answer = line.scores.get((form.id, key), before)
        if answer is not None:
            held[key] = answer
    return held


def refuse_plan(plan: ImportPlan, reason: str) -> None:
    """Refuse to import what was not looked at, or adds nothing.

    Raises
    ------
    ValueError
        If a line cannot come in, nothing would be added, or a reason is missing.
    """
    if plan.faults:
        raise ValueError(
            f"{plan.faults[0].describe()}; nothing was imported, look at the file again"
        )
    if plan.adds_nothing:
        raise ValueError("the record has all of this already; nothing was imported")
    if plan.changed and not reason.strip():
        raise ValueError(
            f"{plan.changed[0]}: changing what came in before needs a reason; nothing was imported"
        )
