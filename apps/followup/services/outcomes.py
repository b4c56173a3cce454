"""Treatment that started, how it went, where the case came back, how it was presented."""

from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.audit.services import record_entry
from apps.boards.choices import DecisionStatus
from apps.boards.models import AgendaItem, Decision
from apps.cases.models import Case
from apps.cases.selectors import visible_cases
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, InvalidInput, StaleVersion
from apps.followup import policies
from apps.followup.choices import TreatmentKind
from apps.followup.clocks import day_of, time_zone_of
from apps.followup.models import Outcome, Presentation
from apps.followup.services.results import begin_follow_up


@transaction.atomic
def record_outcome(
    *,
    actor: Actor,
    decision_id: UUID,
    version: int,
    treatment_started_on: date | None = None,
    treatment_kind: str = "",
    text: str = "",
    rereferred_case_id: UUID | None = None,
    rereferred_item_id: UUID | None = None,
) -> Outcome:
    """Write what happened after a decision, or write it anew; version 0 where there is nothing.

    Raises
    ------
    Conflict
        ``not_signed``: nothing was decided yet.
    InvalidInput
        ``treatment_date_and_kind``, ``treatment_in_future``, ``rereferral_of_other_patient``,
        ``rereferral_to_itself``.
    StaleVersion
        Somebody wrote it first.
    """
    policies.record_outcome(actor=actor, decision_id=decision_id)
    decision = (
        Decision.objects.select_for_update(of=("self",))
        .select_related("case", "meeting")
        .get(pk=decision_id)
    )
    if decision.status != DecisionStatus.SIGNED:
        raise Conflict("Nothing is decided yet.", code="not_signed")
    _check_treatment(decision=decision, day=treatment_started_on, kind=treatment_kind)
    item, case_id = _check_rereferral(
        actor=actor, decision=decision, case_id=rereferred_case_id, item_id=rereferred_item_id
    )
    outcome = Outcome.objects.select_for_update().filter(decision=decision).first()
    if (outcome.version if outcome else 0) != version:
        raise StaleVersion(
            "It was changed meanwhile.",
            details={"current": {"version": outcome.version if outcome else 0}},
        )
    outcome = outcome or Outcome(decision=decision, version=0)
    outcome.treatment_started_on, outcome.treatment_kind = treatment_started_on, treatment_kind
    outcome.text = text.strip()
    outcome.rereferred_case_id = case_id
    outcome.rereferred_item = item
    outcome.recorded_by_id = actor.id
    outcome.version += 1
    outcome.save()
    begin_follow_up(actor=actor, case_id=decision.case_id)
    record_entry(
        actor=actor,
        action="follow_up.outcome_recorded",
        case_id=decision.case_id,
        entity="decision",
        entity_id=decision.pk,
        details={"version": outcome.version, "has_treatment": bool(treatment_kind),
                 "rereferred": str(case_id or "")},
    )  # fmt: skip
    return outcome


@transaction.atomic
def record_presentation(
    *, actor: Actor, item_id: UUID, is_prospective: bool | None, is_analytic: bool | None
) -> Presentation:
    """Whether a case was presented before treatment, and is an analytic case of this house."""
    policies.record_presentation(actor=actor, item_id=item_id)
    item = AgendaItem.objects.select_for_update(of=("self",)).get(pk=item_id)
    row, _ = Presentation.objects.update_or_create(
        item=item,
        defaults={
            "is_prospective": is_prospective,
            "is_analytic": is_analytic,
            "recorded_by_id": actor.id,
        },
    )
    details: dict[str, Any] = {"prospective": is_prospective, "analytic": is_analytic}
    record_entry(
        actor=actor,
        action="follow_up.presentation_recorded",
        case_id=item.case_id,
        entity="agenda_item",
        entity_id=item.pk,
        details=details,
    )
    return row


def _check_treatment(*, decision: Decision, day: date | None, kind: str) -> None:
    if kind and kind not in TreatmentKind.values:
        raise InvalidInput("Unknown kind of treatment.", code="treatment_unknown")
    if (day is None) != (not kind):
        raise InvalidInput("A treatment has a day and a kind.", code="treatment_date_and_kind")
    zone = time_zone_of(board_id=decision.meeting.board_id if decision.meeting else None)
    if day is not None and day > day_of(timezone.now(), zone=zone):
        raise InvalidInput("This day is still to come.", code="treatment_in_future")


def _check_rereferral(
    *, actor: Actor, decision: Decision, case_id: UUID | None, item_id: UUID | None
) -> tuple[AgendaItem | None, UUID | None]:
    """The case or the agenda item where the same patient came back."""
    item = None
    if item_id is not None:
        item = AgendaItem.objects.filter(
            pk=item_id, case__in=visible_cases(actor=actor).values("pk")
        ).first()
        if item is None or (case_id is not None and item.case_id != case_id):
            raise InvalidInput("There is no such agenda item.", code="rereferral_unknown")
        if item.meeting_id == decision.meeting_id and item.case_id == decision.case_id:
            raise InvalidInput("That is where it was decided.", code="rereferral_to_itself")
        case_id = item.case_id
    if case_id is None:
        return None, None
    other: Case | None = visible_cases(actor=actor).filter(pk=case_id).first()
    if other is None:
        raise InvalidInput("There is no such case.", code="rereferral_unknown")
    if other.patient_id != decision.case.patient_id:
        raise InvalidInput("That is another patient.", code="rereferral_of_other_patient")
    if case_id == decision.case_id and item is None:
        raise InvalidInput(
            "Name the agenda item on which it came back.", code="rereferral_to_itself"
        )
    return item, case_id
