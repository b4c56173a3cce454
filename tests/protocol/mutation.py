"""A change of one place in the code that breaks a rule, and the tests that must notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.protocol.rules import BASE


@dataclass(frozen=True, slots=True)
class Mutation:
    """``old`` stands once in ``path``; with ``new`` in its place one of ``tests`` must fail."""

    name: str
    rule: str
    path: str
    old: str
    new: str
    tests: tuple[str, ...]
    """Node ids of pytest, or a file of vitest."""

    @property
    def is_browser(self) -> bool:
        return self.path.startswith("frontend/")

    def mutated(self, *, base: Path = BASE) -> str:
        """The file's text with the mutation in it.

        Raises
        ------
        ValueError
            The code has moved on: ``old`` is not there once.
        """
        text = (base / self.path).read_text("utf-8")
        if text.count(self.old) != 1:
            raise ValueError(f"{self.path} has it {text.count(self.old)} times: {self.old!r}")
        return text.replace(self.old, self.new)


def named(path: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{path}::{name}" for name in names)
