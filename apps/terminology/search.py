"""Finding a concept by its code or by the beginnings of its words. Knows no framework."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

MOST_ANSWERS = 20


@dataclass(frozen=True, slots=True)
class Concept:
    """One code. ``source`` names the list that it came from."""

    system: str
    code: str
    display: str
    synonyms: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """``matched`` is the synonym that was found where the display alone would not have been."""

    concept: Concept
    matched: str = ""


def fold(text: str) -> str:
    """Small letters without accents, words one space apart: ``Müllerian-mixed`` is
    ``mullerian mixed``."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(one for one in bare if not unicodedata.combining(one))
    return " ".join(re.findall(r"[a-z0-9]+", letters))


def fold_code(text: str) -> str:
    """A code as people type it: ``C34.1``, ``c341`` and ``C34 1`` are the same."""
    return fold(text).replace(" ", "")


@dataclass(frozen=True, slots=True)
class _Entry:
    concept: Concept
    code: str
    display: str
    synonyms: tuple[tuple[str, str], ...]
    words: str
    """All of it with a space before each word: most entries are left out by this alone."""


class Index:
    """Some concepts of one system. Later concepts replace earlier ones of the same code."""

    def __init__(self, concepts: Iterable[Concept]) -> None:
        by_code = {fold_code(one.code): one for one in concepts}
        self._by_code = by_code
        self._entries = [_enter(code, one) for code, one in by_code.items()]

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, code: str) -> Concept | None:
        return self._by_code.get(fold_code(code)) if code else None

    def find(self, text: str, *, limit: int = MOST_ANSWERS) -> list[Match]:
        """The best answers first: the code, then the name, then a synonym; shorter names first.

        Every word that was typed must begin a word of the concept. Nothing typed finds nothing.
        """
        wanted = fold(text)
        if not wanted:
            return []
        words, code = [f" {one}" for one in wanted.split()], wanted.replace(" ", "")
        found = []
        for entry in self._entries:
            ranked = _rank(entry, wanted, words, code)
            if ranked is not None:
                rank, matched = ranked
                found.append((rank, len(entry.display), entry.code, Match(entry.concept, matched)))
        found.sort(key=lambda one: one[:3])
        return [one[3] for one in found[:limit]]


def _enter(code: str, concept: Concept) -> _Entry:
    display = fold(concept.display)
    synonyms = tuple((fold(word), word) for word in concept.synonyms)
    words = " ".join(["", display, *(folded for folded, _ in synonyms)])
    return _Entry(concept, code, display, synonyms, words)


def _rank(entry: _Entry, wanted: str, words: list[str], code: str) -> tuple[int, str] | None:
    if entry.code == code:
        return 0, ""
    is_code = entry.code.startswith(code)
    if not is_code and not _begin(words, entry.words):
        return None
    if entry.display == wanted:
        return 1, ""
    if is_code:
        return 2, ""
    if entry.display.startswith(wanted):
        return 3, ""
    if _begin(words, f" {entry.display}"):
        return 4, ""
    for folded, synonym in entry.synonyms:
        if folded == wanted:
            return 1, synonym
    for folded, synonym in entry.synonyms:
        if _begin(words, f" {folded}"):
            return 5, synonym
    return 6, ""


def _begin(words: list[str], text: str) -> bool:
    """Does each of the words begin a word of the text? All with a space before each word."""
    return all(word in text for word in words)
