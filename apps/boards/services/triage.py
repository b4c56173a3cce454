"""Triage (MDT-4): which case is discussed, listed by a standard, put off or taken back.

The coordinator sorts and proposes, the chair signs what is listed without discussion, any core
member pulls a case up. Every move is in ``CaseMove``, whoever makes it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.audit.services import record_entry
from apps.boards import readiness_policies as policies
from apps.boards.case_templates import CaseTemplateDocument, TemplateStandard
from apps.boards.choices import AgendaStatus, DeferralReason
from apps.boards.models import AgendaItem, CaseMove, CaseReadiness
from apps.boards.services.agenda_marks import coming_items, mark_items
from apps.boards.services.chasing import give_duty
from apps.boards.services.readiness import (
    compute_readiness,
    item_of,
    missing_of,
    readiness_of,
)
from apps.cases import services as case_services
from apps.cases.choices import CaseStatus
from apps.cases.models import Case
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, DomainError, Forbidden, InvalidInput
from apps.core.versions import lock_version

TRIAGE_MOVES = frozenset(
    {
        CaseStatus.SUBMITTED,
        CaseStatus.NEEDS_INFO,
        CaseStatus.READY,
        CaseStatus.SOC_LISTED,
        CaseStatus.DEFERRED,
        CaseStatus.WITHDRAWN,
    }
)
"""What triage may move a case to; the meeting and its decision move it to the others."""
UNDO_WITHIN = timedelta(minutes=15)
UNDO = "undo"
PULLED_UP = "pulled_up"
OVERRIDDEN = "readiness_overridden"
MOST_AT_ONCE = 100
_NO_OVERRIDE: dict[str, Any] = {
    "overridden_by": None,
    "overridden_at": None,
    "override_reason": "",
}
_AGENDA_AFTER = {
    CaseStatus.SOC_LISTED: AgendaStatus.SOC_LISTED,
    CaseStatus.DEFERRED: AgendaStatus.DEFERRED,
    CaseStatus.WITHDRAWN: AgendaStatus.WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class Owed:
    """One item that is missing, and who is to bring it (at most one of person and address)."""

    item: str
    person_id: UUID | None = None
    address: str = ""
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class TriageWish:
    """Where a case is to go and why; what a move needs beyond that."""

    to: str
    reason: str = ""
    reason_code: str = ""
    standard: str = ""
    missing: tuple[Owed, ...] = ()
    is_override: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of one case of several. ``code`` is empty where it went."""

    case_id: UUID
    move: CaseMove | None = None
    code: str = ""
    message: str = ""
    details: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def triage_case(*, actor: Actor, case_id: UUID, version: int, wish: TriageWish) -> CaseMove:
    """Move one case.

    Raises
    ------
    Forbidden
        ``chair_signs``: listing by a standard, and readiness against the checklist.
    Conflict
        ``not_ready``: details name the items. ``on_agenda``: it is to be taken off first.
        ``stale_version``. ``illegal_move``.
    InvalidInput
        ``not_triage``; ``reason_needed``; ``reason_code_unknown``; ``standard_unknown``;
        ``item_unknown``.
    """
    policies.triage_case(actor=actor, case_id=case_id)
    if wish.to not in TRIAGE_MOVES:
        raise InvalidInput("Triage does not move a case there.", code="not_triage")
    case = lock_version(queryset=Case.objects.all(), pk=case_id, version=version)
    _check_off_agenda(case=case, to=wish.to)
    details: dict[str, Any] = {}
    reason_code = ""
    if wish.to == CaseStatus.READY:
        reason_code = _check_ready(actor=actor, case_id=case_id, wish=wish, details=details)
    elif wish.to == CaseStatus.NEEDS_INFO:
        _note_missing(actor=actor, case_id=case_id, wish=wish, details=details)
    elif wish.to == CaseStatus.SOC_LISTED:
        policies.sign_triage(actor=actor, case_id=case_id)
        details.update(_standard(case_id=case_id, key=wish.standard))
    elif wish.to == CaseStatus.DEFERRED:
        reason_code = _check_deferral(wish)
    elif wish.to == CaseStatus.WITHDRAWN:
        _need_reason(wish)
    return _move(
        actor=actor,
        case_id=case_id,
        to=wish.to,
        reason_code=reason_code,
        reason=wish.reason.strip(),
        details=details,
    )


@transaction.atomic
def propose_standard(
    *, actor: Actor, case_id: UUID, standard: str, reason: str = ""
) -> CaseReadiness:
    """Propose to list a case by a standard that was agreed on; the chair signs or discusses it.

    Raises
    ------
    InvalidInput
        ``standard_unknown``: details name those of the case's template.
    """
    policies.triage_case(actor=actor, case_id=case_id)
    named = _standard(case_id=case_id, key=standard)
    row = readiness_of(case_id=case_id)
    row.proposal = {
        "to": CaseStatus.SOC_LISTED,
        **named,
        "reason": reason.strip()[:500],
        "by": actor.label,
        "at": timezone.now().isoformat(),
    }
    row.save(update_fields=["proposal", "updated_at"])
    record_entry(
        actor=actor,
        action="triage.proposed",
        case_id=case_id,
        entity="case_readiness",
        entity_id=row.pk,
        details={"standard": standard},
    )
    return row


@transaction.atomic
def pull_up(*, actor: Actor, case_id: UUID, reason: str = "") -> CaseMove:
    """Have a case discussed after all that was listed by a standard.

    Back on the agenda where a coming meeting lists it; else ready, to be scheduled.

    Raises
    ------
    Conflict
        ``not_listed``: it is not listed by a standard.
    """
    policies.pull_up(actor=actor, case_id=case_id)
    case = Case.objects.select_for_update().get(pk=case_id)
    if case.status != CaseStatus.SOC_LISTED:
        raise Conflict("This case is not listed by a standard.", code="not_listed")
    items = coming_items(case_id=case_id, status=AgendaStatus.SOC_LISTED)
    kept = mark_items(items, status=AgendaStatus.PLANNED)
    return _move(
        actor=actor,
        case_id=case_id,
        to=CaseStatus.SCHEDULED if kept else CaseStatus.READY,
        reason_code=PULLED_UP,
        reason=reason.strip(),
        details={"agenda": kept} if kept else {},
    )


def triage_many(
    *, actor: Actor, cases: Iterable[tuple[UUID, int]], wish: TriageWish
) -> list[Moved]:
    """The same move for several cases, each by itself; one that is refused holds up no other.

    Raises
    ------
    InvalidInput
        ``too_many``.
    """
    wanted = list(cases)
    if len(wanted) > MOST_AT_ONCE:
        raise InvalidInput(f"At most {MOST_AT_ONCE} at once.", code="too_many")
    told = []
    for case_id, version in wanted:
        try:
            move = triage_case(actor=actor, case_id=case_id, version=version, wish=wish)
            told.append(Moved(case_id, move))
        except DomainError as error:
            told.append(Moved(case_id, None, error.error_code, error.message, error.details))
    return told


def undo_moves(*, actor: Actor, move_ids: Iterable[UUID]) -> list[Moved]:
    """Take back one's own moves of the last quarter of an hour, where nothing came after."""
    wanted = list(dict.fromkeys(move_ids))
    if len(wanted) > MOST_AT_ONCE:
        raise InvalidInput(f"At most {MOST_AT_ONCE} at once.", code="too_many")
    told = []
    for move in CaseMove.objects.filter(pk__in=wanted).order_by("created_at", "number"):
        try:
            told.append(Moved(move.case_id, undo_move(actor=actor, move=move)))
        except DomainError as error:
            told.append(Moved(move.case_id, None, error.error_code, error.message))
    return told


@transaction.atomic
def undo_move(*, actor: Actor, move: CaseMove) -> CaseMove:
    """
    Raises
    ------
    Conflict
        ``undo_too_late``: it is older than a quarter of an hour, or something came after it.
    Forbidden
        ``not_yours``.
    """
    policies.view_readiness(actor=actor, case_id=move.case_id)
    if move.moved_by_id is None or move.moved_by_id != actor.id:
        raise Forbidden("Somebody else made this move.", code="not_yours")
    Case.objects.select_for_update().get(pk=move.case_id)
    newest = CaseMove.objects.filter(case_id=move.case_id).order_by("-number").first()
    is_triage = move.to_status in TRIAGE_MOVES or move.reason_code == PULLED_UP
    too_late = move.created_at < timezone.now() - UNDO_WITHIN
    if newest is None or newest.pk != move.pk or too_late or not is_triage:
        raise Conflict("This can no longer be taken back.", code="undo_too_late")
    for item_id, status in move.details.get("agenda", {}).items():
        mark_items(list(AgendaItem.objects.filter(pk=item_id)), status=status)
    return _move(
        actor=actor, case_id=move.case_id, to=move.from_status, reason_code=UNDO, is_undo=True
    )


def _move(
    *,
    actor: Actor,
    case_id: UUID,
    to: str,
    reason_code: str = "",
    reason: str = "",
    details: dict[str, Any] | None = None,
    is_undo: bool = False,
) -> CaseMove:
    """The move, its agenda items, its history. The same status again is refused, not ignored."""
    kept = dict(details or {})
    case = Case.objects.select_for_update().get(pk=case_id)
    if case.status == to:
        raise Conflict("The case is there already.", code="already_there")
    if to in _AGENDA_AFTER and not is_undo:
        planned = coming_items(case_id=case_id, status=AgendaStatus.PLANNED)
        kept["agenda"] = mark_items(planned, status=_AGENDA_AFTER[CaseStatus(to)], code=reason_code)
    case_services.move_case(
        actor=actor,
        case_id=case_id,
        to=to,
        reason_code=reason_code,
        reason=reason[:500],
        details=kept,
        is_undo=is_undo,
    )
    CaseReadiness.objects.filter(case_id=case_id).update(
        proposal={}, **(_NO_OVERRIDE if _ends_override(to, reason_code) else {})
    )
    return CaseMove.objects.filter(case_id=case_id).order_by("-number")[0]


def _ends_override(to: str, reason_code: str) -> bool:
    """Back in triage, or ready by itself, the chair's word is history."""
    back = {CaseStatus.SUBMITTED, CaseStatus.NEEDS_INFO, CaseStatus.READY}
    return to in back and reason_code not in {OVERRIDDEN, PULLED_UP}


def _check_off_agenda(*, case: Case, to: str) -> None:
    """What goes back to triage is not at the same time on the list of a meeting."""
    if case.status != CaseStatus.SCHEDULED or to in _AGENDA_AFTER:
        return
    if coming_items(case_id=case.pk, status=AgendaStatus.PLANNED):
        raise Conflict("Take it off the agenda first.", code="on_agenda")


def _check_ready(*, actor: Actor, case_id: UUID, wish: TriageWish, details: dict[str, Any]) -> str:
    row = compute_readiness(case_id=case_id) or readiness_of(case_id=case_id)
    missing = missing_of(row)
    if not missing:
        return ""
    if not wish.is_override:
        raise Conflict(
            "Something that is required is not there.",
            code="not_ready",
            details={"items": missing},
        )
    policies.sign_triage(actor=actor, case_id=case_id)
    _need_reason(wish)
    CaseReadiness.objects.filter(pk=row.pk).update(
        overridden_by_id=actor.id,
        overridden_at=timezone.now(),
        override_reason=wish.reason.strip()[:500],
    )
    details["missing"] = [one["key"] for one in missing]
    return OVERRIDDEN


def _note_missing(
    *, actor: Actor, case_id: UUID, wish: TriageWish, details: dict[str, Any]
) -> None:
    """What is missing, and who owes it."""
    if not wish.missing:
        raise InvalidInput("Say what is missing.", code="missing_needed")
    for owed in wish.missing:
        if owed.person_id is None and not owed.address:
            item_of(case_id=case_id, key=owed.item)
            continue
        give_duty(
            actor=actor,
            case_id=case_id,
            item=owed.item,
            person_id=owed.person_id,
            address=owed.address,
            due_on=owed.due_on,
        )
    details["missing"] = [owed.item for owed in wish.missing]


def standards_of(row: CaseReadiness) -> list[TemplateStandard]:
    """Those of the template as it is today: a standard that was withdrawn lists nothing."""
    newest = row.template.template.versions.order_by("-number").first() or row.template
    return CaseTemplateDocument.model_validate(newest.document).standards


def _standard(*, case_id: UUID, key: str) -> dict[str, str]:
    agreed = standards_of(readiness_of(case_id=case_id))
    found = next((one for one in agreed if one.key == key), None)
    if found is None:
        raise InvalidInput(
            "No standard of that name has been agreed on.",
            code="standard_unknown",
            details={"known": [one.key for one in agreed]},
        )
    return {"standard": found.key, "standard_name": found.name, "reference": found.reference}


def _check_deferral(wish: TriageWish) -> str:
    if wish.reason_code not in DeferralReason.values:
        raise InvalidInput(
            "Choose a reason.",
            code="reason_code_unknown" if wish.reason_code else "reason_needed",
            details={"known": DeferralReason.values},
        )
    if wish.reason_code == DeferralReason.OTHER:
        _need_reason(wish)
    return wish.reason_code


def _need_reason(wish: TriageWish) -> None:
    if not wish.reason.strip():
        raise InvalidInput("Say why.", code="reason_needed")
