"""From the acting person to their record."""

from apps.accounts.models import User
from apps.core.actors import Actor
from apps.core.exceptions import Forbidden


def get_person(*, actor: Actor) -> User:
    """The person who acts.

    Raises
    ------
    Forbidden
        The system or a machine: approvals and reviews are a person's word.
    """
    if not actor.is_person or actor.id is None:
        raise Forbidden("This is a person's word.")
    return User.objects.get(pk=actor.id)
