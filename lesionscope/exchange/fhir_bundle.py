"""A study as a bundle of HL7 FHIR R4 resources.

What the software measured is an Observation of status preliminary, with the Device that made it.
What a person signed is an Observation of status final, with a Provenance that holds the signature.
Only what stands is in it: the newest measurement of each photo, and signatures not superseded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from lesionscope.core.cdasi import Part, items_of
from lesionscope.core.form import StoredForm, answer_words
from lesionscope.core.reading import Reading
from lesionscope.core.signature import Countersignature, SignedKind
from lesionscope.core.study_data import RecordedMeasurement, StudyData
from lesionscope.exchange.fhir_parts import (
    Resource,
    agent,
    category,
    concept,
    hash_name,
    refer,
    signature,
    urn_of,
    valued,
)
from lesionscope.exchange.fhir_resources import (
    answer_part,
    device_resource,
    form_answers,
    hashed_entity,
    measured_parts,
    patient_resource,
    suggested_words,
    versions,
)

_MEASURED = (
    ("bsa_percent", "Involved body surface area in the photo, one handprint 1 %", "%"),
    ("bsa_percent_adjusted", "Involved body surface area in the photo, handprint adjusted", "%"),
    ("handprints", "Lesion area in handprints", "{handprint}"),
    ("area_cm2", "Lesion area", "cm2"),
)


def fhir_files(data: StudyData) -> Iterator[tuple[str, bytes]]:
    """Yield the bundle of a study as a file.

    Yields
    ------
    (str, bytes)
        ``bundle.json``.
    """
    bundle = _Bundle(data)
    head = json.dumps(bundle.head())
    # Entry by entry: the bundle of a large study as one tree takes gigabytes.
    entries = ",\n".join(
        json.dumps(entry, allow_nan=False, separators=(",", ":")) for entry in bundle.entries()
    )
    yield "bundle.json", f'{head[:-1]}, "entry": [\n{entries}\n]}}\n'.encode()


def fhir_bundle(data: StudyData) -> Resource:
    """Write a study as a FHIR R4 bundle of type collection.

    Parameters
    ----------
    data : StudyData
        One snapshot of the record.

    Returns
    -------
    dict
        Plain JSON. Patients by pseudonym, photos by hash; no pixels and no names of files.
    """
    bundle = _Bundle(data)
    return {**bundle.head(), "entry": list(bundle.entries())}


class _Bundle:
    """Makes the resources of one study and knows their addresses."""

    def __init__(self, data: StudyData) -> None:
        self.data = data
        self.signed_hashes = {(SignedKind.READING, r.id): r.content_sha256 for r in data.readings}
        self.signed_hashes |= {(SignedKind.FORM, f.id): f.content_sha256 for f in data.forms}

    def at(self, kind: str, *names: object) -> str:
        return urn_of(self.data.record, kind, *names)

    def head(self) -> Resource:
        name = urn_of(self.data.record, self.data.chain_head)
        return {
            "resourceType": "Bundle",
            "identifier": {"system": "urn:ietf:rfc:3986", "value": name},
            "type": "collection",
            "timestamp": self.data.taken_at.isoformat(),
        }

    def entries(self) -> Iterator[Resource]:
        for address, made in self.resources():
            yield {"fullUrl": address, "resource": made}

    def resources(self) -> Iterator[tuple[str, Resource]]:
        data = self.data
        for patient in data.patients:
            yield self.at("Patient", patient.id), patient_resource(patient.pseudonym)
        yield from self.visits()
        yield from self.people()
        yield from self.devices()
        yield from self.photos()
        for measured in data.current_measurements:
            yield self.at("Measured", measured.id), self.measured(measured)
        for reading in data.current_readings:
            yield from self.read(reading)
        for form in data.current_forms:
            yield from self.filled(form)
        yield from self.countersigned()

    def visits(self) -> Iterator[tuple[str, Resource]]:
        for visit in self.data.visits:
            act = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
            yield (
                self.at("Encounter", visit.id),
                {
                    "resourceType": "Encounter",
                    "status": "finished",
                    "class": {"system": act, "code": "AMB", "display": "ambulatory"},
                    "type": [{"text": visit.label}],
                    "subject": refer(self.at("Patient", visit.patient_id)),
                    "period": {"start": visit.day.isoformat(), "end": visit.day.isoformat()},
                },
            )

    def people(self) -> Iterator[tuple[str, Resource]]:
        data = self.data
        named = {one.reader_id: one.reader_name for one in data.readings}
        named |= {one.reader_id: one.reader_name for one in data.forms}
        named |= {one.signer_id: one.signer_name for one in data.countersignatures}
        for account, name in sorted(named.items()):
            made = {"resourceType": "Practitioner", "name": [{"text": name}]}
            yield self.at("Practitioner", account), made

    def devices(self) -> Iterator[tuple[str, Resource]]:
        found = {versions(measured) for measured in self.data.current_measurements}
        for software, model in sorted(found):
            yield self.at("Device", software, model), device_resource(software, model)
        yield self.at("Device", "record"), device_resource(self.data.software, "")

    def photos(self) -> Iterator[tuple[str, Resource]]:
        for photo in self.data.photos:
            visit = self.data.visit_of[photo.visit_id]
            words = f"Clinical photo: {photo.view}, {photo.site.value}, {photo.side.value}"
            release = self.data.release_of.get(photo.id)
            attachment: Resource = {"title": words}
            if release is not None:
                attachment |= {
                    "contentType": "image/jpeg",
                    "creation": release.released_at.isoformat(),
                }
            made = {
                "resourceType": "DocumentReference",
                "masterIdentifier": hash_name(photo.sha256),
                "identifier": [hash_name(release.view_sha256)] if release else [],
                "status": "entered-in-error" if photo.withdrawn else "current",
                "type": concept("clinical-photo", "Clinical photo of the skin"),
                "subject": refer(self.at("Patient", visit.patient_id)),
                "date": photo.added_at.isoformat(),
                "description": f"{words}. Named by hash; the pixels stay in the record.",
                "content": [{"attachment": attachment}],
                "context": {"encounter": [refer(self.at("Encounter", visit.id))]},
            }
            yield self.at("Photo", photo.id), {k: v for k, v in made.items() if v != []}

    def of_visit(self, visit_id: int) -> Resource:
        visit = self.data.visit_of[visit_id]
        return {
            "subject": refer(self.at("Patient", visit.patient_id)),
            "encounter": refer(self.at("Encounter", visit.id)),
            "effectiveDateTime": visit.day.isoformat(),
        }

    def measured(self, one: RecordedMeasurement) -> Resource:
        found = one.document
        photo = self.data.photo_of[one.photo_id]
        parts = [part for key in _MEASURED for part in measured_parts(*key, found)]
        parts += [
            {
                "code": concept(f"suggested.{s['site']}.{s['item']}", suggested_words(s)),
                **valued(s["level"], "{score}", s["reason"] or "not gradable"),
            }
            for s in found.get("suggestions") or ()
        ]
        return {
            "resourceType": "Observation",
            "identifier": [hash_name(one.document_sha256)],
            "status": "preliminary",
            "category": category("imaging"),
            "code": concept("photo-measurement", "Measurement of a photo by software, no score"),
            **self.of_visit(photo.visit_id),
            "issued": one.made_at.isoformat(),
            "bodySite": concept(photo.site.value, f"{photo.site.value}, {photo.side.value}"),
            "method": {"text": f"Outlined by: {one.origin}. Suggested, signed by nobody."},
            "device": refer(self.at("Device", *versions(one))),
            "derivedFrom": [refer(self.at("Photo", photo.id))],
            "component": parts,
        }

    def read(self, reading: Reading) -> Iterator[tuple[str, Resource]]:
        addresses = []
        for part in Part:
            score = reading.score(part)
            address = self.at("Reading", reading.id, part)
            addresses.append(address)
            made = self.signed(reading, f"cdasi.{part}", f"CDASI version 2, {part} score")
            made |= valued(score.total, "{score}", score.describe())
            made["component"] = [
                answer_part(
                    f"cdasi.{item.key}",
                    f"{item.group}: {item.label}",
                    reading.answers[item.key],
                    f"{answer_words(item, reading.answers[item.key])}; "
                    f"{reading.origins[item.key].value}",
                )
                for item in items_of(part)
                if item.key in reading.answers
            ]
            yield address, {k: v for k, v in made.items() if v != []}
        if reading.bsa is not None:
            addresses.append(self.at("Reading", reading.id, "bsa"))
            yield addresses[-1], self.signed_bsa(reading)
        yield self.at("Provenance", "reading", reading.id), self.provenance(reading, addresses)

    def signed(self, one: Reading | StoredForm, code: str, text: str) -> Resource:
        seen = [self.at("Measured", m) for m in one.measurement_ids if self._stands(m)]
        return {
            "resourceType": "Observation",
            "identifier": [hash_name(one.content_sha256)],
            "status": "final",
            "category": category("survey"),
            "code": concept(code, text),
            **self.of_visit(one.visit_id),
            "issued": one.signed_at.isoformat(),
            "performer": [refer(self.at("Practitioner", one.reader_id))],
            "method": {"text": "Scored and signed by a person"},
            "derivedFrom": [refer(address) for address in seen],
        }

    def _stands(self, measurement_id: int) -> bool:
        known = self.data.measurement_of.get(measurement_id)
        return known is not None and self.data.measured_of.get(known.photo_id) is known

    def signed_bsa(self, reading: Reading) -> Resource:
        assert reading.bsa is not None
        bsa = reading.bsa
        made = self.signed(reading, "bsa.signed", "Involved body surface area, signed")
        made |= valued(bsa.percent, "%")
        made["component"] = [
            {"code": concept("bsa.low", f"Lower end of the {bsa.interval.level:.0%} interval")}
            | valued(bsa.interval.low, "%"),
            {"code": concept("bsa.high", f"Upper end of the {bsa.interval.level:.0%} interval")}
            | valued(bsa.interval.high, "%"),
        ]
        made["method"] = {"text": f"Convention: {bsa.convention}; scale: {bsa.source}; signed"}
        return {k: v for k, v in made.items() if v != []}

    def filled(self, form: StoredForm) -> Iterator[tuple[str, Resource]]:
        addresses = []
        for key, total in form.totals.items():
            address = self.at("Form", form.id, key)
            addresses.append(address)
            code = f"{form.instrument_id}.{key}"
            made = self.signed(form, code, f"{form.instrument_name}: {total.label}")
            made |= valued(total.value, "{score}", total.words)
            # The answers once, under the first total: the others are totals of some of them.
            made["component"] = [] if addresses[1:] else form_answers(form)
            yield address, {k: v for k, v in made.items() if v != []}
        if addresses:
            yield self.at("Provenance", "form", form.id), self.provenance(form, addresses)

    def provenance(self, one: Reading | StoredForm, addresses: list[str]) -> Resource:
        who = self.at("Practitioner", one.reader_id)
        kind = SignedKind.READING if isinstance(one, Reading) else SignedKind.FORM
        software = self.data.signed_with.get((kind, one.id), self.data.software)
        entities = [hashed_entity("source", one.content_sha256, f"The signed {kind}, by its hash")]
        if one.supersedes is not None:
            superseded = self.signed_hashes[kind, one.supersedes]
            entities.append(
                hashed_entity("revision", superseded, f"Superseded {kind}: {one.reason}")
            )
        return {
            "resourceType": "Provenance",
            "target": [refer(address) for address in addresses],
            "recorded": one.signed_at.isoformat(),
            "activity": {"text": f"Signed with LesionScope {software}"},
            "agent": [agent("author", who), agent("assembler", self.at("Device", "record"))],
            "entity": entities,
            "signature": [signature(one.meaning.value, one.signed_at.isoformat(), who)],
        }

    def countersigned(self) -> Iterator[tuple[str, Resource]]:
        standing = {(SignedKind.READING, one.id): one for one in self.data.current_readings}
        forms = {(SignedKind.FORM, one.id): one for one in self.data.current_forms}
        for one in self.data.countersignatures:
            of = standing.get((one.kind, one.entity_id)) or forms.get((one.kind, one.entity_id))
            if of is not None:
                yield self.at("Provenance", "counter", one.id), self.counter(one, of)

    def counter(self, one: Countersignature, of: Reading | StoredForm) -> Resource:
        who = self.at("Practitioner", one.signer_id)
        parts = list(Part) if isinstance(of, Reading) else list(of.totals)
        kind = "Reading" if isinstance(of, Reading) else "Form"
        return {
            "resourceType": "Provenance",
            "target": [refer(self.at(kind, of.id, part)) for part in parts],
            "recorded": one.signed_at.isoformat(),
            "activity": {"text": f"{one.meaning.value}: {one.words}".rstrip(": ")},
            "agent": [agent("verifier", who)],
            "entity": [
                hashed_entity("source", one.signed_sha256, "What was countersigned, by its hash")
            ],
            "signature": [signature(one.meaning.value, one.signed_at.isoformat(), who)],
        }
