"""What each op does: one small handler a kind, calling the service that REST calls too.

A handler runs inside the op's transaction with the op's id in context; it checks that what
the op names belongs to the room's current case, and leaves every other check to the service.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from apps.core.actors import Actor
from apps.live.models import LiveSession

Handler = Callable[..., None]
HandlerT = TypeVar("HandlerT", bound=Handler)

_handlers: dict[str, Handler] = {}


def handles(kind: str) -> Callable[[HandlerT], HandlerT]:
    """Register the handler of one op kind; a kind has one."""

    def register(function: HandlerT) -> HandlerT:
        if kind in _handlers and _handlers[kind] is not function:
            raise ValueError(f"op {kind} has two handlers")
        _handlers[kind] = function
        return function

    return register


def handled_kinds() -> frozenset[str]:
    return frozenset(_handlers)


def carry_out(*, actor: Actor, session: LiveSession, op: Any) -> None:
    _handlers[op.kind](actor=actor, session=session, op=op)


from apps.live.ops import annotations, boards, findings, room  # noqa: E402, F401 - register
