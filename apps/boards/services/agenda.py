"""The agenda: which case, in which order, and where the meeting is now."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils import timezone

from apps.audit.services import record_entry
from apps.boards import policies
from apps.boards.choices import AgendaStatus, DeferralReason, MeetingStatus
from apps.boards.events import AgendaMoved
from apps.boards.models import AgendaItem, BoardMember, CaseMove, Meeting
from apps.boards.services.members import open_case_to
from apps.boards.services.time_boxes import OFF_THE_TABLE, check_cut_off, time_box_of
from apps.boards.video import check_video_url
from apps.cases import policies as case_policies
from apps.cases import services as case_services
from apps.cases.choices import CaseStatus, GrantSource
from apps.cases.models import Case
from apps.core.actors import Actor
from apps.core.events import actor_fields, record
from apps.core.exceptions import Conflict, InvalidInput, NotVisible
from apps.core.versions import lock_version


@transaction.atomic
def add_agenda_item(
    *,
    actor: Actor,
    meeting_id: UUID,
    case_id: UUID,
    minutes: int | None = None,
    late_reason: str = "",
) -> AgendaItem:
    """Put a case on the agenda, last; the board's members may see it from now on.

    Raises
    ------
    NotVisible
        The meeting or the case is not the actor's to know.
    Conflict
        ``on_agenda``, ``meeting_closed``, or ``past_cut_off``: then only with an urgent reason.
    InvalidInput
        ``video_url_names_patient``: the meeting's video link holds this patient's name.
    """
    policies.run_meeting(actor=actor, meeting_id=meeting_id)
    case_policies.edit_case(actor=actor, case_id=case_id)
    meeting = (
        Meeting.objects.select_for_update(of=("self",)).select_related("board").get(pk=meeting_id)
    )
    if meeting.status in {MeetingStatus.CLOSED, MeetingStatus.CANCELLED}:
        raise Conflict("This meeting takes no more cases.", code="meeting_closed")
    patient = Case.objects.values_list("patient__name", "patient__patient_id").get(pk=case_id)
    check_video_url(url=meeting.video_url, names=patient[:1], patient_ids=patient[1:])
    late_reason = check_cut_off(meeting=meeting, case_id=case_id, reason=late_reason)
    box = time_box_of(board=meeting.board, case_id=case_id)
    last = meeting.agenda.aggregate(last=Max("position"))["last"] or 0
    try:
        with transaction.atomic():
            item = AgendaItem.objects.create(
                meeting=meeting,
                case_id=case_id,
                position=last + 1,
                minutes=minutes or box.minutes,
                is_complex=box.is_complex,
                late_reason=late_reason,
            )
    except IntegrityError:
        raise Conflict("This case is on the agenda.", code="on_agenda") from None
    case_services.move_case(actor=actor, case_id=case_id, to=CaseStatus.SCHEDULED)
    case_services.set_needed_by(actor=actor, case_id=case_id, needed_by=meeting.starts_at)
    for member in BoardMember.objects.filter(board=meeting.board, left_at__isnull=True):
        open_case_to(actor=actor, board_id=meeting.board_id, case_id=case_id, member=member)
    record_entry(
        actor=actor,
        action="agenda.added",
        case_id=case_id,
        entity="agenda_item",
        entity_id=item.pk,
    )
    return item


@transaction.atomic
def remove_agenda_item(*, actor: Actor, item_id: UUID) -> None:
    """Take a case off; what only this board had opened to its members closes."""
    policies.run_agenda_item(actor=actor, item_id=item_id)
    item = (
        AgendaItem.objects.select_for_update(of=("self",)).select_related("meeting").get(pk=item_id)
    )
    if item.status != AgendaStatus.PLANNED:
        raise Conflict("It has been discussed.", code="already_discussed")
    board_id, case_id = item.meeting.board_id, item.case_id
    item.delete()
    if not AgendaItem.objects.filter(meeting__board_id=board_id, case_id=case_id).exists():
        case_services.revoke_source(
            actor=actor, source=GrantSource.BOARD, source_id=str(board_id), case_id=case_id
        )
        case_services.set_needed_by(actor=actor, case_id=case_id, needed_by=None)
        case_services.move_case(actor=actor, case_id=case_id, to=_before_scheduled(case_id))
    record_entry(
        actor=actor,
        action="agenda.removed",
        case_id=case_id,
        entity="agenda_item",
        entity_id=item_id,
    )


@transaction.atomic
def move_agenda_item(*, actor: Actor, item_id: UUID, version: int, position: int) -> AgendaItem:
    """Move a case to another place; the others close up."""
    policies.run_agenda_item(actor=actor, item_id=item_id)
    item = lock_version(queryset=AgendaItem.objects.all(), pk=item_id, version=version)
    Meeting.objects.select_for_update().get(pk=item.meeting_id)
    siblings = AgendaItem.objects.filter(meeting_id=item.meeting_id)
    target = max(1, min(position, siblings.count()))
    if target < item.position:
        siblings.filter(position__gte=target, position__lt=item.position).update(
            position=F("position") + 1
        )
    elif target > item.position:
        siblings.filter(position__gt=item.position, position__lte=target).update(
            position=F("position") - 1
        )
    item.position = target
    item.version += 1
    item.save(update_fields=["position", "version", "updated_at"])
    record_entry(
        actor=actor,
        action="agenda.reordered",
        case_id=item.case_id,
        entity="agenda_item",
        entity_id=item.pk,
        details={"position": target},
    )
    return item


@transaction.atomic
def goto_agenda_item(*, actor: Actor, item_id: UUID) -> AgendaItem:
    """Make this the case under discussion; the one before it counts as discussed.

    Going to the current item again is no move and tells nobody.

    Raises
    ------
    Conflict
        ``meeting_closed``, or ``not_for_discussion``: it is listed by a standard, or withdrawn.
    """
    policies.run_agenda_item(actor=actor, item_id=item_id)
    item = AgendaItem.objects.filter(pk=item_id).first()
    if item is None:
        raise NotVisible()
    meeting = Meeting.objects.select_for_update().get(pk=item.meeting_id)
    if meeting.status in {MeetingStatus.CLOSED, MeetingStatus.CANCELLED}:
        raise Conflict("This meeting is over.", code="meeting_closed")
    item.refresh_from_db()
    if item.status == AgendaStatus.CURRENT:
        return item
    if item.status in OFF_THE_TABLE:
        raise Conflict("It is listed and not discussed.", code="not_for_discussion")
    now = timezone.now()
    previous = meeting.agenda.filter(status=AgendaStatus.CURRENT).first()
    if previous is not None:
        _finish(item=previous, status=AgendaStatus.DISCUSSED)
    item.status = AgendaStatus.CURRENT
    item.started_at = item.started_at or now
    if item.paused_at is not None:  # it was discussed before: its clock stood still meanwhile
        item.paused_s += round((now - item.paused_at).total_seconds())
        item.paused_at = None
    item.version += 1
    item.save(
        update_fields=["status", "started_at", "paused_at", "paused_s", "version", "updated_at"]
    )
    if meeting.status == MeetingStatus.PLANNED:
        meeting.status = MeetingStatus.OPEN
        meeting.version += 1
        meeting.save(update_fields=["status", "version", "updated_at"])
    record_entry(
        actor=actor,
        action="agenda.moved",
        case_id=item.case_id,
        entity="agenda_item",
        entity_id=item.pk,
    )
    record(
        AgendaMoved(
            **actor_fields(actor),
            case_id=item.case_id,
            entity="agenda_item",
            entity_id=str(item.pk),
            entity_version=item.version,
            agenda_item=item.pk,
        )
    )
    return item


@transaction.atomic
def finish_agenda_item(
    *, actor: Actor, item_id: UUID, version: int, status: str, deferral_code: str = ""
) -> AgendaItem:
    """Close an item as discussed or deferred; a deferred case waits for another meeting.

    Raises
    ------
    InvalidInput
        ``reason_needed``: a case is deferred for one of the reasons, or for ``other``.
    """
    policies.run_agenda_item(actor=actor, item_id=item_id)
    item = lock_version(queryset=AgendaItem.objects.all(), pk=item_id, version=version)
    if status == AgendaStatus.DEFERRED:
        if deferral_code not in DeferralReason.values:
            raise InvalidInput(
                "Choose why it is deferred.",
                code="reason_needed",
                details={"known": DeferralReason.values},
            )
        item.deferral_code = deferral_code
        case_services.move_case(
            actor=actor, case_id=item.case_id, to=CaseStatus.DEFERRED, reason_code=deferral_code
        )
    _finish(item=item, status=status)
    record_entry(
        actor=actor,
        action=f"agenda.{status}",
        case_id=item.case_id,
        entity="agenda_item",
        entity_id=item.pk,
    )
    return item


def _finish(*, item: AgendaItem, status: str) -> None:
    item.status = status
    item.ended_at = timezone.now()
    item.paused_at = item.paused_at or item.ended_at
    item.version += 1
    item.save(
        update_fields=[
            "status", "ended_at", "paused_at", "deferral_code", "version", "updated_at"
        ]
    )  # fmt: skip


def _before_scheduled(case_id: UUID) -> str:
    """What the case was before it came on an agenda: taking it off is no judgement."""
    move = (
        CaseMove.objects.filter(case_id=case_id, to_status=CaseStatus.SCHEDULED)
        .order_by("-number")
        .first()
    )
    known = {
        CaseStatus.SUBMITTED,
        CaseStatus.NEEDS_INFO,
        CaseStatus.READY,
        CaseStatus.DEFERRED,
        CaseStatus.DECIDED,
        CaseStatus.FOLLOW_UP,
    }
    return move.from_status if move and move.from_status in known else CaseStatus.READY
