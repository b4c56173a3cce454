"""Who may see and change people."""

from typing import Any

from apps.core.actors import Actor
from apps.core.policies import require_role, signed_in


def read_people(*, actor: Actor, **ids: Any) -> None:
    """Colleagues' names and disciplines; anybody signed in invites somebody."""
    signed_in(actor=actor)


def manage_people(*, actor: Actor, **ids: Any) -> None:
    require_role(actor, "system_admin")
