"""The definitions of an ODM-XML document: visits, forms, items and code lists.

References
----------
CDISC Operational Data Model (ODM) 1.3.2, 2013.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement

from lesionscope.core.cdasi import CDASI, Part
from lesionscope.core.cdasi_form import ITEMS
from lesionscope.core.measurement import Item
from lesionscope.core.study_data import StudyData
from lesionscope.exchange.cdisc_codes import NO_TERMINOLOGY, cdasi_codes

VISIT_EVENT = "SE.VISIT"
VISIT_FORM, CDASI_FORM, MACHINE_FORM = "F.VISIT", "F.CDASI", "F.MACHINE"
UNITS = {"%": "MU.PERCENT", "cm2": "MU.CM2", "handprints": "MU.HANDPRINTS"}
"""Unit to the id of its definition."""

VISIT_ITEMS = (("I.VISIT.LABEL", "Visit", "text"), ("I.VISIT.DAY", "Day of the visit", "date"))
CDASI_EXTRA = (
    *((f"I.CDASI.TOTAL.{part.upper()}", f"CDASI {part} score", "integer") for part in Part),
    ("I.BSA.SIGNED", "Involved body surface area, signed", "float"),
    ("I.BSA.SIGNED.LOW", "Its interval, lower end", "float"),
    ("I.BSA.SIGNED.HIGH", "Its interval, upper end", "float"),
)
"""What a signed reading has beside the fields of the form."""

MACHINE_ITEMS = (
    ("I.M.PHOTO", "Photo by sha256", "text", ""),
    ("I.M.SITE", "Site", "text", ""),
    ("I.M.OUTLINE", "Outlined by", "text", ""),
    ("I.M.SOFTWARE", "Software version", "text", ""),
    ("I.M.MODEL", "Model versions", "text", ""),
    ("I.M.BSA", "Involved body surface area in the photo", "float", "%"),
    ("I.M.BSA.LOW", "Its interval, lower end", "float", "%"),
    ("I.M.BSA.HIGH", "Its interval, upper end", "float", "%"),
    ("I.M.HANDPRINTS", "Lesion area in handprints", "float", "handprints"),
    ("I.M.AREA", "Lesion area", "float", "cm2"),
    *(
        (f"I.M.SUGGESTED.{item.upper()}", f"Suggested level of {item}, no score", "integer", "")
        for item in Item
    ),
)
"""What the machine measured in one photo: id, words, datatype, unit."""


def translated(parent: Element, tag: str, words: str) -> None:
    """Add an element that says something in English."""
    text = SubElement(SubElement(parent, tag), "TranslatedText", {"xml:lang": "en"})
    text.text = words or "-"


def form_oid(instrument: str) -> str:
    """Return the id of the form of an instrument."""
    return f"F.{instrument.upper()}"


def item_oid(instrument: str, key: str) -> str:
    """Return the id of a field of an instrument.

    Examples
    --------
    >>> item_oid("cdasi", "malar.erythema")
    'I.CDASI.MALAR.ERYTHEMA'
    """
    return f"I.{instrument.upper()}.{key.upper()}"


def define_study(root: Element, data: StudyData) -> None:
    """Add the study with its units and definitions."""
    study = SubElement(root, "Study", OID=study_oid(data))
    facts = SubElement(study, "GlobalVariables")
    SubElement(facts, "StudyName").text = data.study
    SubElement(facts, "StudyDescription").text = f"Exported by LesionScope. {NO_TERMINOLOGY}"
    SubElement(facts, "ProtocolName").text = data.protocol_version or "none in the record"
    units = SubElement(study, "BasicDefinitions")
    for unit, oid in UNITS.items():
        translated(SubElement(units, "MeasurementUnit", OID=oid, Name=unit), "Symbol", unit)
    version = SubElement(study, "MetaDataVersion", OID="MDV.1", Name="LesionScope export 1")
    _define_visit(version, data)
    for kind in (_forms, _groups, _items):
        for made in kind(data):
            version.append(made)
    _add_code_lists(version)


def study_oid(data: StudyData) -> str:
    """Return the id of the study."""
    return f"S.{data.study}"


def _instruments(data: StudyData) -> dict[str, str]:
    return {form.instrument_id: form.instrument_name for form in data.current_forms}


def _all_forms(data: StudyData) -> list[tuple[str, str, bool]]:
    """Return id, name and whether it repeats of every form."""
    fixed = [
        (VISIT_FORM, "Visit", False),
        (CDASI_FORM, "CDASI version 2, signed by a person", False),
        (MACHINE_FORM, "Measurement of a photo by software, signed by nobody", True),
    ]
    others = [(form_oid(one), f"{name}, signed", False) for one, name in _instruments(data).items()]
    return fixed + others


def _define_visit(version: Element, data: StudyData) -> None:
    SubElement(SubElement(version, "Protocol"), "StudyEventRef", _ref("StudyEvent", VISIT_EVENT))
    event = SubElement(
        version, "StudyEventDef", OID=VISIT_EVENT, Name="Visit", Repeating="Yes", Type="Common"
    )
    for oid, _, _ in _all_forms(data):
        SubElement(event, "FormRef", _ref("Form", oid))


def _ref(kind: str, oid: str) -> dict[str, str]:
    return {f"{kind}OID": oid, "Mandatory": "No"}


def _yes(repeats: bool) -> str:
    return "Yes" if repeats else "No"


def _forms(data: StudyData) -> Iterator[Element]:
    for oid, name, repeats in _all_forms(data):
        form = Element("FormDef", OID=oid, Name=name, Repeating=_yes(repeats))
        SubElement(form, "ItemGroupRef", _ref("ItemGroup", group_oid(oid)))
        yield form


def group_oid(form: str) -> str:
    """Return the id of the one item group of a form."""
    return f"IG{form[1:]}"


def _groups(data: StudyData) -> Iterator[Element]:
    items: dict[str, list[str]] = {
        VISIT_FORM: [oid for oid, _, _ in VISIT_ITEMS],
        CDASI_FORM: [item_oid("cdasi", field.key) for field in CDASI.fields]
        + [oid for oid, _, _ in CDASI_EXTRA],
        MACHINE_FORM: [oid for oid, _, _, _ in MACHINE_ITEMS],
    }
    for form in data.current_forms:
        keys = [*form.asked, *(f"total.{key}" for key in form.totals)]
        known = items.setdefault(form_oid(form.instrument_id), [])
        known += [oid for key in keys if (oid := item_oid(form.instrument_id, key)) not in known]
    for oid, name, _ in _all_forms(data):
        group = Element("ItemGroupDef", OID=group_oid(oid), Name=name, Repeating="No")
        for item in items[oid]:
            SubElement(group, "ItemRef", _ref("Item", item))
        yield group


def _item(oid: str, words: str, datatype: str, unit: str = "") -> Element:
    item = Element("ItemDef", OID=oid, Name=words[:100] or oid, DataType=datatype)
    if datatype in ("text", "integer"):
        item.set("Length", "200" if datatype == "text" else "3")
    if datatype == "float":
        item.attrib |= {"Length": "12", "SignificantDigits": "6"}
    translated(item, "Question", words)
    if unit:
        SubElement(item, "MeasurementUnitRef", MeasurementUnitOID=UNITS[unit])
    return item


def _items(data: StudyData) -> Iterator[Element]:
    codes = cdasi_codes()
    for oid, words, datatype in VISIT_ITEMS:
        yield _item(oid, words, datatype)
    for field in ITEMS:
        item = _item(item_oid("cdasi", field.key), f"{field.group}: {field.label}", "integer")
        SubElement(item, "CodeListRef", CodeListOID=f"CL.{field.key.upper()}")
        SubElement(item, "Alias", Context="LesionScope test code", Name=codes[field.key].code)
        yield item
    for oid, words, datatype in CDASI_EXTRA:
        yield _item(oid, words, datatype, "%" if oid.startswith("I.BSA") else "")
    for oid, words, datatype, unit in MACHINE_ITEMS:
        yield _item(oid, words, datatype, unit)
    seen: set[str] = set()
    for form in data.current_forms:
        asked = {key: f"{one.label} ({one.scale})" for key, one in form.asked.items()}
        asked |= {f"total.{key}": one.label for key, one in form.totals.items()}
        for key, words in asked.items():
            oid = item_oid(form.instrument_id, key)
            if oid not in seen:
                seen.add(oid)
                yield _item(oid, words, "float")


def _add_code_lists(version: Element) -> None:
    for field in ITEMS:
        listed = SubElement(
            version,
            "CodeList",
            OID=f"CL.{field.key.upper()}",
            Name=f"{field.group}: {field.label}",
            DataType="integer",
        )
        for level, words in enumerate(field.levels):
            translated(SubElement(listed, "CodeListItem", CodedValue=str(level)), "Decode", words)
