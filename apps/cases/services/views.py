"""Reads of patient data, written down like writes."""

from uuid import UUID

from apps.audit.services import record_entry
from apps.cases.models import Case
from apps.core.actors import Actor


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
