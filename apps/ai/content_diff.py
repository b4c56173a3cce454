"""The texts of a bundle beside those of another, for the people who approve them. Free of Django.

Files are read as bytes and compared as text; nothing is parsed or evaluated. Whatever does not
print, or would turn the direction of a line, is written out as its code point: what is approved
must be what is read (Boucher and Anderson, "Trojan Source", 2021).
"""

from __future__ import annotations

import difflib
import unicodedata
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from apps.ai.bundle_tree import TreeDiff, TreeFile
from apps.ai.bundle_weights import WEIGHT_SUFFIXES

FileKind = Literal["side_car", "configuration", "script", "weights", "document", "other"]

MAX_TEXT_BYTES = 512 * 1024
MAX_LINES = 4_000
MAX_SHOWN_LINES = 1_500
MAX_LINE_CHARACTERS = 400
MAX_TOTAL_CHARACTERS = 2_000_000
CONTEXT_LINES = 3
CUT = "[cut]"
_DOCUMENT_SUFFIXES = frozenset({".md", ".txt", ".rst"})
_DOCUMENT_NAMES = frozenset({"LICENSE", "LICENCE", "NOTICE", "AUTHORS"})
_CONFIGURATION_SUFFIXES = frozenset({".json", ".yaml", ".yml", ".toml", ".cfg", ".ini"})


@dataclass(frozen=True, slots=True)
class FileChange:
    """What happened to one file.

    ``text`` says how it is told: ``lines`` as a unified diff, ``binary`` by its hashes alone,
    ``too_long`` by its hashes because it is too long to be compared here. ``cut``: lines were
    left out, or shortened.
    """

    path: str
    kind: FileKind
    change: Literal["added", "changed", "removed"]
    before: TreeFile | None
    after: TreeFile | None
    text: Literal["lines", "binary", "too_long"]
    lines: tuple[str, ...] = ()
    cut: bool = False


def kind_of(path: str) -> FileKind:
    """What a file is in a bundle, by its place and its name."""
    name = PurePosixPath(path)
    if path == "consilium.json":
        return "side_car"
    if name.suffix.lower() in WEIGHT_SUFFIXES:
        return "weights"
    if name.suffix == ".py":
        return "script"
    if name.suffix.lower() in _CONFIGURATION_SUFFIXES:
        return "configuration"
    if name.suffix.lower() in _DOCUMENT_SUFFIXES or name.name in _DOCUMENT_NAMES:
        return "document"
    return "other"


def tell_changes(
    *, diff: TreeDiff, before_root: Path | None, after_root: Path
) -> tuple[FileChange, ...]:
    """Every changed file in path order, scripts and configuration with their lines.

    Bounded as a whole: once enough was told, the rest is named by its hashes.
    """
    pairs: list[tuple[TreeFile | None, TreeFile | None]] = [
        *((None, one) for one in diff.added),
        *diff.changed,
        *((one, None) for one in diff.removed),
    ]
    pairs.sort(key=lambda pair: (pair[1] or pair[0] or _NOBODY).path)
    told: list[FileChange] = []
    budget = MAX_TOTAL_CHARACTERS
    for before, after in pairs:
        change = _tell(before, after, before_root, after_root, budget)
        budget -= sum(len(line) for line in change.lines)
        told.append(change)
    return tuple(told)


def show_line(line: str) -> str:
    """A line as it can be read: what does not print as ``\\u{…}``, and not too long."""
    kept = line[:MAX_LINE_CHARACTERS]
    shown = "".join(one if _is_plain(one) else f"\\u{{{ord(one):x}}}" for one in kept)
    return shown if len(line) <= MAX_LINE_CHARACTERS else f"{shown} {CUT}"


_NOBODY = TreeFile(path="", size=0, sha256="")


def _tell(
    before: TreeFile | None,
    after: TreeFile | None,
    before_root: Path | None,
    after_root: Path,
    budget: int,
) -> FileChange:
    known = after or before or _NOBODY
    change: Literal["added", "changed", "removed"] = (
        "added" if before is None else "removed" if after is None else "changed"
    )
    kind = kind_of(known.path)
    old = _read(before_root, before) if before_root is not None else []
    new = _read(after_root, after)
    if kind == "weights" or old is None or new is None:
        return FileChange(known.path, kind, change, before, after, "binary")
    if budget <= 0 or max(len(old), len(new)) > MAX_LINES or _is_large(before, after):
        return FileChange(known.path, kind, change, before, after, "too_long")
    diff = list(difflib.unified_diff(old, new, lineterm="", n=CONTEXT_LINES))[2:]
    # The first two lines are file names.
    kept = diff[:MAX_SHOWN_LINES]
    cut = len(diff) > len(kept) or any(len(line) > MAX_LINE_CHARACTERS for line in kept)
    shown = tuple(show_line(line) for line in kept)
    return FileChange(known.path, kind, change, before, after, "lines", shown, cut)


def _read(root: Path | None, file: TreeFile | None) -> list[str] | None:
    """The lines of a text; None of anything else. A large file is not read."""
    if root is None or file is None:
        return []
    if kind_of(file.path) == "weights":
        return None
    with (root / file.path).open("rb") as stream:
        content = stream.read(MAX_TEXT_BYTES + 1)
    if b"\0" in content:
        return None
    try:
        return content[:MAX_TEXT_BYTES].decode("utf-8").splitlines()
    except UnicodeDecodeError:
        return [] if len(content) > MAX_TEXT_BYTES else None


def _is_large(*files: TreeFile | None) -> bool:
    return any(file is not None and file.size > MAX_TEXT_BYTES for file in files)


def _is_plain(character: str) -> bool:
    if character == "\t":
        return True
    return character.isprintable() and unicodedata.category(character) not in {"Cf", "Co", "Cs"}
