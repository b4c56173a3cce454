"""What a case says and where it stands."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.audit.services import record_entry
from apps.cases import policies
from apps.cases.choices import ALLOWED_MOVES, Capacity, CaseStatus, GrantSource, Guise
from apps.cases.closing import check_may_close
from apps.cases.events import CaseChanged, CaseMoved, CaseOpened
from apps.cases.models import Case, Patient
from apps.cases.services.access import put_grant
from apps.cases.services.glance import refuse_typed_over
from apps.core.actors import Actor
from apps.core.events import actor_fields, record
from apps.core.exceptions import IllegalMove, InvalidInput, NotVisible
from apps.core.versions import lock_version

EDITABLE = frozenset(
    {
        "title",
        "clinical_question",
        "history",
        "tumour_type",
        "diagnosis_system",
        "diagnosis_code",
        "diagnosis_display",
        "diagnosis_text",
        "stage",
        "ecog",
        "urgency",
        "urgency_reason",
        "needed_by",
        "routing_tags",
    }
)


@transaction.atomic
def create_case(*, actor: Actor, patient_id: UUID, title: str, **fields: Any) -> Case:
    """Open a case; whoever opens it becomes its coordinator.

    Raises
    ------
    NotVisible
        No such patient.
    InvalidInput
        A field that a case does not have.
    """
    policies.create_case(actor=actor)
    patient = Patient.objects.filter(pk=patient_id).first()
    if patient is None:
        raise NotVisible("No such patient.")
    _check_fields(fields)
    case = Case.objects.create(patient=patient, title=title, created_by_id=actor.id, **fields)
    record_entry(
        actor=actor,
        action="case.created",
        case_id=case.pk,
        patient_id=patient.pk,
        entity="case",
        entity_id=case.pk,
    )
    record(CaseOpened(**actor_fields(actor), case_id=case.pk))
    if actor.is_person:
        put_grant(
            actor=actor,
            case=case,
            user_id=actor.person_id,
            capacity=Capacity.COORDINATOR,
            guise=Guise.IDENTIFIED,
            source=GrantSource.DIRECT,
            source_id="",
            expires_at=None,
        )
    return case


@transaction.atomic
def edit_case(*, actor: Actor, case_id: UUID, version: int, changes: dict[str, Any]) -> Case:
    """Change what a case says; a stale version loses nothing and names the current state."""
    policies.edit_case(actor=actor, case_id=case_id)
    _check_fields(changes)
    case = lock_version(queryset=Case.objects.all(), pk=case_id, version=version)
    refuse_typed_over(case=case, changes=changes)
    for name, value in changes.items():
        setattr(case, name, value)
    save_change(actor=actor, case=case, fields=sorted(changes), action="case.edited")
    return case


@transaction.atomic
def move_case(
    *,
    actor: Actor,
    case_id: UUID,
    to: str,
    reason_code: str = "",
    reason: str = "",
    details: dict[str, Any] | None = None,
    is_undo: bool = False,
) -> Case:
    """Move a case to another status along ``ALLOWED_MOVES``; the same status is no move.

    ``is_undo``: back to where the last move came from, which the caller has checked; a move
    that is taken back need not be one that leads on.

    Raises
    ------
    IllegalMove
        Details name both states.
    Conflict
        What a floor above still waits for before a case closes (``cases.closing``).
    """
    case = Case.objects.select_for_update().filter(pk=case_id).first()
    if case is None:
        raise NotVisible()
    if case.status == to:
        return case
    if not is_undo and to not in ALLOWED_MOVES[CaseStatus(case.status)]:
        raise IllegalMove(
            f"A case cannot go from {case.status} to {to}.",
            details={"from": case.status, "to": to},
        )
    if to == CaseStatus.CLOSED:
        check_may_close(case_id=case_id)
    before, case.status = case.status, to
    save_change(actor=actor, case=case, fields=["status"], action="case.moved")
    record(
        CaseMoved(
            **actor_fields(actor),
            case_id=case.pk,
            from_status=before,
            to_status=to,
            reason_code=reason_code,
            reason=reason,
            details=details or {},
        )
    )
    return case


@transaction.atomic
def set_needed_by(*, actor: Actor, case_id: UUID, needed_by: datetime | None) -> Case:
    """When the case will be discussed: boards say so, imaging and AI order their work by it."""
    case = Case.objects.select_for_update().filter(pk=case_id).first()
    if case is None:
        raise NotVisible()
    if case.needed_by != needed_by:
        case.needed_by = needed_by
        save_change(actor=actor, case=case, fields=["needed_by"], action="case.edited")
    return case


def _check_fields(fields: dict[str, Any]) -> None:
    unknown = set(fields) - EDITABLE
    if unknown:
        raise InvalidInput("A case has no such field.", details={"fields": sorted(unknown)})


def save_change(*, actor: Actor, case: Case, fields: list[str], action: str) -> None:
    case.version += 1
    case.save()
    record_entry(
        actor=actor,
        action=action,
        case_id=case.pk,
        patient_id=case.patient_id,
        entity="case",
        entity_id=case.pk,
        details={"fields": fields, "status": case.status},
    )
    record(
        CaseChanged(
            **actor_fields(actor),
            case_id=case.pk,
            entity="case",
            entity_id=str(case.pk),
            entity_version=case.version,
            fields=fields,
            status=case.status,
        )
    )
