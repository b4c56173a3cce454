"""Codes are no patient's: whoever is signed in may look them up."""

from typing import Any

from apps.core.actors import Actor
from apps.core.policies import require_role, signed_in


def look_up_codes(*, actor: Actor, **ids: Any) -> None:
    signed_in(actor=actor)


def load_codes(*, actor: Actor, **ids: Any) -> None:
    """The command line acts as the system; there is no route for it."""
    require_role(actor, "system_admin")
