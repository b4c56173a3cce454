"""Who may have a calendar."""

from typing import Any

from apps.boards import policies as board_policies
from apps.core.actors import Actor
from apps.core.exceptions import Forbidden
from apps.core.policies import anyone, signed_in

__all__ = ["own_feed", "read_feed", "view_meeting"]

read_feed = anyone
"""A calendar program cannot sign in: the secret address is the key (``services.open_feed``)."""

view_meeting = board_policies.view_meeting


def own_feed(*, actor: Actor, **ids: Any) -> None:
    signed_in(actor=actor)
    if not actor.is_person:
        raise Forbidden("Only a person has a calendar.", code="person_needed")
