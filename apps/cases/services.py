"""Every change to patients, cases and access."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.choices import AccountKind
from apps.accounts.models import User
from apps.audit.services import record_entry
from apps.cases import policies
from apps.cases.choices import ALLOWED_MOVES, Capacity, CaseStatus, GrantSource, Guise
from apps.cases.events import AccessChanged, CaseChanged
from apps.cases.models import Case, CaseGrant, Patient
from apps.core.actors import Actor
from apps.core.events import actor_fields, record
from apps.core.exceptions import Conflict, IllegalMove, InvalidInput, NotVisible
from apps.core.versions import lock_version

MAX_CONSULT = timedelta(days=90)
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
def create_patient(
    *,
    actor: Actor,
    patient_id: str,
    name: str,
    issuer: str = "",
    birth_date: date | None = None,
    sex: str = "",
) -> Patient:
    """Register a patient once per (issuer, PatientID).

    Raises
    ------
    Conflict
        ``patient_exists``; details carry the id of the one that stands.
    """
    policies.create_case(actor=actor)
    if not patient_id.strip():
        raise InvalidInput("A patient needs an identifier.", details={"field": "patient_id"})
    try:
        with transaction.atomic():
            patient = Patient.objects.create(
                issuer=issuer.strip(),
                patient_id=patient_id.strip(),
                name=name,
                birth_date=birth_date,
                sex=sex,
            )
    except IntegrityError:
        standing = Patient.objects.get(issuer=issuer.strip(), patient_id=patient_id.strip())
        raise Conflict(
            "This patient is registered.",
            code="patient_exists",
            details={"patient": str(standing.pk)},
        ) from None
    record_entry(
        actor=actor,
        action="patient.created",
        patient_id=patient.pk,
        entity="patient",
        entity_id=patient.pk,
    )
    return patient


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
    if actor.is_person:
        _put_grant(
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
    for name, value in changes.items():
        setattr(case, name, value)
    _save_change(actor=actor, case=case, fields=sorted(changes), action="case.edited")
    return case


@transaction.atomic
def move_case(*, actor: Actor, case_id: UUID, to: str) -> Case:
    """Move a case to another status along ``ALLOWED_MOVES``; the same status is no move.

    Raises
    ------
    IllegalMove
        Details name both states.
    """
    case = Case.objects.select_for_update().filter(pk=case_id).first()
    if case is None:
        raise NotVisible()
    if case.status == to:
        return case
    if to not in ALLOWED_MOVES[CaseStatus(case.status)]:
        raise IllegalMove(
            f"A case cannot go from {case.status} to {to}.",
            details={"from": case.status, "to": to},
        )
    case.status = to
    _save_change(actor=actor, case=case, fields=["status"], action="case.moved")
    return case


@transaction.atomic
def set_needed_by(*, actor: Actor, case_id: UUID, needed_by: datetime | None) -> Case:
    """When the case will be discussed: boards say so, imaging and AI order their work by it."""
    case = Case.objects.select_for_update().filter(pk=case_id).first()
    if case is None:
        raise NotVisible()
    if case.needed_by != needed_by:
        case.needed_by = needed_by
        _save_change(actor=actor, case=case, fields=["needed_by"], action="case.edited")
    return case


@transaction.atomic
def grant_access(
    *,
    actor: Actor,
    case_id: UUID,
    user_id: UUID,
    capacity: str = Capacity.MEMBER,
    guise: str = Guise.IDENTIFIED,
    source: str = GrantSource.DIRECT,
    source_id: str = "",
    expires_at: datetime | None = None,
) -> CaseGrant:
    """Open a case to somebody. Called again for the same source it replaces the grant.

    A consultant is de-identified unless said otherwise, and ends within 90 days.

    Raises
    ------
    NotVisible, Forbidden
        The actor may not manage members (direct grants only; boards answer for theirs).
    InvalidInput
        ``expiry_needed``, ``expiry_past`` or ``expiry_too_late`` for a consultant.
    """
    if source == GrantSource.DIRECT:
        policies.manage_members(actor=actor, case_id=case_id)
    case = Case.objects.filter(pk=case_id).first()
    kind = AccountKind.PLACE if source == GrantSource.PLACE else AccountKind.PERSON
    user = User.objects.filter(pk=user_id, is_active=True, kind=kind).first()
    if case is None or user is None:
        raise NotVisible()
    _check_grant(actor=actor, capacity=capacity, source=source, expires_at=expires_at)
    return _put_grant(
        actor=actor,
        case=case,
        user_id=user.pk,
        capacity=capacity,
        guise=guise,
        source=source,
        source_id=source_id,
        expires_at=expires_at,
    )


@transaction.atomic
def revoke_grant(*, actor: Actor, case_id: UUID, grant_id: UUID) -> None:
    """End one grant at once; open sockets and tickets notice within two seconds."""
    policies.manage_members(actor=actor, case_id=case_id)
    grant = (
        CaseGrant.objects.select_for_update()
        .filter(pk=grant_id, case_id=case_id, revoked_at__isnull=True)
        .first()
    )
    if grant is None:
        raise NotVisible()
    _end_grant(actor=actor, grant=grant)


@transaction.atomic
def revoke_source(
    *,
    actor: Actor,
    source: str,
    source_id: str,
    user_id: UUID | None = None,
    case_id: UUID | None = None,
) -> int:
    """End every grant that came from one source (a board membership, a consult)."""
    grants = CaseGrant.objects.select_for_update().filter(
        source=source, source_id=source_id, revoked_at__isnull=True
    )
    if user_id is not None:
        grants = grants.filter(user_id=user_id)
    if case_id is not None:
        grants = grants.filter(case_id=case_id)
    ended = 0
    for grant in grants:
        _end_grant(actor=actor, grant=grant)
        ended += 1
    return ended


def record_view(*, actor: Actor, case: Case, what: str = "case") -> None:
    """Reads of patient data are audited like writes."""
    record_entry(
        actor=actor,
        action=f"{what}.viewed",
        case_id=case.pk,
        patient_id=case.patient_id,
        entity=what,
        entity_id=case.pk,
    )


def record_list(*, actor: Actor, case_ids: list[UUID]) -> None:
    """One entry per list shown, naming the cases on it."""
    record_entry(
        actor=actor, action="query.cases", details={"cases": [str(one) for one in case_ids]}
    )


def record_search(*, actor: Actor, count: int) -> None:
    record_entry(actor=actor, action="query.patients", details={"count": count})


def _check_fields(fields: dict[str, Any]) -> None:
    unknown = set(fields) - EDITABLE
    if unknown:
        raise InvalidInput("A case has no such field.", details={"fields": sorted(unknown)})


def _check_grant(*, actor: Actor, capacity: str, source: str, expires_at: datetime | None) -> None:
    now = timezone.now()
    if expires_at is not None and expires_at <= now:
        raise InvalidInput("The expiry has passed.", code="expiry_past")
    if capacity != Capacity.CONSULTANT:
        return
    if expires_at is None:
        raise InvalidInput("A consultant's access needs an end.", code="expiry_needed")
    if expires_at > now + MAX_CONSULT:
        raise InvalidInput("At most 90 days.", code="expiry_too_late")


def _put_grant(
    *,
    actor: Actor,
    case: Case,
    user_id: UUID,
    capacity: str,
    guise: str,
    source: str,
    source_id: str,
    expires_at: datetime | None,
) -> CaseGrant:
    standing = CaseGrant.objects.select_for_update().filter(
        case=case, user_id=user_id, source=source, source_id=source_id, revoked_at__isnull=True
    )
    for old in standing:
        if (old.capacity, old.guise, old.expires_at) == (capacity, guise, expires_at):
            return old
        old.revoked_at = timezone.now()
        old.save(update_fields=["revoked_at", "updated_at"])
    grant = CaseGrant.objects.create(
        case=case,
        user_id=user_id,
        capacity=capacity,
        guise=guise,
        source=source,
        source_id=source_id,
        expires_at=expires_at,
        granted_by_id=actor.id,
    )
    _tell_access(actor=actor, grant=grant, granted=True)
    return grant


def _end_grant(*, actor: Actor, grant: CaseGrant) -> None:
    grant.revoked_at = timezone.now()
    grant.save(update_fields=["revoked_at", "updated_at"])
    _tell_access(actor=actor, grant=grant, granted=False)


def _tell_access(*, actor: Actor, grant: CaseGrant, granted: bool) -> None:
    record_entry(
        actor=actor,
        action="access.granted" if granted else "access.revoked",
        case_id=grant.case_id,
        entity="grant",
        entity_id=grant.pk,
        details={
            "user": str(grant.user_id),
            "capacity": grant.capacity,
            "guise": grant.guise,
            "source": grant.source,
        },
    )
    record(
        AccessChanged(
            **actor_fields(actor),
            case_id=grant.case_id,
            entity="grant",
            entity_id=str(grant.pk),
            user_id=grant.user_id,
            granted=granted,
        )
    )


def _save_change(*, actor: Actor, case: Case, fields: list[str], action: str) -> None:
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
