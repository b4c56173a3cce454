"""Who does something. Floors below accounts know actors, never users."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from apps.core.exceptions import Forbidden


@dataclass(frozen=True, slots=True)
class Actor:
    """The acting person, machine client, screen of a room or part of the system.

    ``id`` is the user's id for people and machine clients and ``None`` for the system.
    ``session_key`` ties tickets to the sign-in session that minted them. A machine client
    (``id`` is then the person it acts for) has only ``scopes``, and of that person's case
    grants only ``grant_ids``. A place is the screen on a room's wall: it may look, at what its
    views declare (``ConsiliumView.open_to_places``), and do nothing.
    """

    kind: Literal["user", "system", "machine", "place", "anonymous"]
    label: str
    id: UUID | None = None
    system_roles: frozenset[str] = field(default_factory=frozenset)
    discipline: str = ""
    session_key: str = ""
    scopes: frozenset[str] = field(default_factory=frozenset)
    grant_ids: frozenset[UUID] = field(default_factory=frozenset)

    @classmethod
    def system(cls, label: str) -> "Actor":
        """The system itself, named by the part that acts: ``Actor.system("sweeper")``."""
        return cls(kind="system", label=label)

    @classmethod
    def anonymous(cls) -> "Actor":
        return cls(kind="anonymous", label="anonymous")

    @property
    def is_system(self) -> bool:
        return self.kind == "system"

    @property
    def is_person(self) -> bool:
        return self.kind == "user" and self.id is not None

    @property
    def is_machine(self) -> bool:
        return self.kind == "machine" and self.id is not None

    @property
    def is_place(self) -> bool:
        return self.kind == "place" and self.id is not None

    @property
    def person_id(self) -> UUID:
        """The id of the acting person.

        Raises
        ------
        Forbidden
            Nobody: the system or an anonymous visitor cannot do what only people do.
        """
        if self.id is None:
            raise Forbidden("Only a person can do this.", code="person_needed")
        return self.id

    def has_role(self, role: str) -> bool:
        return role in self.system_roles
