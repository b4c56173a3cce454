"""Layouts that a person or a board keeps. Nothing of a patient is in them."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from pydantic import ValidationError

from apps.audit.services import record_entry
from apps.boards import policies
from apps.boards.hangings import HangingDocument
from apps.boards.models import HangingProtocol
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, InvalidInput
from apps.core.versions import lock_version

MAX_PER_OWNER = 100
MAX_PROBLEMS_TOLD = 5


@transaction.atomic
def create_hanging(
    *,
    actor: Actor,
    name: str,
    document: Any,
    is_default: bool = False,
    board_id: UUID | None = None,
) -> HangingProtocol:
    """Keep a layout: for oneself, or for the board that is named.

    Raises
    ------
    InvalidInput
        ``invalid_hanging``: the document says what a layout cannot be.
    Conflict
        ``hanging_exists`` or ``too_many_hangings``.
    """
    policies.save_hanging(actor=actor, board_id=board_id)
    checked = check_document(document)
    owner = {"board_id": board_id} if board_id is not None else {"owner_id": actor.person_id}
    if HangingProtocol.objects.filter(**owner).count() >= MAX_PER_OWNER:
        raise Conflict("Delete a layout before saving another.", code="too_many_hangings")
    try:
        with transaction.atomic():
            row = HangingProtocol.objects.create(
                name=_name(name), document=checked, is_default=is_default, **owner
            )
    except IntegrityError:
        raise _taken() from None
    _record(actor=actor, action="hanging.saved", row=row)
    return row


@transaction.atomic
def revise_hanging(
    *, actor: Actor, hanging_id: UUID, version: int, changes: dict[str, Any]
) -> HangingProtocol:
    """Change name, document or default of a layout; the owner stays.

    Raises
    ------
    StaleVersion
        Somebody changed it meanwhile.
    """
    policies.change_hanging(actor=actor, hanging_id=hanging_id)
    row = lock_version(
        queryset=HangingProtocol.objects.select_related("board"), pk=hanging_id, version=version
    )
    if "name" in changes:
        row.name = _name(changes["name"])
    if "document" in changes:
        row.document = check_document(changes["document"])
    if "is_default" in changes:
        row.is_default = changes["is_default"]
    row.version += 1
    try:
        with transaction.atomic():
            row.save(update_fields=["name", "document", "is_default", "version", "updated_at"])
    except IntegrityError:
        raise _taken() from None
    _record(actor=actor, action="hanging.revised", row=row)
    return row


@transaction.atomic
def delete_hanging(*, actor: Actor, hanging_id: UUID, version: int) -> None:
    policies.change_hanging(actor=actor, hanging_id=hanging_id)
    row = lock_version(queryset=HangingProtocol.objects.all(), pk=hanging_id, version=version)
    _record(actor=actor, action="hanging.deleted", row=row)
    row.delete()


def check_document(document: Any) -> dict[str, Any]:
    """The document as it is stored: complete, and nothing in it that is not known."""
    try:
        return HangingDocument.model_validate(document).model_dump(mode="json")
    except ValidationError as error:
        problems = [
            {"where": ".".join(str(part) for part in one["loc"]), "what": one["msg"]}
            for one in error.errors(include_url=False, include_context=False)[:MAX_PROBLEMS_TOLD]
        ]
        raise InvalidInput(
            "This is not a layout.", code="invalid_hanging", details={"problems": problems}
        ) from None


def _name(name: str) -> str:
    stripped = name.strip()
    if not stripped:
        raise InvalidInput("Give the layout a name.", details={"missing": ["name"]})
    return stripped


def _taken() -> Conflict:
    return Conflict("A layout of this name exists.", code="hanging_exists")


def _record(*, actor: Actor, action: str, row: HangingProtocol) -> None:
    record_entry(
        actor=actor,
        action=action,
        entity="hanging_protocol",
        entity_id=row.pk,
        details={"board": str(row.board_id)} if row.board_id else {},
    )
