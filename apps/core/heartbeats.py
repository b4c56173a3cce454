"""Signs of life of the processes, in PostgreSQL, for `/readyz`."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.core.models import Heartbeat

ALIVE_FOR = timedelta(seconds=15)


def beat(*, name: str, detail: dict[str, Any] | None = None) -> None:
    """Say that the process called ``name`` is alive now."""
    Heartbeat.objects.update_or_create(
        name=name, defaults={"at": timezone.now(), "detail": detail or {}}
    )


def alive(*, name: str) -> bool:
    """Whether a process whose name starts with ``name`` has spoken lately."""
    return count_alive(name=name) > 0


def count_alive(*, name: str) -> int:
    """How many processes whose name starts with ``name`` have spoken lately."""
    heard = Heartbeat.objects.filter(name__startswith=name, at__gte=timezone.now() - ALIVE_FOR)
    return heard.count()


def read_details(*, name: str, within: timedelta = ALIVE_FOR) -> list[dict[str, Any]]:
    """What processes whose name starts with ``name`` said last, of those heard ``within``."""
    heard = Heartbeat.objects.filter(name__startswith=name, at__gte=timezone.now() - within)
    return list(heard.values_list("detail", flat=True))
