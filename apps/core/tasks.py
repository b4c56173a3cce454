"""The one decorator for Celery tasks: it names the queue and the guarantee."""

from collections.abc import Callable
from typing import Any, Literal

from celery import shared_task

Guarantee = Literal["at_least_once", "at_most_once"]


def durable_task(
    *, queue: str = "default", guarantee: Guarantee = "at_least_once", **options: Any
) -> Callable[[Callable[..., Any]], Any]:
    """Declare a task under its dotted path.

    ``at_least_once`` acknowledges late and survives the death of its worker: its body must
    be idempotent. ``at_most_once`` acknowledges first: for bells and warm-ups only.
    """
    late = guarantee == "at_least_once"

    def decorate(function: Callable[..., Any]) -> Any:
        return shared_task(
            name=f"{function.__module__}.{function.__name__}",
            acks_late=late,
            reject_on_worker_lost=late,
            ignore_result=True,
            queue=queue,
            **options,
        )(function)

    return decorate
