"""The tables of what people signed: readings, forms, answers, totals, countersignatures."""

from __future__ import annotations

from collections.abc import Iterator

from lesionscope.core.cdasi import CDASI, NOT_ASSESSABLE, Answer, Part
from lesionscope.core.form import StoredForm, answer_words
from lesionscope.core.reading import AnswerOrigin, Reading
from lesionscope.core.signature import SignedKind
from lesionscope.core.study_data import StudyData
from lesionscope.exchange.tidy_table import Column, Kind, TidyTable, Value

_OF_A_VISIT = (
    Column("patient", Kind.TEXT, "Pseudonym of the patient.", required=True),
    Column("visit_id", Kind.WHOLE, "Visit, see the table visits.", required=True),
    Column("study_day", Kind.WHOLE, "Day of the visit; the patient's first visit is day 1.", "d"),
)
_SIGNATURE = (
    Column("signed_by", Kind.TEXT, "Full name under the signature.", required=True),
    Column("signed_at", Kind.TIME, "When it was signed, UTC.", required=True),
    Column("meaning", Kind.TEXT, "What the signature stands for.", required=True),
)
_STANDING = (
    Column(
        "current",
        Kind.YES_NO,
        "Whether no later one replaced it. Count current rows only, unless changes are studied.",
        required=True,
    ),
    Column("supersedes", Kind.WHOLE, "The earlier one that it replaced."),
    Column("reason", Kind.TEXT, "Why it replaced the earlier one."),
)
_BOUND = (
    Column("software", Kind.TEXT, "Version of LesionScope with which it was signed."),
    Column(
        "models_seen",
        Kind.TEXT,
        "Model versions of the measurements that lay before the signer, separated by semicolons.",
    ),
    Column("content_sha256", Kind.TEXT, "Hash of everything that was signed.", required=True),
)
_BSA = (
    Column(
        "bsa_percent",
        Kind.NUMBER,
        "Involved body surface area that was signed, of the whole body surface.",
        "%",
    ),
    Column("bsa_low", Kind.NUMBER, "Lower end of its interval.", "%"),
    Column("bsa_high", Kind.NUMBER, "Upper end of its interval.", "%"),
    Column("bsa_level", Kind.NUMBER, "Level of the interval, such as 0.9."),
    Column("bsa_convention", Kind.TEXT, "What one handprint is worth: protocol is 1 %."),
    Column("bsa_source", Kind.TEXT, "What gave the scale."),
)


def readings_table(data: StudyData) -> TidyTable:
    """Make the table of signed CDASI readings, one row each."""
    columns = (
        Column("reading_id", Kind.WHOLE, "Signed reading.", required=True),
        *_OF_A_VISIT,
        *_SIGNATURE,
        *_STANDING,
        Column("cdasi_activity", Kind.WHOLE, "Total, 0 to 100; empty while the form has gaps."),
        Column("cdasi_activity_answered", Kind.WHOLE, "Fields answered, of 50.", required=True),
        Column("cdasi_damage", Kind.WHOLE, "Total, 0 to 32; empty while the form has gaps."),
        Column("cdasi_damage_answered", Kind.WHOLE, "Fields answered, of 31.", required=True),
        *_BSA,
        Column("suggestions_shown", Kind.YES_NO, "Whether the machine's were.", required=True),
        Column("answers_entered", Kind.WHOLE, "Nothing was suggested for them.", required=True),
        Column("answers_confirmed", Kind.WHOLE, "As the machine suggested.", required=True),
        Column("answers_overridden", Kind.WHOLE, "Otherwise than suggested.", required=True),
        *_BOUND,
    )
    return TidyTable(
        "readings",
        "One row per CDASI reading that a person signed. Activity and damage are never added.",
        columns,
        [_reading_row(data, reading) for reading in data.readings],
        ("reading_id",),
        (("visit_id", "visits", "visit_id"),),
    )


def _of_visit(data: StudyData, visit_id: int) -> tuple[Value, ...]:
    return data.pseudonym(visit_id), visit_id, data.study_day(visit_id)


def _signature(data: StudyData, kind: SignedKind, one: Reading | StoredForm) -> tuple[Value, ...]:
    standing = ((kind, one.id) not in data.superseded, one.supersedes, one.reason or None)
    return (one.reader_name, one.signed_at, one.meaning.value, *standing)


def _bound(data: StudyData, kind: SignedKind, one: Reading | StoredForm) -> tuple[Value, ...]:
    return data.signed_with.get((kind, one.id)), models_seen(data, one), one.content_sha256


def models_seen(data: StudyData, one: Reading | StoredForm) -> str | None:
    """Name the models whose measurements lay before a signer; None when there were none."""
    known = (data.measurement_of.get(measured) for measured in one.measurement_ids)
    names = {str(m.document.get("model_version") or "") for m in known if m is not None}
    return "; ".join(sorted(names - {""})) or None


def _reading_row(data: StudyData, reading: Reading) -> tuple[Value, ...]:
    activity, damage = reading.score(Part.ACTIVITY), reading.score(Part.DAMAGE)
    origins = list(reading.origins.values())
    bsa = reading.bsa
    return (
        reading.id,
        *_of_visit(data, reading.visit_id),
        *_signature(data, SignedKind.READING, reading),
        activity.total,
        activity.answered,
        damage.total,
        damage.answered,
        *(
            (None,) * len(_BSA)
            if bsa is None
            else (
                bsa.percent,
                bsa.interval.low,
                bsa.interval.high,
                bsa.interval.level,
                bsa.convention.value,
                bsa.source.value,
            )
        ),
        reading.suggestions_shown,
        *(origins.count(origin) for origin in AnswerOrigin),
        *_bound(data, SignedKind.READING, reading),
    )


def forms_table(data: StudyData) -> TidyTable:
    """Make the table of signed forms of the other instruments, one row each."""
    return TidyTable(
        "forms",
        "One row per form of another instrument than the CDASI that a person signed.",
        (
            Column("form_id", Kind.WHOLE, "Signed form.", required=True),
            *_OF_A_VISIT,
            Column("instrument", Kind.TEXT, "Stable name of the instrument.", required=True),
            Column("instrument_name", Kind.TEXT, "As it was called when signed.", required=True),
            *_SIGNATURE,
            *_STANDING,
            *_BOUND,
        ),
        [
            (
                form.id,
                *_of_visit(data, form.visit_id),
                form.instrument_id,
                form.instrument_name,
                *_signature(data, SignedKind.FORM, form),
                *_bound(data, SignedKind.FORM, form),
            )
            for form in data.forms
        ],
        ("form_id",),
        (("visit_id", "visits", "visit_id"),),
    )


_OF_A_SIGNED = (
    Column("signed_kind", Kind.TEXT, "reading (CDASI) or form (another one).", required=True),
    Column("signed_id", Kind.WHOLE, "Row of readings or forms.", required=True),
    Column("current", Kind.YES_NO, "Whether no later one replaced it.", required=True),
    *_OF_A_VISIT,
    Column("instrument", Kind.TEXT, "Stable name of the instrument.", required=True),
)


def answers_table(data: StudyData) -> TidyTable:
    """Make the table of signed answers, one row each; a blank has no row and is no zero."""
    rows = [row for reading in data.readings for row in _reading_answers(data, reading)]
    rows += [row for form in data.forms for row in _form_answers(data, form)]
    return TidyTable(
        "answers",
        "One row per answer that a person signed. A field left blank has no row: it is no zero.",
        (
            *_OF_A_SIGNED,
            Column("field", Kind.TEXT, "Stable key of the field.", required=True),
            Column("group", Kind.TEXT, "Heading that it stands under."),
            Column("label", Kind.TEXT, "What was asked."),
            Column("value", Kind.NUMBER, "The answer; empty when not assessable."),
            Column("not_assessable", Kind.YES_NO, "The signer could not tell.", required=True),
            Column("words", Kind.TEXT, "The answer with its meaning."),
            Column(
                "origin",
                Kind.TEXT,
                "entered: the machine suggested nothing; confirmed: the signer kept what it "
                "suggested; overridden: the signer chose otherwise. Signed by a person in all.",
                required=True,
            ),
        ),
        rows,
        ("signed_kind", "signed_id", "field"),
        (("visit_id", "visits", "visit_id"),),
    )


def _of_signed(data: StudyData, kind: SignedKind, one: Reading | StoredForm) -> tuple[Value, ...]:
    current = (kind, one.id) not in data.superseded
    instrument = CDASI.id if isinstance(one, Reading) else one.instrument_id
    return (kind.value, one.id, current, *_of_visit(data, one.visit_id), instrument)


def _number(answer: Answer | float) -> tuple[Value, Value]:
    """Return the value and whether it was not assessable."""
    return (None, True) if isinstance(answer, str) else (float(answer), False)


def _reading_answers(data: StudyData, reading: Reading) -> Iterator[tuple[Value, ...]]:
    for field in CDASI.fields:
        if field.key in reading.answers:
            answer = reading.answers[field.key]
            yield (
                *_of_signed(data, SignedKind.READING, reading),
                field.key,
                field.group,
                field.label,
                *_number(answer),
                answer_words(field, answer),
                reading.origins[field.key].value,
            )


def _form_answers(data: StudyData, form: StoredForm) -> Iterator[tuple[Value, ...]]:
    for key, answer in form.answers.items():
        asked = form.asked.get(key)
        yield (
            *_of_signed(data, SignedKind.FORM, form),
            key,
            asked.group if asked else None,
            asked.label if asked else None,
            *_number(answer),
            (asked.words if asked else "") or (NOT_ASSESSABLE if isinstance(answer, str) else None),
            form.origins[key].value,
        )


def totals_table(data: StudyData) -> TidyTable:
    """Make the table of totals of what was signed, one row each, also where there is none."""
    rows: list[tuple[Value, ...]] = []
    for reading in data.readings:
        of = _of_signed(data, SignedKind.READING, reading)
        for part in Part:
            score = reading.score(part)
            rows.append((*of, part.value, f"CDASI {part.value}", score.total, score.describe()))
    for form in data.forms:
        of = _of_signed(data, SignedKind.FORM, form)
        rows += [(*of, key, one.label, one.value, one.words) for key, one in form.totals.items()]
    return TidyTable(
        "totals",
        "One row per total of a signed reading or form; a form with gaps has no number.",
        (
            *_OF_A_SIGNED,
            Column("score", Kind.TEXT, "Stable name of the score.", required=True),
            Column("label", Kind.TEXT, "Name of the score.", required=True),
            Column("total", Kind.NUMBER, "The total; empty where the form has none."),
            Column("words", Kind.TEXT, "The total and its range, or why there is none."),
        ),
        rows,
        ("signed_kind", "signed_id", "score"),
        (("visit_id", "visits", "visit_id"),),
    )


def imported_table(data: StudyData) -> TidyTable:
    """Make the table of scores that came in from files, one row each."""
    return TidyTable(
        "imported_scores",
        "One row per score that came in from a file of another system. Nobody signed it here.",
        (
            Column("imported_id", Kind.WHOLE, "Imported score.", required=True),
            *_OF_A_VISIT,
            Column("instrument", Kind.TEXT, "Stable name of the instrument.", required=True),
            Column("field", Kind.TEXT, "Field or total, as in answers.", required=True),
            Column("value", Kind.NUMBER, "The number; empty when not assessable."),
            Column("not_assessable", Kind.YES_NO, "The rater could not tell.", required=True),
            Column("rater", Kind.TEXT, "Name as the file had it; empty where it had none."),
            Column("imported_at", Kind.TIME, "When it came in, UTC.", required=True),
            Column("current", Kind.YES_NO, "The newest of its visit and field.", required=True),
        ),
        [
            (
                one.id,
                *_of_visit(data, one.visit_id),
                one.instrument,
                one.item,
                *_number(one.value),
                one.rater or None,
                one.imported_at,
                one.current,
            )
            for one in data.imported
        ],
        ("imported_id",),
        (("visit_id", "visits", "visit_id"),),
    )


def countersignatures_table(data: StudyData) -> TidyTable:
    """Make the table of reviews and approvals, one row each."""
    return TidyTable(
        "countersignatures",
        "One row per review or approval by a second person.",
        (
            Column("countersignature_id", Kind.WHOLE, "Countersignature.", required=True),
            Column("signed_kind", Kind.TEXT, "reading or form.", required=True),
            Column("signed_id", Kind.WHOLE, "Row of readings or forms.", required=True),
            *_SIGNATURE,
            Column("words", Kind.TEXT, "What the second person wrote beside it."),
            Column("signed_sha256", Kind.TEXT, "Hash of what was countersigned.", required=True),
            Column("content_sha256", Kind.TEXT, "Hash of the countersignature.", required=True),
        ),
        [
            (
                one.id,
                one.kind.value,
                one.entity_id,
                one.signer_name,
                one.signed_at,
                one.meaning.value,
                one.words or None,
                one.signed_sha256,
                one.content_sha256,
            )
            for one in data.countersignatures
        ],
        ("countersignature_id",),
    )
