"""What the numbers are counted from: read once, in a bounded number of queries."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from apps.ai.choices import FindingState
from apps.ai.models import FindingReview
from apps.boards.choices import AgendaStatus, BoardRole, DecisionStatus, MeetingStatus
from apps.boards.models import AgendaItem, Attendance, BoardMember, Decision, Meeting
from apps.cases.embargo import hidden_cases
from apps.core.actors import Actor
from apps.followup.clocks import day_of, end_of, start_of
from apps.followup.models import FollowUpResult, FollowUpRule, FollowUpTask
from apps.followup.numbers import sources

CORE = (BoardRole.CHAIR, BoardRole.CORE)
HELD = (MeetingStatus.OPEN, MeetingStatus.CLOSED)


@dataclass(slots=True)
class PresentedCase:
    """One case on one agenda. ``None`` is "not recorded"."""

    case_id: UUID
    status: str
    is_soc_listed: bool
    minutes: float | None
    has_stage: bool
    has_performance_status: bool
    is_prospective: bool | None
    is_analytic: bool | None
    deferral_reason: str | None
    accepted: int = 0
    dismissed: int = 0

    @property
    def is_discussed(self) -> bool:
        return self.status in {AgendaStatus.DISCUSSED, AgendaStatus.CURRENT}


@dataclass(slots=True)
class Recommended:
    """One recommendation and what became of it: the newest final result of its latest task."""

    implementation: str = ""
    reason_code: str = ""
    is_handed_over: bool = False


@dataclass(slots=True)
class Decided:
    """One signed decision of a meeting."""

    referral_days: int
    treatment_days: int | None
    trial: bool | None
    patient_view: bool | None
    recommendations: list[Recommended] = field(default_factory=list)


@dataclass(slots=True)
class HeldMeeting:
    """A meeting that took place. ``expected``: core members who had a seat on that day."""

    on: date
    cases: list[PresentedCase] = field(default_factory=list)
    decisions: list[Decided] = field(default_factory=list)
    expected: frozenset[UUID] = frozenset()
    attended: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class BoardRows:
    meetings: list[HeldMeeting]
    analytic_cases_a_year: int | None
    knows_deferral_reasons: bool
    knows_considered: bool


def read_rows(
    *, actor: Actor, board_id: UUID, first: date, last: date, zone: ZoneInfo
) -> BoardRows:
    """Meetings that took place from ``first`` to ``last``, both days included, on that clock.

    What AI found is counted without cases whose results are hidden from the actor: the next
    figure would tell.
    """
    meetings = {
        one.pk: one
        for one in Meeting.objects.filter(
            board_id=board_id,
            status__in=HELD,
            starts_at__gte=start_of(first, zone=zone),
            starts_at__lt=end_of(last, zone=zone),
        ).order_by("starts_at", "id")
    }
    items = list(
        AgendaItem.objects.filter(meeting__in=meetings)
        .select_related("case", "meeting", "presentation")
        .order_by("position", "id")
    )
    decisions = list(
        Decision.objects.filter(meeting__in=meetings, status=DecisionStatus.SIGNED)
        .select_related("case", "outcome")
        .prefetch_related("recommendations")
    )
    held = {pk: HeldMeeting(on=day_of(one.starts_at, zone=zone)) for pk, one in meetings.items()}
    reasons = sources.deferral_reasons(items=items)
    said = sources.considered(decisions=decisions)
    treatment = _first_treatments(decisions)
    for item in items:
        shown = _presented(item, on=held[item.meeting_id].on, treated_on=treatment)
        shown.deferral_reason = (reasons or {}).get(item.pk)
        held[item.meeting_id].cases.append(shown)
    _read_reviews(actor=actor, held=held)
    recommended = _read_results(decisions)
    for decision in decisions:
        if decision.meeting_id is None:
            continue
        one = held[decision.meeting_id]
        row = _decided(decision, on=one.on, zone=zone)
        facts = (said or {}).get(decision.pk, sources.Considered())
        row.trial, row.patient_view = facts.trial, facts.patient_view
        row.recommendations = [
            recommended.get(each.pk, Recommended()) for each in decision.recommendations.all()
        ]
        one.decisions.append(row)
    _read_attendance(board_id=board_id, meetings=meetings, held=held)
    rule = FollowUpRule.objects.filter(board_id=board_id).first()
    return BoardRows(
        meetings=list(held.values()),
        analytic_cases_a_year=rule.analytic_cases_a_year if rule else None,
        knows_deferral_reasons=reasons is not None,
        knows_considered=said is not None,
    )


def clock_minutes(item: AgendaItem) -> float | None:
    """Minutes under discussion, without its pauses; ``None`` where the clock did not run.

    When a case is finished while it stands still, the time since ``paused_at`` is no discussion
    (boards.services.agenda).
    """
    until = item.paused_at or item.ended_at
    if item.started_at is None or until is None or item.ended_at is None:
        return None
    seconds = (until - item.started_at).total_seconds() - item.paused_s
    return max(0.0, seconds / 60)


def _presented(
    item: AgendaItem, *, on: date, treated_on: dict[tuple[UUID, UUID], date]
) -> PresentedCase:
    record = getattr(item, "presentation", None)
    prospective: bool | None = record.is_prospective if record else None
    began = treated_on.get((item.meeting_id, item.case_id))
    if prospective is None and began is not None:
        prospective = began >= on
    discussed = item.status == AgendaStatus.DISCUSSED
    return PresentedCase(
        case_id=item.case_id,
        status=item.status,
        is_soc_listed=sources.is_soc_listed(item),
        minutes=clock_minutes(item) if discussed else None,
        has_stage=bool(item.case.stage.strip()),
        has_performance_status=item.case.ecog is not None,
        is_prospective=prospective,
        is_analytic=record.is_analytic if record else None,
        deferral_reason=None,
    )


def _first_treatments(decisions: list[Decision]) -> dict[tuple[UUID, UUID], date]:
    found: dict[tuple[UUID, UUID], date] = {}
    for one in decisions:
        began = _treatment_of(one)
        if began is None or one.meeting_id is None:
            continue
        key = (one.meeting_id, one.case_id)
        found[key] = min(began, found.get(key, began))
    return found


def _treatment_of(decision: Decision) -> date | None:
    outcome = getattr(decision, "outcome", None)
    return outcome.treatment_started_on if outcome else None


def _decided(decision: Decision, *, on: date, zone: ZoneInfo) -> Decided:
    """Whole days on the board's clock. Treatment that began before the meeting has no wait."""
    signed: datetime = decision.signed_at or decision.updated_at
    began = _treatment_of(decision)
    return Decided(
        referral_days=(
            day_of(signed, zone=zone) - day_of(decision.case.created_at, zone=zone)
        ).days,
        treatment_days=(began - on).days if began is not None and began >= on else None,
        trial=None,
        patient_view=None,
    )


def _read_results(decisions: list[Decision]) -> dict[UUID, Recommended]:
    """Recommendation -> what stands of it. A later task says more than an earlier one."""
    tasks = FollowUpTask.objects.filter(recommendation__decision__in=[one.pk for one in decisions])
    standing: dict[UUID, tuple[str, str]] = {}
    results = FollowUpResult.objects.filter(task__in=tasks.values("pk")).order_by("number")
    for task_id, implementation, reason in results.values_list(
        "task_id", "implementation", "reason_code"
    ):
        standing[task_id] = (implementation, reason)
    found: dict[UUID, Recommended] = {}
    for pk, recommendation_id, handed_over in tasks.order_by("after_days").values_list(
        "pk", "recommendation_id", "handed_over_to"
    ):
        row = found.setdefault(recommendation_id, Recommended())
        row.is_handed_over = bool(handed_over)
        implementation, reason = standing.get(pk, ("", ""))
        if implementation:
            row.implementation, row.reason_code = implementation, reason
    return found


def _read_reviews(*, actor: Actor, held: dict[UUID, HeldMeeting]) -> None:
    """What people said of AI findings in cases that were discussed; a case counts once."""
    discussed = {
        case.case_id: case for one in held.values() for case in one.cases if case.is_discussed
    }
    hidden = hidden_cases(actor=actor, case_ids=discussed)
    reviews = FindingReview.objects.filter(
        case_id__in=[one for one in discussed if one not in hidden],
        stands=True,
        decision__in=[FindingState.ACCEPTED, FindingState.DISMISSED],
    )
    for case_id, decision in reviews.values_list("case_id", "decision"):
        if decision == FindingState.ACCEPTED:
            discussed[case_id].accepted += 1
        else:
            discussed[case_id].dismissed += 1


def _read_attendance(
    *, board_id: UUID, meetings: dict[UUID, Meeting], held: dict[UUID, HeldMeeting]
) -> None:
    came: dict[UUID, set[UUID]] = defaultdict(set)
    rows = Attendance.objects.filter(meeting__in=meetings)
    for meeting_id, user_id in rows.values_list("meeting_id", "user_id"):
        came[meeting_id].add(user_id)
    seats = list(
        BoardMember.objects.filter(board_id=board_id, role__in=CORE).values_list(
            "user_id", "created_at", "left_at"
        )
    )
    for pk, meeting in meetings.items():
        expected = {
            user_id
            for user_id, since, until in seats
            if since <= meeting.starts_at and (until is None or until > meeting.starts_at)
        }
        held[pk].expected = frozenset(expected)
        held[pk].attended = frozenset(came[pk] & expected)
