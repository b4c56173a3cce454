"""Who made a result, as far as its object says so. Nothing is looked up and nothing is guessed.

Names come from anywhere: they are brought to one form, freed of characters that cannot be seen,
and bounded. What is not said is empty, and shown as unknown.
"""

import hashlib
import unicodedata
from dataclasses import dataclass

from apps.imaging.dicom_json import Document, first_of, items_of
from apps.imaging.documents.values import code_of, text_of

MAX_NAME = 64
MAX_VERSION = 60
UNKNOWN = "unknown"

MANUFACTURER, MODEL_NAME, SOFTWARE = "00080070", "00081090", "00181020"
ALGORITHM_NAME, ALGORITHM_VERSION, ALGORITHM_MAKER = "111001", "111003", "122405"
OBSERVER_TYPE, DEVICE, PERSON_NAME = "121005", "121007", "121008"
DEVICE_NAME, DEVICE_MAKER, DEVICE_MODEL = "121013", "121014", "121015"


def clean_name(raw: str, *, limit: int = MAX_NAME) -> str:
    """One line without control, format or private characters, of bounded length."""
    normal = unicodedata.normalize("NFC", raw[: 8 * limit])
    seen = (" " if one.isspace() else one for one in normal)
    kept = "".join(one for one in seen if unicodedata.category(one)[0] != "C")
    return " ".join(kept.split())[:limit].strip()


@dataclass(frozen=True, slots=True)
class Maker:
    """Manufacturer, algorithm and its version; each is empty where the object does not say it."""

    manufacturer: str = ""
    algorithm: str = ""
    version: str = ""

    @classmethod
    def of(cls, manufacturer: str, algorithm: str, version: str) -> "Maker":
        return cls(
            clean_name(manufacturer),
            clean_name(algorithm),
            clean_name(version, limit=MAX_VERSION),
        )

    @property
    def model_name(self) -> str:
        return " · ".join(
            (
                self.manufacturer or "Unknown manufacturer",
                self.algorithm or "unknown algorithm",
            )
        )

    @property
    def version_name(self) -> str:
        return self.version or UNKNOWN

    @property
    def slug(self) -> str:
        """The same for spellings that differ in case or width only."""
        return f"external-{_digest(self.manufacturer, self.algorithm)[:32]}"

    @property
    def tree_sha256(self) -> str:
        """Stands for the content, of which nothing is known here."""
        return _digest("external", self.manufacturer, self.algorithm, self.version)


def _digest(*parts: str) -> str:
    plain = (unicodedata.normalize("NFKC", one).casefold() for one in parts)
    folded = "".join(f"{len(part)}:{part}" for part in plain)
    return hashlib.sha256(folded.encode()).hexdigest()


def maker_of_equipment(document: Document) -> Maker:
    """General Equipment (PS3.3 C.7.5.1): the device that wrote the object."""
    return Maker.of(
        text_of(document, MANUFACTURER),
        text_of(document, MODEL_NAME),
        text_of(document, SOFTWARE),
    )


def maker_of_segment(document: Document, segment: Document) -> Maker:
    """Segmentation Algorithm Identification (PS3.3 10.16), or the name alone (C.8.20.2)."""
    said = first_of(segment, "00620007")
    name = text_of(said, "00660036") or text_of(segment, "00620009")
    equipment = maker_of_equipment(document)
    if not name:
        return equipment
    source = text_of(said, "00240202")
    return Maker.of(source or equipment.manufacturer, name, text_of(said, "00660031"))


@dataclass(frozen=True, slots=True)
class Authors:
    """Who stands at the head of a report: an algorithm, a device, people.

    ``device`` is the equipment that wrote it where no device is an observer.
    """

    algorithm: Maker | None
    device: Maker
    names_device: bool
    names_person: bool

    @property
    def is_machine(self) -> bool:
        """An algorithm is named, or a device and nobody beside it."""
        return self.algorithm is not None or (self.names_device and not self.names_person)


def read_authors(document: Document, content: str) -> Authors:
    """The observers (TID 1001, 1003, 1004) and an algorithm named at the root of a report."""
    items = items_of(document, content)
    said = {code_of(one, "0040A043").value: one for one in items}
    equipment = maker_of_equipment(document)
    device = Maker.of(
        _said(said, DEVICE_MAKER) or equipment.manufacturer,
        _said(said, DEVICE_NAME) or _said(said, DEVICE_MODEL) or equipment.algorithm,
        equipment.version,
    )
    names_device = any(
        code_of(one, "0040A043").value == OBSERVER_TYPE and code_of(one, "0040A168").value == DEVICE
        for one in items
    )
    return Authors(
        algorithm=read_algorithm(items, fallback=device),
        device=device,
        names_device=names_device,
        names_person=PERSON_NAME in said,
    )


def read_algorithm(items: list[Document], *, fallback: Maker) -> Maker | None:
    """Algorithm Identification (TID 4019) among content items; ``None`` where there is none."""
    said = {code_of(one, "0040A043").value: one for one in items}
    name = _said(said, ALGORITHM_NAME)
    if not name:
        return None
    return Maker.of(
        _said(said, ALGORITHM_MAKER) or fallback.manufacturer,
        name,
        _said(said, ALGORITHM_VERSION),
    )


def _said(items: dict[str, Document], concept: str) -> str:
    item = items.get(concept, {})
    return text_of(item, "0040A160") or code_of(item, "0040A168").words
