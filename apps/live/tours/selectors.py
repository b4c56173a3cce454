"""Reads of tours, as one viewer may see them."""

from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from apps.cases.selectors import visible_cases
from apps.core.actors import Actor
from apps.live.models import Tour, TourReader, TourStep
from apps.live.people import describe_person
from apps.live.projections import View, project_stage

Json = dict[str, Any]


def tours_of_case(*, case_id: UUID) -> "QuerySet[Tour]":
    """What stands in the case; the caller has checked that the case may be seen."""
    return (
        Tour.objects.filter(case_id=case_id, removed_at__isnull=True)
        .select_related("author")
        .prefetch_related("steps__author", "readers__user")
        .order_by("created_at", "id")
    )


def describe_tour(tour: Tour, *, view: View) -> Json:
    """Words are somebody's own, and stay with those who know the patient."""
    plain = view.guise == "identified"
    return {
        "id": str(tour.pk),
        "version": tour.version,
        "case": str(tour.case_id),
        "purpose": tour.purpose,
        "title": tour.title if plain else "",
        "due": tour.due.isoformat() if tour.due else None,
        "author": describe_person(tour.author),
        "created_at": tour.created_at.isoformat(),
        "readers": [
            {
                "user": describe_person(reader.user),
                "seen_at": reader.seen_at.isoformat() if reader.seen_at else None,
            }
            for reader in tour.readers.all()
        ],
        "steps": [_describe_step(step, view=view) for step in tour.steps.all()],
    }


def _describe_step(step: TourStep, *, view: View) -> Json:
    plain = view.guise == "identified"
    frame = project_stage({"epoch": 0, "rev": 0, "state": step.stage}, view=view)
    return {
        "id": str(step.pk),
        "position": step.position,
        "title": step.title if plain else "",
        "comment": step.comment if plain else "",
        "stage": None if frame is None else frame["state"],
        "author": describe_person(step.author),
        "at": step.created_at.isoformat(),
    }


def tours_waiting(*, actor: Actor) -> list[Json]:
    """Views that were left for the actor in cases they may see, and that they have not seen."""
    readers = (
        TourReader.objects.filter(
            user_id=actor.person_id,
            seen_at__isnull=True,
            tour__removed_at__isnull=True,
            tour__case__in=visible_cases(actor=actor).values("pk"),
        )
        .select_related("tour__author")
        .annotate(steps=Count("tour__steps"))
        .filter(steps__gt=0)
        .order_by("tour__due", "tour__created_at")
    )
    return [
        {
            "id": str(reader.tour_id),
            "case": str(reader.tour.case_id),
            "author": describe_person(reader.tour.author),
            "due": reader.tour.due.isoformat() if reader.tour.due else None,
            "steps": reader.steps,
        }
        for reader in readers
    ]
