"""What a policy is, and the few that need no domain.

A policy is a function ``(*, actor, **ids) -> None`` that raises ``NotSignedIn``, ``Forbidden``
or ``NotVisible``. The same function serves REST, WebSocket, DICOMweb and tasks.
"""

from collections.abc import Callable
from typing import Any

from apps.core.actors import Actor
from apps.core.exceptions import Forbidden, NotSignedIn

Policy = Callable[..., None]


def anyone(*, actor: Actor, **ids: Any) -> None:
    """Open on purpose: sign-in, health, the API's own description."""


def signed_in(*, actor: Actor, **ids: Any) -> None:
    """Any person or machine client with a session or token."""
    if actor.kind == "anonymous":
        raise NotSignedIn("Sign in first.")


def require_role(actor: Actor, *roles: str) -> None:
    """One of the global system roles, or the system itself."""
    signed_in(actor=actor)
    if actor.is_system or any(actor.has_role(role) for role in roles):
        return
    raise Forbidden("Your role does not allow this.", details={"needs": sorted(roles)})
