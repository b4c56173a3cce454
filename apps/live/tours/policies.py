"""Who leaves views of a case, who changes them, who looks at them."""

from typing import Any
from uuid import UUID

from apps.annotations.policies import put_measurement
from apps.cases.policies import ORGANISERS, require_standing, view_case
from apps.core.actors import Actor
from apps.core.exceptions import Forbidden, NotVisible
from apps.core.policies import signed_in
from apps.live.models import Tour, TourStep


def list_tours(*, actor: Actor, **ids: Any) -> None:
    """Whoever is signed in may ask; the case named in the query is checked by the view."""
    signed_in(actor=actor)


def write_tour(*, actor: Actor, case_id: UUID) -> None:
    """Whoever measures in this case: a view names its images, so it is for identified eyes."""
    put_measurement(actor=actor, case_id=case_id)


def add_step(*, actor: Actor, tour_id: UUID, **ids: Any) -> None:
    """Any of them may add a view; each view has its own author."""
    write_tour(actor=actor, case_id=get_tour(actor=actor, tour_id=tour_id).case_id)


def change_tour(*, actor: Actor, tour_id: UUID, **ids: Any) -> None:
    """Its author; chair and coordinator keep the case in order."""
    tour = get_tour(actor=actor, tour_id=tour_id)
    _author_or_organiser(actor=actor, case_id=tour.case_id, authors={tour.author_id})


def change_step(*, actor: Actor, step_id: UUID, **ids: Any) -> None:
    step = get_step(actor=actor, step_id=step_id)
    authors = {step.author_id, step.tour.author_id}
    _author_or_organiser(actor=actor, case_id=step.tour.case_id, authors=authors)


def look_at_tour(*, actor: Actor, tour_id: UUID, **ids: Any) -> None:
    get_tour(actor=actor, tour_id=tour_id)


def get_tour(*, actor: Actor, tour_id: UUID) -> Tour:
    """The tour, for somebody who may see its case."""
    signed_in(actor=actor)
    tour = Tour.objects.filter(pk=tour_id, removed_at__isnull=True).first()
    if tour is None:
        raise NotVisible()
    view_case(actor=actor, case_id=tour.case_id)
    return tour


def get_step(*, actor: Actor, step_id: UUID) -> TourStep:
    signed_in(actor=actor)
    steps = TourStep.objects.select_related("tour").filter(tour__removed_at__isnull=True)
    step = steps.filter(pk=step_id).first()
    if step is None:
        raise NotVisible()
    view_case(actor=actor, case_id=step.tour.case_id)
    return step


def _author_or_organiser(*, actor: Actor, case_id: UUID, authors: set[UUID]) -> None:
    standing = require_standing(actor=actor, case_id=case_id)
    if standing.is_deidentified:
        raise Forbidden("Not available in de-identified view.", code="deidentified_only")
    if actor.is_system or actor.id in authors or standing.capacities & ORGANISERS:
        return
    raise Forbidden("Only who left these views may change them.")
