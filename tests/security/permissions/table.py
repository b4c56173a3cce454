"""The permission table (clinical reference, F) as data, and what each cell must answer.

``table.json`` names permissions; policies, routes and ops of the live session name the
permission that they ask for. A route or an op without one fails the test: nothing is added to
the house without saying who may.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).with_name("table.json")
OWN, OTHER, NONE = "own", "other", "none"
STANDINGS = (OWN, OTHER, NONE)
"""Their case and board; a seat of the same kind on another board; no board and no case."""
IN_CASE = frozenset({"coordinator", "chair", "member", "radiologist", "consultant", "trainee"})
ON_BOARD = IN_CASE - {"consultant"}
FORBIDDEN, HIDDEN = 403, 404


@dataclass(frozen=True, slots=True)
class Cell:
    """What one person must get: allowed, or which refusals are right."""

    is_allowed: bool
    refusals: frozenset[int] = frozenset()


class Table:
    def __init__(self) -> None:
        self.data: dict[str, Any] = json.loads(SOURCE.read_text(encoding="utf-8"))
        self.roles: list[str] = list(self.data["roles"])
        self.permissions: dict[str, dict[str, Any]] = self.data["permissions"]

    def permission_of(self, *, method: str, route: str, policy: Any) -> str | None:
        """What a route asks for: its own line, or its policy's."""
        own = self.data["routes"].get(f"{method.upper()} {route}")
        return own or self.data["policies"].get(f"{policy.__module__}.{policy.__name__}")

    def cell(self, *, permission: str, role: str, standing: str) -> Cell:
        said = self.permissions[permission]
        if role in self._roles(said, "everywhere"):
            return Cell(is_allowed=True)
        named = role in self._roles(said, "yes")
        if role in said.get("seat", []) and standing != NONE:
            return Cell(is_allowed=True)
        scope = said["scope"]
        if scope in {"house", "self"}:
            return Cell(is_allowed=True) if named else Cell(False, frozenset({FORBIDDEN}))
        if standing == OWN and named:
            return Cell(is_allowed=True)
        if role in self._roles(said, "refused"):
            return Cell(False, frozenset({FORBIDDEN}))
        if "elsewhere" in said:
            return Cell(False, frozenset(said["elsewhere"]))
        stands = role in (IN_CASE if scope == "case" else ON_BOARD)
        return Cell(False, frozenset({FORBIDDEN if standing == OWN and stands else HIDDEN}))

    def is_of_the_house(self, permission: str) -> bool:
        return bool(self.permissions[permission]["scope"] == "house")

    def _roles(self, said: dict[str, Any], name: str) -> list[str]:
        roles = said.get(name, [])
        return self.roles if roles == "*" else list(roles)
