"""A study as a CDISC ODM-XML 1.3.2 snapshot: definitions, people, data and signatures.

What people signed bears a Signature; what the machine measured has none, and says so. Only what
stands is in it: signatures not superseded, and the newest measurement of each photo.

References
----------
CDISC Operational Data Model (ODM) 1.3.2, 2013. 21 CFR 11.50: the signature has name, time and
meaning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from lesionscope.core.cdasi import CDASI, Part
from lesionscope.core.form import StoredForm
from lesionscope.core.people import Visit
from lesionscope.core.reading import Meaning, Reading
from lesionscope.core.study_data import RecordedMeasurement, StudyData
from lesionscope.exchange.odm_definitions import (
    CDASI_FORM,
    MACHINE_FORM,
    VISIT_EVENT,
    VISIT_FORM,
    define_study,
    form_oid,
    group_oid,
    item_oid,
    study_oid,
)

_NAMESPACE = "http://www.cdisc.org/ns/odm/v1.3"
_LOCATION = "L.RECORD"
# Characters that no XML 1.0 document may hold, such as those of a pasted reason.
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LEGAL = (
    "The signer gave name and password again and chose this meaning; the signature is bound to "
    "the hash of what was signed."
)


def odm_document(data: StudyData) -> bytes:
    """Write a study as ODM-XML.

    Parameters
    ----------
    data : StudyData
        One snapshot of the record.

    Returns
    -------
    bytes
        UTF-8. The repeat key of a visit is its place among the patient's visits.
    """
    root = Element(
        "ODM",
        {
            "xmlns": _NAMESPACE,
            "FileType": "Snapshot",
            "Granularity": "All",
            "FileOID": f"LesionScope.{data.study}.{data.chain_head[:24].replace(':', '.')}",
            "CreationDateTime": data.taken_at.isoformat(timespec="seconds"),
            "AsOfDateTime": data.taken_at.isoformat(timespec="seconds"),
            "ODMVersion": "1.3.2",
            "SourceSystem": "LesionScope",
            "SourceSystemVersion": data.software,
        },
    )
    define_study(root, data)
    _add_people(root, data)
    clinical = SubElement(
        root, "ClinicalData", StudyOID=study_oid(data), MetaDataVersionOID="MDV.1"
    )
    subjects = {
        patient.id: SubElement(clinical, "SubjectData", SubjectKey=patient.pseudonym)
        for patient in data.patients
    }
    for visit in data.visits:
        _add_visit(subjects[visit.patient_id], data, visit, data.visit_numbers[visit.id])
    indent(root)
    text = _NOT_XML.sub("\ufffd", tostring(root, encoding="unicode"))
    return ("<?xml version='1.0' encoding='UTF-8'?>\n" + text).encode()


def _add_people(root: Element, data: StudyData) -> None:
    admin = SubElement(root, "AdminData", StudyOID=study_oid(data))
    named = {one.reader_id: one.reader_name for one in data.current_readings}
    named |= {one.reader_id: one.reader_name for one in data.current_forms}
    for account, name in sorted(named.items()):
        user = SubElement(admin, "User", OID=f"U.{account}", UserType="Investigator")
        SubElement(user, "FullName").text = name
    location = SubElement(
        admin, "Location", OID=_LOCATION, Name="This record", LocationType="Other"
    )
    SubElement(
        location,
        "MetaDataVersionRef",
        StudyOID=study_oid(data),
        MetaDataVersionOID="MDV.1",
        EffectiveDate=data.taken_at.date().isoformat(),
    )
    for meaning in Meaning:
        kind = SubElement(admin, "SignatureDef", OID=f"SD.{meaning}", Methodology="Electronic")
        SubElement(kind, "Meaning").text = meaning.value
        SubElement(kind, "LegalReason").text = _LEGAL


def _add_visit(subject: Element, data: StudyData, visit: Visit, number: int) -> None:
    event = SubElement(
        subject, "StudyEventData", StudyEventOID=VISIT_EVENT, StudyEventRepeatKey=str(number)
    )
    group = _group(SubElement(event, "FormData", FormOID=VISIT_FORM), VISIT_FORM)
    _put(group, "I.VISIT.LABEL", visit.label)
    _put(group, "I.VISIT.DAY", visit.day.isoformat())
    stands = data.at_visit(visit.id)
    for reading in stands.readings:
        _add_reading(event, reading)
    for place, measured in enumerate(stands.measurements, 1):
        _add_measurement(event, data, measured, place)
    for form in stands.forms:
        _add_form(event, form)


def _group(form: Element, oid: str) -> Element:
    return SubElement(form, "ItemGroupData", ItemGroupOID=group_oid(oid))


def _put(group: Element, oid: str, value: str | float | None, *, says: str = "") -> None:
    """Add an item; one without a value is null and says why, and is no zero."""
    item = SubElement(group, "ItemData", ItemOID=oid)
    if value is None:
        item.set("IsNull", "Yes")
    else:
        item.set("Value", value if isinstance(value, str) else f"{value:g}")
    if says:
        note = SubElement(item, "Annotation", SeqNum="1")
        SubElement(note, "Comment").text = says


def _who(parent: Element, one: Reading | StoredForm) -> None:
    SubElement(parent, "UserRef", UserOID=f"U.{one.reader_id}")
    SubElement(parent, "LocationRef", LocationOID=_LOCATION)


def _sign(form: Element, one: Reading | StoredForm) -> None:
    """Add why it replaced an earlier one, the signature, and the hash that it is bound to."""
    when = one.signed_at.isoformat(timespec="seconds")
    if one.reason:
        audit = SubElement(form, "AuditRecord")
        _who(audit, one)
        SubElement(audit, "DateTimeStamp").text = when
        SubElement(audit, "ReasonForChange").text = one.reason
    signature = SubElement(form, "Signature")
    _who(signature, one)
    SubElement(signature, "SignatureRef", SignatureOID=f"SD.{one.meaning}")
    SubElement(signature, "DateTimeStamp").text = when
    note = SubElement(form, "Annotation", SeqNum="1")
    SubElement(note, "Comment").text = f"sha256 of what was signed: {one.content_sha256}"


def _add_reading(event: Element, reading: Reading) -> None:
    form = SubElement(event, "FormData", FormOID=CDASI_FORM)
    _sign(form, reading)
    group = _group(form, CDASI_FORM)
    for field in CDASI.fields:
        if field.key in reading.answers:
            _put_answer(group, CDASI.id, field.key, reading)
    for part in Part:
        score = reading.score(part)
        oid = f"I.CDASI.TOTAL.{part.upper()}"
        _put(group, oid, score.total, says="" if score.total is not None else score.describe())
    if reading.bsa is not None:
        bsa = reading.bsa
        _put(group, "I.BSA.SIGNED", bsa.percent, says=f"{bsa.convention}; scale: {bsa.source}")
        _put(group, "I.BSA.SIGNED.LOW", bsa.interval.low)
        _put(group, "I.BSA.SIGNED.HIGH", bsa.interval.high)


def _put_answer(group: Element, instrument: str, key: str, one: Reading | StoredForm) -> None:
    answer = one.answers[key]
    origin = one.origins[key].value
    if isinstance(answer, str):
        _put(group, item_oid(instrument, key), None, says=f"{answer}; {origin}")
    else:
        _put(group, item_oid(instrument, key), answer, says=origin)


def _add_form(event: Element, form: StoredForm) -> None:
    oid = form_oid(form.instrument_id)
    made = SubElement(event, "FormData", FormOID=oid)
    _sign(made, form)
    group = _group(made, oid)
    for key in form.answers:
        _put_answer(group, form.instrument_id, key, form)
    for key, total in form.totals.items():
        _put(group, item_oid(form.instrument_id, f"total.{key}"), total.value, says=total.words)


def _add_measurement(
    event: Element, data: StudyData, measured: RecordedMeasurement, place: int
) -> None:
    form = SubElement(event, "FormData", FormOID=MACHINE_FORM, FormRepeatKey=str(place))
    note = SubElement(form, "Annotation", SeqNum="1")
    SubElement(note, "Comment").text = "Measured and suggested by software; signed by nobody."
    group = _group(form, MACHINE_FORM)
    found, photo = measured.document, data.photo_of[measured.photo_id]
    for oid, value in _measured_values(measured).items():
        _put(group, oid, value)
    for suggestion in found.get("suggestions") or ():
        if suggestion["site"] == photo.site.value:
            oid = f"I.M.SUGGESTED.{suggestion['item'].upper()}"
            _put(group, oid, suggestion["level"], says=suggestion["reason"] or "")
    group.insert(0, Element("ItemData", ItemOID="I.M.PHOTO", Value=photo.sha256))
    group.insert(1, Element("ItemData", ItemOID="I.M.SITE", Value=f"{photo.site}, {photo.side}"))


def _measured_values(measured: RecordedMeasurement) -> Mapping[str, str | float | None]:
    found = measured.document
    return {
        "I.M.OUTLINE": measured.origin,
        "I.M.SOFTWARE": found.get("software_version"),
        "I.M.MODEL": found.get("model_version"),
        "I.M.BSA": found.get("bsa_percent"),
        "I.M.BSA.LOW": found.get("bsa_percent_low"),
        "I.M.BSA.HIGH": found.get("bsa_percent_high"),
        "I.M.HANDPRINTS": found.get("handprints"),
        "I.M.AREA": found.get("area_cm2"),
    }
