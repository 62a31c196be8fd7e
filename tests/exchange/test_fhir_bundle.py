from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from pydantic import ValidationError

from lesionscope.exchange.fhir_bundle import fhir_bundle, fhir_files
from lesionscope.exchange.fhir_parts import hash_name
from tests.exchange.study_case import SECRET_NAME, study


@pytest.fixture(scope="module")
def bundle() -> dict[str, Any]:
    (name, content) = next(iter(fhir_files(study())))
    assert name == "bundle.json"
    made: dict[str, Any] = json.loads(content)
    return made


def resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    found = [entry["resource"] for entry in bundle["entry"]]
    return [one for one in found if one["resourceType"] == kind]


def observations(bundle: dict[str, Any], code: str) -> list[dict[str, Any]]:
    listed = resources(bundle, "Observation")
    return [one for one in listed if one["code"]["coding"][0]["code"] == code]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "reference" in value:
            yield value["reference"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_an_independent_validator_finds_the_bundle_valid(bundle: dict[str, Any]) -> None:
    read = Bundle.model_validate(bundle)
    assert len(read.entry) == len(bundle["entry"])
    # Read and written again, nothing is lost: no element that the validator did not know.
    assert json.loads(read.model_dump_json())["type"] == "collection"
    assert len(json.loads(read.model_dump_json())["entry"]) == len(bundle["entry"])


@pytest.mark.parametrize("broken", ["status", "code"])
def test_the_validator_finds_a_broken_one(broken: str) -> None:
    made = fhir_bundle(study())
    del observations(made, "cdasi.activity")[0][broken]
    with pytest.raises(ValidationError, match=broken):
        Bundle.model_validate(made)


def test_every_reference_leads_to_a_resource_of_the_bundle(bundle: dict[str, Any]) -> None:
    addresses = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(set(addresses)) == len(addresses)
    assert {*references(bundle)} <= {*addresses}


def test_signed_is_final_and_measured_is_preliminary(bundle: dict[str, Any]) -> None:
    activity = observations(bundle, "cdasi.activity")
    assert [one["status"] for one in activity] == ["final", "final"]
    assert activity[0]["valueQuantity"]["value"] == 8
    measured = observations(bundle, "photo-measurement")
    assert [one["status"] for one in measured] == ["preliminary", "preliminary"]
    assert all("device" in one and "performer" not in one for one in measured)
    assert all("performer" in one and "device" not in one for one in activity)


def test_a_gap_is_absent_and_no_zero(bundle: dict[str, Any]) -> None:
    gap = observations(bundle, "cdasi.activity")[1]
    assert "valueQuantity" not in gap
    assert gap["dataAbsentReason"]["text"] == "49 of 50 fields answered, no total"
    parts = {part["code"]["coding"][0]["code"]: part for part in gap["component"]}
    assert "cdasi.alopecia" not in parts
    assert parts["cdasi.scalp.scale"]["dataAbsentReason"]["text"] == "not assessable"
    uncalibrated = observations(bundle, "photo-measurement")[1]
    area = next(p for p in uncalibrated["component"] if p["code"]["text"] == "Lesion area")
    assert area["dataAbsentReason"]["text"] == "not measurable"


def test_the_body_surface_is_signed_with_its_interval(bundle: dict[str, Any]) -> None:
    bsa = observations(bundle, "bsa.signed")[0]
    assert bsa["valueQuantity"] == {
        "value": 0.4,
        "unit": "%",
        "system": "http://unitsofmeasure.org",
        "code": "%",
    }
    assert [part["valueQuantity"]["value"] for part in bsa["component"]] == [0.2, 0.9]


def test_a_signature_has_name_time_and_meaning_and_the_hash_of_what_was_signed(
    bundle: dict[str, Any],
) -> None:
    signed = resources(bundle, "Provenance")
    assert len(signed) == 4  # two readings, a form, an approval
    first = signed[0]
    assert first["signature"][0]["type"][0]["display"] == "Author's Signature"
    assert first["entity"][0]["what"]["identifier"] == hash_name(f"{102:064x}")
    assert first["entity"][1]["role"] == "revision"
    people = {one["name"][0]["text"] for one in resources(bundle, "Practitioner")}
    assert people == {"Rita Reader", "Carl Copier", "Sam Second"}
    approval = signed[-1]
    assert approval["signature"][0]["type"][0]["display"] == "Verification Signature"
    assert {*references(approval["target"])} <= {*references(first["target"])}


def test_software_and_networks_are_named(bundle: dict[str, Any]) -> None:
    versions = [one["value"] for d in resources(bundle, "Device") for one in d["version"]]
    assert "0.1.0" in versions
    assert any(version.startswith("lesion_grades-52a5a216") for version in versions)


def test_patients_are_pseudonyms_and_photos_are_hashes(bundle: dict[str, Any]) -> None:
    patients = resources(bundle, "Patient")
    assert [one["identifier"][0]["value"] for one in patients] == ["P-01", "P-02"]
    assert all({*one} == {"resourceType", "identifier", "active"} for one in patients)
    photos = resources(bundle, "DocumentReference")
    assert [one["status"] for one in photos] == ["current", "current", "entered-in-error"]
    assert photos[0]["masterIdentifier"] == hash_name("a" * 64)
    assert SECRET_NAME not in json.dumps(bundle)


def test_the_same_study_has_the_same_addresses_again(bundle: dict[str, Any]) -> None:
    assert fhir_bundle(study()) == bundle
