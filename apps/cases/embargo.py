"""Read first, reveal AI: from whom the AI results of a case are hidden right now.

Boards and live rooms know when (they are above); REST, socket, gateway and pixel path ask
here. Hidden is not absent: what is asked for directly is refused with ``ai_hidden``, and a
list that leaves something out says so.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from apps.core.actors import Actor
from apps.core.exceptions import Forbidden
from apps.core.registry import Registry

ai_embargoes: "Registry[Any]" = Registry("AI embargoes")
"""``provider(*, case_ids, user_ids) -> {(case_id, user_id)}``: cases whose AI results are hidden
from these people. Both arguments are frozensets."""

ai_reveals: "Registry[Any]" = Registry("AI reveals")
"""``provider(*, case_id) -> bool``: somebody read the case first and revealed its results then."""


class AiHidden(Forbidden):
    """The board reads first: AI results are shown once they are revealed in its meeting."""

    code = "ai_hidden"

    def __init__(self) -> None:
        super().__init__("AI results are hidden until the images have been read.")


def hidden_from(
    *, case_ids: Iterable[UUID], user_ids: Iterable[UUID]
) -> frozenset[tuple[UUID, UUID]]:
    """Which of these people are to read which of these cases first."""
    cases, people = frozenset(case_ids), frozenset(user_ids)
    hidden: set[tuple[UUID, UUID]] = set()
    if cases and people:
        for _, provider in ai_embargoes.items():
            hidden |= provider(case_ids=cases, user_ids=people)
    return frozenset(hidden)


def hidden_cases(*, actor: Actor, case_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Cases whose AI results this actor does not get now.

    A machine client gets what the person it acts for gets; the system works on.
    """
    if actor.id is None:
        return frozenset()
    return frozenset(case_id for case_id, _ in hidden_from(case_ids=case_ids, user_ids=[actor.id]))


def is_ai_hidden(*, actor: Actor, case_id: UUID) -> bool:
    return bool(hidden_cases(actor=actor, case_ids=[case_id]))


def require_ai_shown(*, actor: Actor, case_id: UUID) -> None:
    """For whoever asks for one result.

    Raises
    ------
    AiHidden
        The images are to be read first.
    """
    if is_ai_hidden(actor=actor, case_id=case_id):
        raise AiHidden()


def was_read_first(*, case_id: UUID) -> bool:
    """Whether the case's images were read before its AI results were revealed."""
    return any(provider(case_id=case_id) for _, provider in ai_reveals.items())
