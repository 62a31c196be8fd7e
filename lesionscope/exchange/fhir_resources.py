"""The resources of a FHIR bundle that stand by themselves: patients, software, answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lesionscope.core.field import Answer
from lesionscope.core.form import StoredForm
from lesionscope.core.study_data import RecordedMeasurement
from lesionscope.exchange.fhir_parts import (
    PSEUDONYMS,
    Resource,
    concept,
    hash_name,
    valued,
)


def patient_resource(pseudonym: str) -> Resource:
    """Return a patient: a pseudonym and nothing else."""
    named = {"use": "secondary", "system": PSEUDONYMS, "value": pseudonym}
    return {"resourceType": "Patient", "identifier": [named], "active": True}


def versions(one: RecordedMeasurement) -> tuple[str, str]:
    """Return the versions of software and networks that made a measurement."""
    found = one.document
    return str(found.get("software_version") or ""), str(found.get("model_version") or "")


def device_resource(software: str, model: str) -> Resource:
    """Return the software, with its version and that of its networks."""
    versions = [{"type": {"text": "software"}, "value": software or "unknown"}]
    if model:
        versions.append({"type": {"text": "networks"}, "value": model})
    return {
        "resourceType": "Device",
        "deviceName": [{"name": "LesionScope", "type": "user-friendly-name"}],
        "type": {"text": "Research software that measures photos; not a medical device"},
        "version": versions,
    }


def measured_parts(key: str, text: str, unit: str, found: Mapping[str, Any]) -> list[Resource]:
    """Return a measured quantity, and the ends of its interval where it has one."""
    parts = [{"code": concept(key, text), **valued(found.get(key), unit)}]
    level = found.get("bsa_interval_level")
    for end, word in (("low", "lower"), ("high", "upper")):
        value = found.get(f"{key}_{end}")
        if value is not None:
            said = f"{text}: {word} end of the {level:.0%} interval"
            parts.append({"code": concept(f"{key}_{end}", said), **valued(value, unit)})
    return parts


def suggested_words(suggestion: Mapping[str, Any]) -> str:
    """Say what a suggested level is for."""
    return f"Suggested level, no score: {suggestion['item']}, {suggestion['site']}"


def form_answers(form: StoredForm) -> list[Resource]:
    """Return the answers of a form as components."""
    return [
        answer_part(
            f"{form.instrument_id}.{field}",
            asked.label,
            form.answers[field],
            f"{asked.words}; {form.origins[field].value}",
        )
        for field, asked in form.asked.items()
        if field in form.answers
    ]


def answer_part(code: str, text: str, answer: Answer, words: str) -> Resource:
    """Return an answer as a component, with its meaning and origin in words."""
    number = None if isinstance(answer, str) else answer
    return {
        "code": concept(code, text),
        **valued(number, "{score}", str(answer)),
        "interpretation": [{"text": words}],
    }


def hashed_entity(role: str, sha256: str, words: str) -> Resource:
    """Return what a signature rests on, named by its hash."""
    return {"role": role, "what": {"identifier": hash_name(sha256), "display": words}}
