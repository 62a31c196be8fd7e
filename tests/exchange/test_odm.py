from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import odmlib
import pytest
import xmlschema

from lesionscope.exchange.odm import odm_document
from tests.exchange.study_case import FORMULA, study

NS = {"o": "http://www.cdisc.org/ns/odm/v1.3"}
SCHEMA = Path(odmlib.__file__).parent / "schemas/odm/1.3.2/ODM1-3-2.xsd"


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(SCHEMA))


@pytest.fixture(scope="module")
def root() -> ElementTree.Element:
    return ElementTree.fromstring(odm_document(study()))


def forms(root: ElementTree.Element, oid: str) -> list[ElementTree.Element]:
    return root.findall(f".//o:FormData[@FormOID='{oid}']", NS)


def item(form: ElementTree.Element, oid: str) -> ElementTree.Element:
    found = form.find(f".//o:ItemData[@ItemOID='{oid}']", NS)
    assert found is not None
    return found


def oids(root: ElementTree.Element, tag: str, key: str) -> Iterator[str]:
    for element in root.iter(f"{{{NS['o']}}}{tag}"):
        yield element.attrib[key]


def test_the_document_is_valid_against_the_schema_of_cdisc(schema: xmlschema.XMLSchema) -> None:
    assert [str(error.reason) for error in schema.iter_errors(odm_document(study()).decode())] == []


def test_the_schema_refuses_a_broken_document(schema: xmlschema.XMLSchema) -> None:
    broken = odm_document(study()).replace(b"SubjectKey", b"PatientName")
    assert next(schema.iter_errors(broken.decode()), None) is not None


@pytest.mark.parametrize(
    ("used", "key", "defined"),
    [
        ("ItemData", "ItemOID", "ItemDef"),
        ("ItemRef", "ItemOID", "ItemDef"),
        ("FormData", "FormOID", "FormDef"),
        ("ItemGroupData", "ItemGroupOID", "ItemGroupDef"),
        ("StudyEventData", "StudyEventOID", "StudyEventDef"),
        ("UserRef", "UserOID", "User"),
        ("SignatureRef", "SignatureOID", "SignatureDef"),
        ("CodeListRef", "CodeListOID", "CodeList"),
    ],
)
def test_what_is_used_is_defined_once(
    root: ElementTree.Element, used: str, key: str, defined: str
) -> None:
    known = list(oids(root, defined, "OID"))
    assert len(set(known)) == len(known)
    assert {*oids(root, used, key)} <= {*known}


def test_a_signed_form_bears_its_signature_and_a_measured_one_none(
    root: ElementTree.Element,
) -> None:
    signed = forms(root, "F.CDASI")
    assert len(signed) == 2
    for form in signed:
        assert form.find("o:Signature/o:DateTimeStamp", NS) is not None
    comment = signed[0].find("o:Annotation/o:Comment", NS)
    assert comment is not None
    assert comment.text == f"sha256 of what was signed: {102:064x}"
    measured = forms(root, "F.MACHINE")
    assert len(measured) == 2
    assert all(form.find("o:Signature", NS) is None for form in measured)


def test_a_reason_of_change_is_kept_without_what_xml_forbids(root: ElementTree.Element) -> None:
    reason = root.find(".//o:ReasonForChange", NS)
    assert reason is not None
    assert reason.text == f"{FORMULA}\ufffd <again> & again"


def test_values_and_gaps(root: ElementTree.Element) -> None:
    first, second = forms(root, "F.CDASI")
    assert item(first, "I.CDASI.ARM.ERYTHEMA").attrib["Value"] == "2"
    assert item(first, "I.CDASI.TOTAL.ACTIVITY").attrib["Value"] == "8"
    gap = item(second, "I.CDASI.SCALP.SCALE")
    assert gap.attrib.get("IsNull") == "Yes"
    assert "Value" not in gap.attrib
    assert item(second, "I.CDASI.TOTAL.ACTIVITY").attrib.get("IsNull") == "Yes"
    assert second.find(".//o:ItemData[@ItemOID='I.CDASI.ALOPECIA']", NS) is None


def test_the_study_says_that_no_official_terminology_exists(root: ElementTree.Element) -> None:
    said = root.findtext(".//o:StudyDescription", namespaces=NS)
    assert said is not None
    assert "No official CDISC controlled terminology" in said
