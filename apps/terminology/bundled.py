"""The code lists that come with the house; ``data/README.md`` says where each is from."""

import csv
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

from pydicom.sr._cid_dict import cid_concepts
from pydicom.sr._concepts_dict import concepts as dicom_concepts

from apps.terminology.choices import HGNC, ICD_10, LOINC, SNOMED_CT, SYSTEMS
from apps.terminology.search import Concept

DATA = Path(__file__).parent / "data"
SNOMED_GROUPS = (639, 4031, 6030, 6033)
"""Context groups of DICOM PS3.16: tumour histologic types, common anatomic regions, pathology of
the breast, malignant pathology of the breast."""


@lru_cache(maxsize=len(SYSTEMS))
def bundled_concepts(system: str) -> tuple[Concept, ...]:
    """What is bundled of a system; nothing where its licence does not allow it."""
    reader = _READERS.get(system)
    return tuple(reader()) if reader else ()


def _from_file(system: str, name: str) -> Iterator[Concept]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield Concept(
                system=system,
                code=row["code"],
                display=row["display"],
                synonyms=tuple(filter(None, row["synonyms"].split("|"))),
                source=SYSTEMS[system].title,
            )


def _from_dicom() -> Iterator[Concept]:
    """Two keywords of PS3.16 may stand for one code: the second name is a synonym."""
    names: dict[str, list[str]] = {}
    known: dict[str, dict[str, tuple[str, list[int]]]] = dicom_concepts["SCT"]  # type: ignore[assignment]
    for group in SNOMED_GROUPS:
        for keyword in cid_concepts[group].get("SCT", ()):
            for code, (meaning, groups) in known[keyword].items():
                if group in groups and meaning not in names.setdefault(code, []):
                    names[code].append(meaning)
    for code, (display, *others) in names.items():
        yield Concept(SNOMED_CT, code, display, tuple(others), SYSTEMS[SNOMED_CT].title)


_READERS: dict[str, Callable[[], Iterator[Concept]]] = {
    ICD_10: lambda: _from_file(ICD_10, "icd10cm_neoplasms.csv"),
    LOINC: lambda: _from_file(LOINC, "loinc.csv"),
    HGNC: lambda: _from_file(HGNC, "hgnc_panel.csv"),
    SNOMED_CT: _from_dicom,
}
