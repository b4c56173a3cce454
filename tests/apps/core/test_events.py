"""Events commit with their work or not at all."""

from typing import ClassVar

import pytest
from django.db import transaction
from pydantic import ValidationError

from apps.core import events


class Happened(events.DomainEvent):
    kind: ClassVar[str] = "test.happened"
    number: int


@pytest.mark.django_db(transaction=True)
def test_recording_outside_a_transaction_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="outside a transaction"):
        events.record(Happened(number=1))


@pytest.mark.django_db
def test_subscribers_run_once_inside_the_transaction() -> None:
    seen: list[int] = []

    def note(event: Happened) -> None:
        seen.append(event.number)

    events.subscribe(Happened, note)
    events.subscribe(Happened, note)
    with transaction.atomic():
        events.record(Happened(number=7))
    assert seen == [7]


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(ValidationError):
        Happened(number=1, colour="red")  # type: ignore[call-arg]
