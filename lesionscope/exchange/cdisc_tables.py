"""A study as long tables in the manner of SDTM: QS for what people signed, FA for the machine.

They follow the names and rules of the SDTM Implementation Guide, with columns of this project at
the end of each; they are no submission and were checked by no validator of CDISC.

References
----------
CDISC SDTM Implementation Guide 3.4, domains QS (questionnaires) and FA (findings about).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from lesionscope.core.catalogue import instruments
from lesionscope.core.cdasi import CDASI, Answer, Part
from lesionscope.core.field import NOT_ASSESSABLE
from lesionscope.core.form import StoredForm, answer_words
from lesionscope.core.instrument import Rater
from lesionscope.core.measurement import Item
from lesionscope.core.people import Visit
from lesionscope.core.reading import Reading
from lesionscope.core.signature import SignedKind
from lesionscope.core.sites import FACTS, Side
from lesionscope.core.study_data import RecordedMeasurement, StudyData
from lesionscope.exchange.cdisc_codes import (
    NO_TERMINOLOGY,
    SIGNED_BSA,
    TestCode,
    cdasi_codes,
    cdasi_total_code,
    form_codes,
)
from lesionscope.exchange.csv_table import Cell, csv_table
from lesionscope.exchange.odm import odm_document
from lesionscope.exchange.signed_tables import models_seen

QS = (
    *("STUDYID", "DOMAIN", "USUBJID", "QSSEQ", "QSTESTCD", "QSTEST", "QSCAT", "QSSCAT"),
    *("QSORRES", "QSORRESU", "QSSTRESC", "QSSTRESN", "QSSTRESU", "QSSTAT", "QSREASND", "QSEVAL"),
    *("VISITNUM", "VISIT", "QSDTC", "QSDY"),
    *("XORIGIN", "XSIGNBY", "XSIGNDTC", "XMEANING", "XSHA256", "XSOFTWR", "XMODEL"),
)
"""Columns of the table of signed answers and totals; those with X are this project's."""

FA = (
    *("STUDYID", "DOMAIN", "USUBJID", "FASEQ", "FATESTCD", "FATEST", "FAOBJ", "FACAT"),
    *("FAORRES", "FAORRESU", "FASTRESC", "FASTRESN", "FASTRESU", "FASTAT", "FAREASND"),
    *("FALOC", "FALAT", "FAMETHOD", "FAEVAL", "VISITNUM", "VISIT", "FADTC", "FADY"),
    *("XSIGNED", "XOUTLINE", "XPHOTO", "XSHA256", "XSOFTWR", "XMODEL"),
)
"""Columns of the table of the machine's measurements; those with X are this project's."""

_MEASURED = (
    ("bsa_percent", TestCode("BSAPCT", "Involved body surface, photo"), "%"),
    ("bsa_percent_low", TestCode("BSAPCTL", "Involved body surface, lower bound"), "%"),
    ("bsa_percent_high", TestCode("BSAPCTH", "Involved body surface, upper bound"), "%"),
    ("handprints", TestCode("HANDPRT", "Lesion area in handprints"), "HANDPRINT"),
    ("area_cm2", TestCode("AREACM2", "Lesion area"), "cm2"),
)
_SIDES = {Side.LEFT: "LEFT", Side.RIGHT: "RIGHT"}


def cdisc_files(data: StudyData) -> Iterator[tuple[str, bytes]]:
    """Yield the CDISC files of a study.

    Parameters
    ----------
    data : StudyData
        One snapshot of the record.

    Yields
    ------
    (str, bytes)
        ``qs.csv``, ``fa.csv``, ``odm.xml`` and ``README.txt``.
    """
    yield "qs.csv", csv_table(QS, qs_rows(data))
    yield "fa.csv", csv_table(FA, fa_rows(data))
    yield "odm.xml", odm_document(data)
    yield "README.txt", _README.encode()


_README = f"""{NO_TERMINOLOGY}

qs.csv: answers and totals that people signed, in the manner of the SDTM domain QS. A blank field
has no row; one that the signer could not tell has QSSTAT "NOT DONE". XORIGIN says whether the
machine had suggested the answer: entered, confirmed or overridden.
fa.csv: what the machine measured and suggested in photos, in the manner of the domain FA. Nothing
in it was signed.
odm.xml: the same as CDISC ODM-XML 1.3.2, with definitions and signatures.
Only what stands is here: superseded signatures and older measurements are in the tidy tables.
Columns that begin with X are this project's. These files were checked against no CDISC validator;
odm.xml is valid against the ODM 1.3.2 schema.
"""


def qs_rows(data: StudyData) -> list[tuple[Cell, ...]]:
    """Make the rows of the table QS, see `QS`."""
    numbers = {patient.id: count(1) for patient in data.patients}
    codes = form_codes(data.current_forms)
    rows: list[tuple[Cell, ...]] = []
    for visit in data.visits:
        asked: list[tuple[Cell, ...]] = []
        for reading in data.at_visit(visit.id).readings:
            asked += _reading_rows(data, reading)
        for form in data.at_visit(visit.id).forms:
            asked += _form_rows(data, form, codes)
        before, when = _of_visit(data, visit, "QS")
        for row in asked:
            number = next(numbers[visit.patient_id])
            rows.append((*before, number, *row[:12], *when, *row[12:]))
    return rows


def _of_visit(data: StudyData, visit: Visit, domain: str) -> tuple[tuple[Cell, ...], ...]:
    subject = f"{data.study}-{data.pseudonym(visit.id)}"
    return (
        (data.study, domain, subject),
        (
            data.visit_numbers[visit.id],
            visit.label,
            visit.day.isoformat(),
            data.study_day(visit.id),
        ),
    )


def _signature(data: StudyData, kind: SignedKind, one: Reading | StoredForm) -> tuple[Cell, ...]:
    return (
        one.reader_name,
        one.signed_at.isoformat(),
        one.meaning.value,
        one.content_sha256,
        data.signed_with.get((kind, one.id)),
        models_seen(data, one),
    )


def _result(answer: Answer | float | None, unit: str, why: str) -> tuple[Cell, ...]:
    """Return result, unit, standard result as text, number and unit, status and reason."""
    if answer is None or isinstance(answer, str):
        return (None, None, None, None, None, "NOT DONE", why)
    number = f"{answer:g}"
    return (number, unit or None, number, float(answer), unit or None, None, None)


def _row(
    code: TestCode, category: tuple[str, str], result: Sequence[Cell], evaluator: str | None
) -> tuple[Cell, ...]:
    return (code.code, code.test, *category, *result, evaluator)


def _reading_rows(data: StudyData, reading: Reading) -> Iterator[tuple[Cell, ...]]:
    signed = _signature(data, SignedKind.READING, reading)
    codes = cdasi_codes()
    for field in CDASI.fields:
        if field.key in reading.answers:
            answer = reading.answers[field.key]
            result = list(_result(answer, "", NOT_ASSESSABLE))
            result[0] = None if isinstance(answer, str) else answer_words(field, answer)
            row = _row(codes[field.key], (CDASI.name, field.group), result, "INVESTIGATOR")
            yield (*row, reading.origins[field.key].value, *signed)
    for part in Part:
        score = reading.score(part)
        result = list(_result(score.total, "", score.describe()))
        code = cdasi_total_code(part)
        yield (*_row(code, (CDASI.name, "Totals"), result, "INVESTIGATOR"), "derived", *signed)
    if reading.bsa is not None:
        result = list(_result(reading.bsa.percent, "%", ""))
        words = f"BSA, {reading.bsa.convention}"
        row = _row(SIGNED_BSA, ("BODY SURFACE AREA", words), result, "INVESTIGATOR")
        yield (*row, "signed estimate", *signed)


def _form_rows(
    data: StudyData, form: StoredForm, codes: Mapping[tuple[str, str], TestCode]
) -> Iterator[tuple[Cell, ...]]:
    signed = _signature(data, SignedKind.FORM, form)
    known = instruments().get(form.instrument_id)
    patient = known is not None and known.rater is Rater.PATIENT
    evaluator = "STUDY SUBJECT" if patient else "INVESTIGATOR"
    for key, answer in form.answers.items():
        asked = form.asked[key]
        result = list(_result(answer, "", NOT_ASSESSABLE))
        result[0] = None if isinstance(answer, str) else asked.words
        code = codes[form.instrument_id, key]
        row = _row(code, (form.instrument_name, asked.group), result, evaluator)
        yield (*row, form.origins[key].value, *signed)
    for key, total in form.totals.items():
        result = list(_result(total.value, "", total.words))
        code = codes[form.instrument_id, f"total.{key}"]
        yield (
            *_row(code, (form.instrument_name, "Totals"), result, evaluator),
            "derived",
            *signed,
        )


def fa_rows(data: StudyData) -> list[tuple[Cell, ...]]:
    """Make the rows of the table FA, see `FA`."""
    numbers = {patient.id: count(1) for patient in data.patients}
    rows: list[tuple[Cell, ...]] = []
    for visit in data.visits:
        before, when = _of_visit(data, visit, "FA")
        for one in data.at_visit(visit.id).measurements:
            where, origin = _where(data, one), _origin(data, one)
            for code, result in _findings(one):
                head = (*before, next(numbers[visit.patient_id]), code.code, code.test)
                what = ("SKIN LESION", "PHOTOGRAPHIC MEASUREMENT")
                rows.append((*head, *what, *result, *where, *when, *origin))
    return rows


def _findings(one: RecordedMeasurement) -> Iterator[tuple[TestCode, tuple[Cell, ...]]]:
    for key, code, unit in _MEASURED:
        yield code, _result(one.document.get(key), unit, "not measurable in this photo")
    lesions = one.document.get("lesions")
    if lesions is not None:
        yield TestCode("LESNUM", "Number of lesions"), _result(len(lesions), "", "")
    for suggestion in one.document.get("suggestions") or ():
        item = Item(suggestion["item"])
        code = TestCode(f"SUG{item.value[:3].upper()}", f"Suggested level of {item.value}")
        why = suggestion["reason"] or "not gradable"
        yield code, _result(suggestion["level"], "", why)


def _where(data: StudyData, one: RecordedMeasurement) -> tuple[Cell, ...]:
    photo = data.photo_of[one.photo_id]
    label = FACTS[photo.site].label.upper()
    return label, _SIDES.get(photo.side), "DIGITAL PHOTOGRAPHY", "SOFTWARE"


def _origin(data: StudyData, one: RecordedMeasurement) -> tuple[Cell, ...]:
    photo = data.photo_of[one.photo_id]
    return (
        "no",
        one.origin,
        photo.sha256,
        one.document_sha256,
        one.document.get("software_version"),
        one.document.get("model_version"),
    )
