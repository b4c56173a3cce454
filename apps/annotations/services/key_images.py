"""Mark an image of the case as a key image, or take the mark away."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.annotations import policies
from apps.annotations.events import KeyImageAdded, KeyImageRemoved
from apps.annotations.exceptions import KeyImageExists
from apps.annotations.models import KeyImage
from apps.annotations.planes import require_image
from apps.annotations.selectors import describe_key_image
from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.events import actor_fields, record
from apps.core.exceptions import Forbidden, InvalidInput, StaleVersion
from apps.core.versions import lock_version

MAX_NOTE_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Which image."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    frame: int = 1


@transaction.atomic
def add_key_image(
    *,
    actor: Actor,
    case_id: UUID,
    place: KeyPlace,
    note: str = "",
    key_image_id: UUID | None = None,
    version: int | None = None,
) -> KeyImage:
    """Mark an image, or put a mark back that was taken away (undo).

    An image is a key image once: marking it again returns the mark that stands.

    Raises
    ------
    NotVisible, Forbidden
        As ``policies.put_measurement``.
    ImageNotInCase
        The image is not among the studies of the case.
    KeyImageExists, StaleVersion
        The id is taken, or the mark is at another version.
    """
    policies.put_measurement(actor=actor, case_id=case_id)
    if len(note) > MAX_NOTE_CHARACTERS or "\x00" in note:
        raise InvalidInput("The note is too long.", code="note_too_long")
    if actor.id is None:
        raise Forbidden("Only a person marks a key image.")
    where = {name: getattr(place, name) for name in KeyPlace.__slots__}
    require_image(case_id=case_id, **where)
    standing = (
        KeyImage.objects.select_for_update(of=("self",))
        .select_related("author")
        .filter(case_id=case_id, removed_at__isnull=True, **where)
        .first()
    )
    if standing is not None:
        return standing
    known = _lock(key_image_id) if key_image_id else None
    if known is not None:
        _put_back(known=known, actor=actor, case_id=case_id, where=where, version=version)
    key_image = known or _create(
        id=key_image_id or uuid4(), case_id=case_id, author_id=actor.id, note=note, **where
    )
    _audit(actor=actor, key_image=key_image, action="key_image.added")
    record(
        KeyImageAdded(
            **actor_fields(actor),
            case_id=case_id,
            entity_id=str(key_image.pk),
            entity_version=key_image.version,
            key_image=describe_key_image(key_image),
        )
    )
    return key_image


@transaction.atomic
def remove_key_image(*, actor: Actor, key_image_id: UUID, version: int) -> KeyImage:
    """Take the mark away; the audit trail keeps that it was there."""
    policies.change_key_image(actor=actor, key_image_id=key_image_id)
    key_image = lock_version(
        queryset=KeyImage.objects.select_related("author").filter(removed_at__isnull=True),
        pk=key_image_id,
        version=version,
        describe=describe_key_image,
    )
    key_image.removed_at = timezone.now()
    key_image.version += 1
    key_image.save()
    _audit(actor=actor, key_image=key_image, action="key_image.removed")
    record(
        KeyImageRemoved(
            **actor_fields(actor),
            case_id=key_image.case_id,
            entity_id=str(key_image.pk),
            entity_version=key_image.version,
            id=key_image.pk,
            version=key_image.version,
        )
    )
    return key_image


def _lock(key_image_id: UUID) -> KeyImage | None:
    return (
        KeyImage.objects.select_for_update(of=("self",))
        .select_related("author")
        .filter(pk=key_image_id)
        .first()
    )


def _create(**fields: Any) -> KeyImage:
    try:
        with transaction.atomic():
            return KeyImage.objects.create(**fields)
    except IntegrityError:
        raise KeyImageExists("Somebody marked it at the same moment.") from None


def _put_back(
    *, known: KeyImage, actor: Actor, case_id: UUID, where: dict[str, object], version: int | None
) -> None:
    if known.case_id != case_id or any(getattr(known, name) != where[name] for name in where):
        raise KeyImageExists("The id is taken.")
    policies.change_key_image(actor=actor, key_image_id=known.pk)
    if version != known.version:
        raise StaleVersion(
            "It was changed meanwhile.", details={"current": describe_key_image(known)}
        )
    known.removed_at = None
    known.version += 1
    known.save()


def _audit(*, actor: Actor, key_image: KeyImage, action: str) -> None:
    record_entry(
        actor=actor,
        action=action,
        case_id=key_image.case_id,
        entity="key_image",
        entity_id=key_image.pk,
        details={"version": key_image.version},
    )
