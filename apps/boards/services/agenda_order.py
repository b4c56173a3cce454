"""Agendas as a whole: their order, several cases at once, and what was not reached."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from apps.ai.selectors.urgency import summarise_urgency
from apps.audit.services import record_entry
from apps.boards import policies
from apps.boards.choices import AgendaStatus, DeferralReason, MeetingStatus
from apps.boards.models import AgendaItem, Meeting
from apps.boards.services.agenda import add_agenda_item
from apps.cases import services as case_services
from apps.cases.choices import CaseStatus
from apps.cases.models import Case
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, DomainError, InvalidInput

ORDERS = ("complexity", "ai_urgency", "list")
MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one case of several: ``item``, or a code and why."""

    case_id: UUID
    item: AgendaItem | None = None
    code: str = ""
    message: str = ""


@dataclass
class CarriedOver:
    """Where the undiscussed cases went; ``left`` are on that agenda already."""

    meeting: Meeting
    items: list[AgendaItem] = field(default_factory=list)
    left: list[UUID] = field(default_factory=list)


@transaction.atomic
def order_agenda(
    *, actor: Actor, meeting_id: UUID, by: str, item_ids: Sequence[UUID] = ()
) -> list[AgendaItem]:
    """Put the planned cases in order; what was discussed keeps its place.

    ``complexity``: complex first, while everybody is fresh. ``ai_urgency``: by the score that
    the actor may see, the others after. ``list``: as named, all of them.

    Raises
    ------
    InvalidInput
        ``order_unknown``.
    Conflict
        ``agenda_changed``: the list does not name the cases that are planned now.
    """
    policies.run_meeting(actor=actor, meeting_id=meeting_id)
    if by not in ORDERS:
        raise InvalidInput("No such order.", code="order_unknown", details={"known": ORDERS})
    Meeting.objects.select_for_update().get(pk=meeting_id)
    planned = list(
        AgendaItem.objects.filter(meeting_id=meeting_id, status=AgendaStatus.PLANNED)
        .select_for_update(of=("self",))
        .order_by("position", "pk")
    )
    places = [one.position for one in planned]
    ordered = _in_order(actor=actor, planned=planned, by=by, item_ids=item_ids)
    moved = []
    for item, place in zip(ordered, places, strict=True):
        if item.position != place:
            item.position = place
            item.version += 1
            item.updated_at = timezone.now()
            moved.append(item)
    AgendaItem.objects.bulk_update(moved, ["position", "version", "updated_at"])
    record_entry(
        actor=actor,
        action="agenda.ordered",
        entity="meeting",
        entity_id=meeting_id,
        details={"by": by, "moved": len(moved)},
    )
    return ordered


def add_agenda_items(
    *, actor: Actor, meeting_id: UUID, case_ids: Iterable[UUID], late_reason: str = ""
) -> list[Added]:
    """Put several cases on the agenda, each by itself; one that is refused holds up no other.

    Raises
    ------
    InvalidInput
        ``too_many``.
    """
    wanted = list(dict.fromkeys(case_ids))
    if len(wanted) > MOST_AT_ONCE:
        raise InvalidInput(f"At most {MOST_AT_ONCE} at once.", code="too_many")
    told = []
    for case_id in wanted:
        try:
            item = add_agenda_item(
                actor=actor, meeting_id=meeting_id, case_id=case_id, late_reason=late_reason
            )
            told.append(Added(case_id, item))
        except DomainError as error:
            told.append(Added(case_id, None, error.error_code, error.message))
    return told


@transaction.atomic
def carry_over(*, actor: Actor, meeting_id: UUID, to_meeting_id: UUID | None = None) -> CarriedOver:
    """Take every case that was not reached to the board's next meeting, in their order, last.

    Each counts as deferred for ``out_of_time``. The cut-off does not apply: they were on time.

    Raises
    ------
    Conflict
        ``meeting_not_over``: it has not begun. ``no_next_meeting``. ``nothing_left``.
    """
    policies.run_meeting(actor=actor, meeting_id=meeting_id)
    meeting = Meeting.objects.select_for_update().get(pk=meeting_id)
    if meeting.status == MeetingStatus.PLANNED and meeting.starts_at > timezone.now():
        raise Conflict("This meeting has not begun.", code="meeting_not_over")
    target = _next_meeting(meeting, wanted=to_meeting_id)
    carried = CarriedOver(meeting=target)
    left = list(
        AgendaItem.objects.select_for_update(of=("self",))
        .filter(meeting=meeting, status=AgendaStatus.PLANNED)
        .order_by("position", "pk")
    )
    if not left:
        raise Conflict("Every case was reached.", code="nothing_left")
    there = set(target.agenda.values_list("case_id", flat=True))
    last = target.agenda.aggregate(last=Max("position"))["last"] or 0
    for item in left:
        if item.case_id in there:
            carried.left.append(item.case_id)
            continue
        last += 1
        carried.items.append(_carry(actor=actor, item=item, target=target, position=last))
    record_entry(
        actor=actor,
        action="agenda.carried_over",
        entity="meeting",
        entity_id=meeting_id,
        details={"to": str(target.pk), "cases": len(carried.items)},
    )
    return carried


def _carry(*, actor: Actor, item: AgendaItem, target: Meeting, position: int) -> AgendaItem:
    item.status = AgendaStatus.DEFERRED
    item.deferral_code = DeferralReason.OUT_OF_TIME
    item.version += 1
    item.save(update_fields=["status", "deferral_code", "version", "updated_at"])
    made = AgendaItem.objects.create(
        meeting=target,
        case_id=item.case_id,
        position=position,
        minutes=item.minutes,
        is_complex=item.is_complex,
        carried_from=item,
    )
    case = Case.objects.select_for_update().get(pk=item.case_id)
    if case.status == CaseStatus.SCHEDULED:  # one that was decided elsewhere stays decided
        case_services.move_case(
            actor=actor,
            case_id=item.case_id,
            to=CaseStatus.DEFERRED,
            reason_code=DeferralReason.OUT_OF_TIME,
            details={"carried_to": str(target.pk)},
        )
        case_services.move_case(actor=actor, case_id=item.case_id, to=CaseStatus.SCHEDULED)
    case_services.set_needed_by(actor=actor, case_id=item.case_id, needed_by=target.starts_at)
    return made


def _next_meeting(meeting: Meeting, *, wanted: UUID | None) -> Meeting:
    coming = Meeting.objects.select_for_update().filter(
        board_id=meeting.board_id,
        status=MeetingStatus.PLANNED,
        starts_at__gt=max(meeting.starts_at, timezone.now()),
    )
    if wanted is not None:
        coming = coming.filter(pk=wanted)
    found = coming.order_by("starts_at", "pk").first()
    if found is None:
        raise Conflict("The board has no meeting to take them to.", code="no_next_meeting")
    return found


def _in_order(
    *, actor: Actor, planned: list[AgendaItem], by: str, item_ids: Sequence[UUID]
) -> list[AgendaItem]:
    if by == "complexity":
        return sorted(planned, key=lambda one: not one.is_complex)
    if by == "ai_urgency":
        told = summarise_urgency(actor=actor, case_ids=[one.case_id for one in planned])
        scores = {case_id: row["ai_urgency"]["score"] for case_id, row in told.items()}
        return sorted(planned, key=lambda one: -scores.get(one.case_id, -1))
    by_id = {one.pk: one for one in planned}
    if len(item_ids) != len(by_id) or set(item_ids) != set(by_id):
        raise Conflict("The agenda was changed meanwhile.", code="agenda_changed")
    return [by_id[item_id] for item_id in item_ids]
