"""Leave views, change them, take them away, come to their end."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from pydantic import ValidationError

from apps.audit.services import record_entry
from apps.cases.selectors import people_in_case
from apps.core.actors import Actor
from apps.core.events import actor_fields, record
from apps.core.exceptions import Conflict, Forbidden, InvalidInput
from apps.core.versions import lock_version
from apps.live.events import TourChanged
from apps.live.exceptions import StagePlaceUnknown
from apps.live.models import Tour, TourReader, TourStep
from apps.live.protocol import MAX_MESSAGE_BYTES
from apps.live.protocol.stage import StageState
from apps.live.selectors import studies_of_case
from apps.live.tours import policies

MAX_STEPS = 50


@transaction.atomic
def create_tour(
    *,
    actor: Actor,
    case_id: UUID,
    purpose: str,
    title: str,
    due: date | None = None,
    readers: Iterable[UUID] = (),
) -> Tour:
    """Begin a row of views, for these people of the case or for the meeting.

    Raises
    ------
    NotVisible, Forbidden
        As ``policies.write_tour``.
    InvalidInput
        ``not_in_case``: a reader has no access to it.
    """
    policies.write_tour(actor=actor, case_id=case_id)
    if actor.id is None:
        raise Forbidden("Only a person leaves views.")
    tour = Tour.objects.create(
        case_id=case_id, purpose=purpose, title=_words(title, most=120), due=due, author_id=actor.id
    )
    _set_readers(tour=tour, readers=readers)
    _tell(actor=actor, tour=tour, action="tour.created")
    return tour


@transaction.atomic
def revise_tour(
    *,
    actor: Actor,
    tour_id: UUID,
    version: int,
    title: str | None = None,
    due: date | None = None,
    readers: Iterable[UUID] | None = None,
    order: list[UUID] | None = None,
) -> Tour:
    """Rename it, say for whom and when, put its views into another order.

    Raises
    ------
    StaleVersion
        Somebody changed it first.
    InvalidInput
        ``other_steps``: the order does not name its views.
    """
    policies.change_tour(actor=actor, tour_id=tour_id)
    tour = _lock(tour_id=tour_id, version=version)
    if title is not None:
        tour.title = _words(title, most=120)
    tour.due = due
    if readers is not None:
        _set_readers(tour=tour, readers=readers)
    if order is not None:
        _reorder(tour=tour, order=order)
    _raise_version(tour)
    _tell(actor=actor, tour=tour, action="tour.revised")
    return tour


@transaction.atomic
def remove_tour(*, actor: Actor, tour_id: UUID, version: int) -> None:
    policies.change_tour(actor=actor, tour_id=tour_id)
    tour = _lock(tour_id=tour_id, version=version)
    tour.removed_at = timezone.now()
    _raise_version(tour)
    _tell(actor=actor, tour=tour, action="tour.removed")


@transaction.atomic
def add_step(
    *, actor: Actor, tour_id: UUID, stage: dict[str, Any], title: str = "", comment: str = ""
) -> TourStep:
    """Put a view at the end. It adds and overwrites nothing, so it names no version.

    Raises
    ------
    InvalidInput
        ``bad_stage``: not what the room knows as a stage.
    StagePlaceUnknown
        It shows a study that is not of the case.
    Conflict
        ``tour_full``.
    """
    policies.add_step(actor=actor, tour_id=tour_id)
    if actor.id is None:
        raise Forbidden("Only a person leaves views.")
    tour = Tour.objects.select_for_update().get(pk=tour_id)
    if tour.steps.count() >= MAX_STEPS:
        raise Conflict(f"A tour has at most {MAX_STEPS} views.", code="tour_full")
    last = tour.steps.aggregate(last=Max("position"))["last"] or 0
    step = TourStep.objects.create(
        tour=tour,
        position=last + 1,
        title=_words(title, most=120),
        comment=_words(comment, most=2000),
        stage=_checked_stage(stage, case_id=tour.case_id),
        author_id=actor.id,
    )
    # More to see than whoever came to the end has seen.
    tour.readers.exclude(user_id=actor.id).update(seen_at=None)
    _raise_version(tour)
    _tell(actor=actor, tour=tour, action="tour.step_added")
    return step


@transaction.atomic
def revise_step(*, actor: Actor, step_id: UUID, version: int, title: str, comment: str) -> TourStep:
    """``version`` is that of the tour."""
    policies.change_step(actor=actor, step_id=step_id)
    step = TourStep.objects.get(pk=step_id)
    tour = _lock(tour_id=step.tour_id, version=version)
    step.title, step.comment = _words(title, most=120), _words(comment, most=2000)
    step.save(update_fields=["title", "comment", "updated_at"])
    _raise_version(tour)
    _tell(actor=actor, tour=tour, action="tour.step_revised")
    return step


@transaction.atomic
def remove_step(*, actor: Actor, step_id: UUID, version: int) -> None:
    policies.change_step(actor=actor, step_id=step_id)
    step = TourStep.objects.get(pk=step_id)
    tour = _lock(tour_id=step.tour_id, version=version)
    step.delete()
    _raise_version(tour)
    _tell(actor=actor, tour=tour, action="tour.step_removed")


@transaction.atomic
def mark_seen(*, actor: Actor, tour_id: UUID) -> None:
    """Somebody came to the last view; it waits for them no more."""
    policies.look_at_tour(actor=actor, tour_id=tour_id)
    waiting = TourReader.objects.filter(
        tour_id=tour_id, user_id=actor.person_id, seen_at__isnull=True
    )
    if not waiting.update(seen_at=timezone.now()):
        return
    tour = Tour.objects.get(pk=tour_id)
    _tell(actor=actor, tour=tour, action="tour.seen")


def _lock(*, tour_id: UUID, version: int) -> Tour:
    standing = Tour.objects.filter(removed_at__isnull=True)
    return lock_version(queryset=standing, pk=tour_id, version=version)


def _raise_version(tour: Tour) -> None:
    tour.version += 1
    tour.save()


def _words(text: str, *, most: int) -> str:
    if len(text) > most or "\x00" in text:
        raise InvalidInput("Too long.", code="bad_text")
    return text.strip()


def _checked_stage(stage: dict[str, Any], *, case_id: UUID) -> dict[str, Any]:
    if len(json.dumps(stage)) > MAX_MESSAGE_BYTES:
        raise InvalidInput("The view is too large.", code="bad_stage")
    try:
        state = StageState.model_validate({**stage, "held": False})
    except ValidationError:
        raise InvalidInput("This is no view.", code="bad_stage") from None
    shown = [one for one in state.viewports if one is not None]
    if not shown:
        raise InvalidInput("Nothing is shown on this view.", code="bad_stage")
    if not {one.study_instance_uid for one in shown} <= studies_of_case(case_id=case_id):
        raise StagePlaceUnknown("The view shows a study that is not of this case.")
    checked: dict[str, Any] = state.model_dump(mode="json", exclude_unset=True)
    return checked


def _set_readers(*, tour: Tour, readers: Iterable[UUID]) -> None:
    wanted = set(readers) - {tour.author_id}
    people = people_in_case(case_id=tour.case_id).filter(pk__in=wanted)
    if people.count() != len(wanted):
        raise InvalidInput("Somebody named is not in this case.", code="not_in_case")
    tour.readers.exclude(user_id__in=wanted).delete()
    known = set(tour.readers.values_list("user_id", flat=True))
    TourReader.objects.bulk_create(
        TourReader(tour=tour, user_id=user_id) for user_id in sorted(wanted - known)
    )


def _reorder(*, tour: Tour, order: list[UUID]) -> None:
    steps = {step.pk: step for step in tour.steps.all()}
    if set(steps) != set(order) or len(order) != len(steps):
        raise InvalidInput("Name each view once.", code="other_steps")
    for position, step_id in enumerate(order, start=1):
        steps[step_id].position = position
    TourStep.objects.bulk_update(steps.values(), ["position"])


def _tell(*, actor: Actor, tour: Tour, action: str) -> None:
    record_entry(
        actor=actor,
        action=action,
        case_id=tour.case_id,
        entity="tour",
        entity_id=tour.pk,
        details={"version": tour.version},
    )
    record(
        TourChanged(
            **actor_fields(actor),
            case_id=tour.case_id,
            entity_id=str(tour.pk),
            entity_version=tour.version,
            tour={
                "id": str(tour.pk),
                "version": tour.version,
                "removed": tour.removed_at is not None,
            },
        )
    )
