"""Whether an archived object says that a machine made it. Pure; asks the object alone."""

from collections.abc import Iterator

from apps.imaging.dicom_json import Document, first_of, items_of, values_of

SEGMENTATION_CLASSES = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
REPORTS = "1.2.840.10008.5.1.4.1.1.88."
CAD_CLASSES = {
    f"{REPORTS}50": "Mammography CAD SR",
    f"{REPORTS}65": "Chest CAD SR",
    f"{REPORTS}69": "Colon CAD SR",
}
"""Reports that are computer-aided detection by their kind (PS3.3 A.35.5, A.35.6, A.35.10)."""
MANUAL = "MANUAL"
CONTENT, CONCEPT, CODED_VALUE = "0040A730", "0040A043", "0040A168"
ALGORITHM = frozenset({"111001", "111003"})  # Algorithm Name, Algorithm Version (TID 4019)
OBSERVER_TYPE, DEVICE, PERSON_NAME = "121005", "121007", "121008"
MEASUREMENT_GROUP = "125007"
MOST_ITEMS, DEEPEST = 8_000, 24


def says_machine(document: Document) -> bool:
    """A segment that is not MANUAL; a report of measurements by an algorithm; a CAD report."""
    sop_class = _text(document, "00080016")
    if sop_class in SEGMENTATION_CLASSES:
        return any(
            _text(segment, "00620008") != MANUAL for segment in items_of(document, "00620002")
        )
    if sop_class in CAD_CLASSES:
        return True
    return by_algorithm(document) and any(
        _concept(item) == MEASUREMENT_GROUP for item, _ in _walk(document)
    )


def by_algorithm(document: Document) -> bool:
    """Whether a report names an algorithm, or a device wrote it and nobody with a name did."""
    names_person, names_device = False, False
    for item, depth in _walk(document):
        concept = _concept(item)
        if concept in ALGORITHM:
            return True
        if depth == 0:
            names_person |= concept == PERSON_NAME
            is_type = concept == OBSERVER_TYPE
            names_device |= is_type and _text(first_of(item, CODED_VALUE), "00080100") == DEVICE
    return names_device and not names_person


def _walk(document: Document) -> Iterator[tuple[Document, int]]:
    pending = [(item, 0) for item in reversed(items_of(document, CONTENT))]
    left = MOST_ITEMS
    while pending and left:
        left -= 1
        item, depth = pending.pop()
        yield item, depth
        if depth <= DEEPEST:
            pending.extend((child, depth + 1) for child in reversed(items_of(item, CONTENT)))


def _concept(item: Document) -> str:
    return _text(first_of(item, CONCEPT), "00080100")


def _text(document: Document, tag: str) -> str:
    values = values_of(document, tag)
    return str(values[0]).strip() if values and values[0] is not None else ""
