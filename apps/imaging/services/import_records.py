"""The record of an import: its row, its moves, its audit entries."""

from typing import Any
from uuid import UUID

from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import IllegalMove
from apps.imaging import policies
from apps.imaging.choices import IMPORT_MOVES, ImportState
from apps.imaging.models import Import

IMPORT_TASK = "apps.imaging.tasks.process_import"


def new_import(*, actor: Actor, case_id: UUID, mismatch_reason: str = "") -> Import:
    """A row that is not saved yet; a reason given in advance is a coordinator's."""
    if mismatch_reason.strip():
        policies.confirm_mismatch(actor=actor, case_id=case_id)
    return Import(
        case_id=case_id,
        actor_id=actor.id,
        actor_label=actor.label[:200],
        mismatch_reason=mismatch_reason.strip(),
    )


def move(parent: Import, state: ImportState) -> None:
    """Change the state in memory.

    Raises
    ------
    IllegalMove
        The table of moves does not have it.
    """
    if state not in IMPORT_MOVES[parent.state]:
        raise IllegalMove(
            "The import cannot go there.", details={"from": parent.state, "to": state}
        )
    parent.state = state


def record_opened(*, actor: Actor, parent: Import, count: int) -> None:
    record(actor=actor, parent=parent, action="import.opened", files=count)


def record(*, actor: Actor, parent: Import, action: str, **details: Any) -> None:
    record_entry(
        actor=actor,
        action=action,
        case_id=parent.case_id,
        entity="import",
        entity_id=parent.pk,
        details=details,
    )
