"""May this actor paint here, or change this segmentation? As for measurements (table F)."""

from typing import Any
from uuid import UUID

from apps.accounts.choices import IMAGING_DISCIPLINES
from apps.accounts.selectors import TRAINEE_ROLE
from apps.annotations.models import Segmentation
from apps.annotations.policies import put_measurement
from apps.cases.policies import require_standing
from apps.core.actors import Actor
from apps.core.exceptions import Forbidden, NotVisible
from apps.core.policies import signed_in


def list_segmentations(*, actor: Actor, **ids: Any) -> None:
    """Whoever is signed in may ask; the case named in the query is checked by the selector."""
    signed_in(actor=actor)


def put_segmentation(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Who may measure in the case may paint in it."""
    put_measurement(actor=actor, case_id=case_id)


def view_segmentation(*, actor: Actor, segmentation_id: UUID, **ids: Any) -> None:
    """Whoever may see its case; in a guise the selector shows less."""
    signed_in(actor=actor)
    require_standing(actor=actor, case_id=_case_of(segmentation_id)[0])


def change_segmentation(*, actor: Actor, segmentation_id: UUID, **ids: Any) -> None:
    """Its author; radiology and nuclear medicine may correct anybody's, trainees only their own."""
    signed_in(actor=actor)
    case_id, author_id = _case_of(segmentation_id)
    put_segmentation(actor=actor, case_id=case_id)
    if actor.is_system or author_id == actor.id:
        return
    if actor.discipline in IMAGING_DISCIPLINES and not actor.has_role(TRAINEE_ROLE):
        return
    raise Forbidden("Only its author or an imaging clinician may change a segmentation.")


def _case_of(segmentation_id: UUID) -> tuple[UUID, UUID]:
    found = (
        Segmentation.objects.filter(pk=segmentation_id).values_list("case_id", "author_id").first()
    )
    if found is None:
        raise NotVisible()
    return found
