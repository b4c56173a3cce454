"""Elements of archived DICOM JSON (PS3.18 F).

A parser child wrote it, so its form can be relied on; what it says cannot.
"""

from typing import Any

Document = dict[str, Any]


def values_of(document: Document, tag: str) -> list[Any]:
    element = document.get(tag)
    values = element.get("Value") if isinstance(element, dict) else None
    return values if isinstance(values, list) else []


def items_of(document: Document, tag: str) -> list[Document]:
    """Items of a sequence."""
    return [item for item in values_of(document, tag) if isinstance(item, dict)]


def first_of(document: Document, tag: str) -> Document:
    """The first item, or an empty one."""
    items = items_of(document, tag)
    return items[0] if items else {}
