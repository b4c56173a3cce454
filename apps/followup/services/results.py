"""What became of it: append-only, and in part or not at all never without a reason (MDT-10)."""

from uuid import UUID

from django.db import transaction

from apps.audit.services import record_entry
from apps.cases import services as case_services
from apps.cases.choices import CaseStatus
from apps.cases.models import Case
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, InvalidInput, NotVisible
from apps.core.versions import lock_version
from apps.followup import policies
from apps.followup.choices import (
    NEEDS_WORDS,
    TASK_MOVES,
    FollowUpStatus,
    Implementation,
    NonAdherenceReason,
    TaskState,
)
from apps.followup.models import FollowUpResult, FollowUpTask

STATUS_OF = {
    Implementation.FULL: FollowUpStatus.COMPLETED,
    Implementation.PARTIAL: FollowUpStatus.COMPLETED,
    Implementation.NOT: FollowUpStatus.NOT_DONE,
}
MOST_KEY, MOST_RESULTS = 100, 200


@transaction.atomic
def record_result(
    *,
    actor: Actor,
    task_id: UUID,
    version: int,
    implementation: str = "",
    follow_up_status: str = "",
    reason_code: str = "",
    text: str = "",
    corrects: UUID | None = None,
    idempotency_key: str = "",
) -> FollowUpResult:
    """Write down what was found out; the newest result of a task stands.

    ``follow_up_status`` follows from ``implementation`` where it is not said. A task that is
    done takes only a correction, which names the result that it replaces.

    Raises
    ------
    InvalidInput
        ``reason_needed``, ``reason_not_wanted``, ``reason_unknown``, ``reason_text_needed``,
        ``result_needed``, ``status_contradicts_result``.
    Conflict
        ``result_exists``, ``not_the_standing_result``, ``handed_over``,
        ``idempotency_key_reused``.
    StaleVersion
        Somebody worked on the task first.
    """
    policies.work_on_task(actor=actor, task_id=task_id)
    locked = FollowUpTask.objects.select_for_update(of=("self",)).filter(pk=task_id).first()
    if locked is None:
        raise NotVisible()
    known = _said_before(actor=actor, task_id=task_id, key=idempotency_key)
    if known is not None:
        return known
    task = lock_version(queryset=FollowUpTask.objects.all(), pk=task_id, version=version)
    status = check_result(
        implementation=implementation, status=follow_up_status, reason=reason_code, text=text
    )
    last = task.results.order_by("-number").first()
    _check_place(task=task, last=last, corrects=corrects)
    to = TaskState.ONGOING if status == FollowUpStatus.ONGOING else TaskState.DONE
    if to not in TASK_MOVES[task.state]:
        raise Conflict("This task takes no such result.", code="illegal_move")
    result = FollowUpResult.objects.create(
        task=task,
        number=last.number + 1 if last else 1,
        follow_up_status=status,
        implementation=implementation,
        reason_code=_reason_of(status=status, reason=reason_code),
        text=text.strip(),
        author_id=actor.id,
        supersedes=last if corrects else None,
        idempotency_key=idempotency_key,
    )
    task.state = to
    task.version += 1
    task.save(update_fields=["state", "version", "updated_at"])
    begin_follow_up(actor=actor, case_id=task.case_id)
    record_entry(
        actor=actor,
        action="follow_up.corrected" if corrects else "follow_up.recorded",
        case_id=task.case_id,
        entity="follow_up_task",
        entity_id=task.pk,
        details={
            "number": result.number,
            "status": status,
            "implementation": implementation,
            "reason": result.reason_code,
        },
    )
    return result


def check_result(*, implementation: str, status: str, reason: str, text: str) -> str:
    """The follow-up status, once what was said fits together."""
    if implementation and implementation not in Implementation.values:
        raise InvalidInput("Unknown result.", code="result_unknown")
    if reason and reason not in NonAdherenceReason.values:
        raise InvalidInput("This reason is not in the list.", code="reason_unknown")
    if status and status not in FollowUpStatus.values:
        raise InvalidInput("Unknown follow-up status.", code="status_unknown")
    if implementation:
        follows = STATUS_OF[Implementation(implementation)]
        if status and status != follows:
            raise InvalidInput(
                "Follow-up status and result contradict each other.",
                code="status_contradicts_result",
            )
        status = follows
    elif status in {FollowUpStatus.COMPLETED, FollowUpStatus.NOT_DONE} or not status:
        raise InvalidInput("Say what became of it.", code="result_needed")
    if implementation in {Implementation.PARTIAL, Implementation.NOT} and not reason:
        raise InvalidInput("In part or not at all has a reason.", code="reason_needed")
    if implementation == Implementation.FULL and reason:
        raise InvalidInput("Implemented in full needs no reason.", code="reason_not_wanted")
    if status == FollowUpStatus.LOST and reason not in {"", NonAdherenceReason.LOST_TO_FU}:
        raise InvalidInput("Lost to follow-up is its own reason.", code="reason_not_wanted")
    if reason in NEEDS_WORDS and not text.strip():
        raise InvalidInput("This reason needs a sentence.", code="reason_text_needed")
    return status


def begin_follow_up(*, actor: Actor, case_id: UUID) -> None:
    """The first that is known of what happened moves a decided case to follow-up."""
    status = Case.objects.values_list("status", flat=True).get(pk=case_id)
    if status == CaseStatus.DECIDED:
        case_services.move_case(actor=actor, case_id=case_id, to=CaseStatus.FOLLOW_UP)


def _reason_of(*, status: str, reason: str) -> str:
    return NonAdherenceReason.LOST_TO_FU if status == FollowUpStatus.LOST else reason


def _said_before(*, actor: Actor, task_id: UUID, key: str) -> FollowUpResult | None:
    if not key:
        return None
    if len(key) > MOST_KEY:
        raise InvalidInput("This key is too long.", code="idempotency_key_invalid")
    known = FollowUpResult.objects.filter(author_id=actor.id, idempotency_key=key).first()
    if known is not None and known.task_id != task_id:
        raise Conflict("This key belongs to another result.", code="idempotency_key_reused")
    return known


def _check_place(*, task: FollowUpTask, last: FollowUpResult | None, corrects: UUID | None) -> None:
    if task.handed_over_to:
        raise Conflict("Somebody else follows this up.", code="handed_over")
    if last is not None and last.number >= MOST_RESULTS:
        raise Conflict("This task has too many results.", code="too_many_results")
    if corrects is None:
        if task.state == TaskState.DONE:
            raise Conflict("There is a result; correct that one.", code="result_exists")
        return
    if last is None or last.pk != corrects:
        raise Conflict("Another result stands now.", code="not_the_standing_result")
