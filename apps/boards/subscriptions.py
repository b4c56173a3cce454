"""What the boards floor hears; called once at start."""

from django.db.models import Max

from apps.ai.events import FindingReviewed, FindingsAdded, JobChanged
from apps.boards.models import CaseMove
from apps.boards.services.readiness import refresh_later
from apps.cases.events import CaseChanged, CaseMoved, CaseOpened
from apps.core.events import CaseEvent, subscribe
from apps.imaging.events import StudyIngested, StudyLinked, StudyProgressed, StudyReady


def follow_events() -> None:
    """Moves are written inside the transaction that made them; readiness follows its commit."""
    subscribe(CaseMoved, write_move)
    subscribe(CaseOpened, refresh_opened)
    subscribe(StudyIngested, refresh_cases_of_study)
    subscribe(StudyProgressed, refresh_at_an_end)
    for kind in (CaseChanged, StudyLinked, StudyReady, JobChanged, FindingsAdded, FindingReviewed):
        subscribe(kind, refresh_case)


def write_move(event: CaseMoved) -> None:
    """Whoever moves a case has locked it: nobody else takes the number meanwhile."""
    moves = CaseMove.objects.filter(case_id=event.case_id)
    CaseMove.objects.create(
        case_id=event.case_id,
        number=(moves.aggregate(last=Max("number"))["last"] or 0) + 1,
        moved_by_id=event.actor_id,
        moved_by_label=event.actor_label[:200],
        from_status=event.from_status,
        to_status=event.to_status,
        reason_code=event.reason_code,
        reason=event.reason[:500],
        details=event.details,
    )


def refresh_opened(event: CaseOpened) -> None:
    refresh_later(case_id=event.case_id)


def refresh_case(event: CaseEvent) -> None:
    refresh_later(case_id=event.case_id)


def refresh_cases_of_study(event: StudyIngested) -> None:
    for case_id in event.case_ids:
        refresh_later(case_id=case_id)


def refresh_at_an_end(event: StudyProgressed) -> None:
    """Not with every second of the way: the worklist shows that without us."""
    if event.state in {"ready", "failed"}:
        refresh_later(case_id=event.case_id)
