"""Which handler carries out which kind of op."""

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
