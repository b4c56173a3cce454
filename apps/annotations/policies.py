"""May this actor measure here, or change this measurement? (permission table F)"""

from typing import Any
from uuid import UUID

from apps.accounts.choices import IMAGING_DISCIPLINES
from apps.accounts.selectors import TRAINEE_ROLE
from apps.annotations.models import KeyImage, Lesion, Measurement
from apps.cases.policies import annotate_case, require_standing
from apps.core.actors import Actor
from apps.core.exceptions import Forbidden, NotVisible
from apps.core.policies import signed_in


def list_measurements(*, actor: Actor, **ids: Any) -> None:
    """Whoever is signed in may ask; the case named in the query is checked by the view."""
    signed_in(actor=actor)


def put_measurement(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Members, chair, consultants and trainees of the case, and only seeing it identified.

    A de-identified viewer's images carry mapped UIDs; without the way back a measurement
    would name images that do not exist.
    """
    annotate_case(actor=actor, case_id=case_id)
    if require_standing(actor=actor, case_id=case_id).is_deidentified:
        raise Forbidden("Not available in de-identified view.", code="deidentified_only")


def change_measurement(*, actor: Actor, measurement_id: UUID, **ids: Any) -> None:
    """Its author; radiology and nuclear medicine may correct anybody's, trainees only their own."""
    signed_in(actor=actor)
    found = (
        Measurement.objects.filter(pk=measurement_id).values_list("case_id", "author_id").first()
    )
    _author_or_imaging(actor=actor, found=found, what="a measurement")


def change_lesion(*, actor: Actor, lesion_id: UUID, **ids: Any) -> None:
    """As with a measurement."""
    signed_in(actor=actor)
    found = Lesion.objects.filter(pk=lesion_id).values_list("case_id", "author_id").first()
    _author_or_imaging(actor=actor, found=found, what="a lesion")


def change_key_image(*, actor: Actor, key_image_id: UUID, **ids: Any) -> None:
    """As with a measurement."""
    signed_in(actor=actor)
    found = KeyImage.objects.filter(pk=key_image_id).values_list("case_id", "author_id").first()
    _author_or_imaging(actor=actor, found=found, what="a key image")


def _author_or_imaging(*, actor: Actor, found: tuple[UUID, UUID] | None, what: str) -> None:
    if found is None:
        raise NotVisible()
    case_id, author_id = found
    put_measurement(actor=actor, case_id=case_id)
    if actor.is_system or author_id == actor.id:
        return
    if actor.discipline in IMAGING_DISCIPLINES and not actor.has_role(TRAINEE_ROLE):
        return
    raise Forbidden(f"Only its author or an imaging clinician may change {what}.")
