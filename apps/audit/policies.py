"""Who may read the trail."""

from typing import Any

from apps.core.actors import Actor
from apps.core.policies import require_role


def read_audit(*, actor: Actor, **ids: Any) -> None:
    """The auditor; nobody else, and nobody may change it."""
    require_role(actor, "auditor")
