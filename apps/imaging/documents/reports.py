"""An SR document tree as lines that can be read, whatever its template (PS3.3 C.17.3).

Lines are plain values with their depth; nobody builds markup from them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from apps.imaging.dicom_json import Document, items_of, values_of
from apps.imaging.documents.problems import Problem
from apps.imaging.documents.values import Code, ImageReference, code_of, references_of, text_of

MAX_LINES = 4_000
MAX_DEPTH = 24
MAX_LINE_TEXT = 8_000
CONTENT = "0040A730"
MODIFIERS = frozenset({"HAS CONCEPT MOD"})
SIMPLE = {
    "TEXT": "0040A160",
    "DATETIME": "0040A120",
    "DATE": "0040A121",
    "TIME": "0040A122",
    "PNAME": "0040A123",
    "UIDREF": "0040A124",
}
GRAPHICS = frozenset({"SCOORD", "SCOORD3D", "TCOORD"})
OBJECTS = frozenset({"IMAGE", "COMPOSITE", "WAVEFORM"})


@dataclass(frozen=True, slots=True)
class Line:
    """One content item. ``kind`` is its value type, in small letters."""

    depth: int
    kind: str
    name: str
    value: str
    unit: str
    relationship: str
    references: tuple[ImageReference, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    title: str
    lines: tuple[Line, ...]
    problems: tuple[Problem, ...]


def read_report(document: Document) -> Report:
    """The tree below the root, depth first, cut off where it gets too long."""
    lines: list[Line] = []
    unusual, is_cut = 0, False
    for item, depth in walk(document):
        if len(lines) >= MAX_LINES or depth > MAX_DEPTH:
            is_cut = True
            continue
        line = _read_line(item, depth)
        if line is None:
            unusual += 1
        else:
            lines.append(line)
    problems = []
    if is_cut:
        problems.append(Problem.of("too_long"))
    if unusual:
        problems.append(Problem.of("unusual_item", count=unusual))
    return Report(title_of(document), tuple(lines), tuple(problems))


def title_of(document: Document) -> str:
    return code_of(document, "0040A043").words


def walk(document: Document) -> Iterator[tuple[Document, int]]:
    """Content items with their depth, in reading order; at most twice of what is shown."""
    pending = [(item, 0) for item in reversed(items_of(document, CONTENT))]
    left = 2 * MAX_LINES
    while pending and left:
        left -= 1
        item, depth = pending.pop()
        yield item, depth
        if depth <= MAX_DEPTH:
            pending.extend((child, depth + 1) for child in reversed(items_of(item, CONTENT)))


def _read_line(item: Document, depth: int) -> Line | None:
    kind = text_of(item, "0040A040", limit=16).upper()
    name = code_of(item, "0040A043").words
    relationship = text_of(item, "0040A010", limit=32).lower()
    references: tuple[ImageReference, ...] = ()
    value, unit = "", ""
    if kind in SIMPLE:
        value = text_of(item, SIMPLE[kind], limit=MAX_LINE_TEXT)
    elif kind == "CODE":
        value = code_of(item, "0040A168").words
    elif kind == "NUM":
        value, unit = read_number(item)
    elif kind in OBJECTS:
        references = tuple(references_of(item))[:16]
    elif kind in GRAPHICS:
        value = text_of(item, "00700023", limit=16) or text_of(item, "0040A130", limit=16)
    elif kind != "CONTAINER":
        if pointed := values_of(item, "0040DB73"):  # a reference to another item of the tree
            value = "→ " + ".".join(str(one)[:8] for one in pointed[:32])
            kind = "SEE"
        else:
            return None
    return Line(depth, kind.lower(), name, value, unit, relationship, references)


def read_number(item: Document) -> tuple[str, str]:
    """Value and unit as they are written; why there is none, where there is none (C.18.1)."""
    measured = items_of(item, "0040A300")
    if not measured:
        return "", code_of(item, "0040A301").words
    return text_of(measured[0], "0040A30A", limit=32), unit_words(code_of(measured[0], "004008EA"))


def unit_words(unit: Code) -> str:
    """UCUM's own sign where it reads well, its meaning otherwise; no unit is no word."""
    if unit.scheme == "UCUM":
        if unit.value == "1" or unit.value.startswith("{"):
            return "" if unit.value == "1" else unit.meaning or unit.value.strip("{}")
        return {"cm2": "cm²", "mm2": "mm²", "cm3": "cm³", "mm3": "mm³", "[hnsf'U]": "HU"}.get(
            unit.value, unit.value
        )
    return unit.words
