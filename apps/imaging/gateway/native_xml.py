"""DICOM JSON (PS3.18 F) to the Native DICOM Model (PS3.19 A.1)."""

import re
from typing import Any
from xml.etree import ElementTree

from pydicom.datadict import keyword_for_tag

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME_PARTS = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")


def to_xml(document: dict[str, Any]) -> bytes:
    """One document; we only write XML here and never read it."""
    root = ElementTree.Element("NativeDicomModel")
    root.set("xmlns", "http://dicom.nema.org/PS3.19/models/NativeDICOM")
    root.set("xml:space", "preserve")
    _write(root, document)
    out: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return out


def _write(parent: ElementTree.Element, document: dict[str, Any]) -> None:
    for tag in sorted(document):
        element = document[tag]
        node = ElementTree.SubElement(
            parent, "DicomAttribute", {"tag": tag, "vr": element.get("vr", "UN")}
        )
        keyword = keyword_for_tag(int(tag, 16))
        if keyword:
            node.set("keyword", keyword)
        if "BulkDataURI" in element:
            ElementTree.SubElement(node, "BulkData", uri=str(element["BulkDataURI"]))
        elif "InlineBinary" in element:
            ElementTree.SubElement(node, "InlineBinary").text = str(element["InlineBinary"])
        for number, value in enumerate(element.get("Value") or [], start=1):
            _write_value(node, element.get("vr", "UN"), value, str(number))


def _write_value(node: ElementTree.Element, vr: str, value: Any, number: str) -> None:
    if vr == "SQ":
        _write(ElementTree.SubElement(node, "Item", number=number), value or {})
    elif vr == "PN":
        name = ElementTree.SubElement(node, "PersonName", number=number)
        for group, text in (value or {}).items():
            inner = ElementTree.SubElement(name, group)
            for part, words in zip(_NAME_PARTS, str(text).split("^"), strict=False):
                if words:
                    ElementTree.SubElement(inner, part).text = _clean(words)
    elif value is not None:
        ElementTree.SubElement(node, "Value", number=number).text = _clean(str(value))


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)
