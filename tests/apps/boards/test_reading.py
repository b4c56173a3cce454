"""Read first, reveal AI: what a board wants, when it holds, whom it excepts (LIVE-X1, X2)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.ai import policies as ai_policies
from apps.ai import selectors as ai
from apps.ai import services as ai_services
from apps.audit.models import AuditEntry
from apps.boards import services
from apps.boards.choices import AiReading, BoardRole, MeetingStatus
from apps.boards.models import AgendaItem, Board, Meeting
from apps.cases.embargo import AiHidden, hidden_cases, hidden_from, require_ai_shown
from apps.cases.services import create_case, grant_access
from apps.core.actors import Actor
from apps.core.exceptions import DomainError, Forbidden, InvalidInput
from apps.imaging.models import CaseStudy
from tests.apps.ai import world
from tests.people import SYSTEM, CaseTeam, make_case_team

pytestmark = pytest.mark.django_db

EVERYBODY = ("chair", "radiologist", "surgeon", "oncologist", "trainee", "coordinator")


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team()


@pytest.fixture()
def item(team: CaseTeam) -> AgendaItem:
    """The case on the agenda of a coming meeting of a board that reads first from the agenda."""
    coordinator = team.actor("coordinator")
    board = services.create_board(actor=coordinator, name="Thoracic")
    services.add_board_member(
        actor=coordinator,
        board_id=board.pk,
        user_id=team.people["chair"].pk,
        role=BoardRole.CHAIR,
    )
    services.set_ai_reading(actor=coordinator, board_id=board.pk, ai_reading=AiReading.FROM_AGENDA)
    start = timezone.now() + timedelta(hours=1)
    meeting = services.schedule_meeting(
        actor=coordinator, board_id=board.pk, starts_at=start, ends_at=start + timedelta(hours=1)
    )
    return services.add_agenda_item(actor=coordinator, meeting_id=meeting.pk, case_id=team.case_id)


def blinded(team: CaseTeam) -> set[str]:
    return {
        who
        for who in EVERYBODY
        if hidden_cases(actor=team.actor(who), case_ids=[team.case_id]) == {team.case_id}
    }


def test_LIVE_X1_from_the_agenda_on_everybody_but_who_reviews_findings(
    team: CaseTeam, item: AgendaItem
) -> None:
    assert blinded(team) == set(EVERYBODY) - {"radiologist"}
    assert not hidden_cases(actor=SYSTEM, case_ids=[team.case_id])
    with pytest.raises(AiHidden) as refusal:
        require_ai_shown(actor=team.actor("surgeon"), case_id=team.case_id)
    assert (refusal.value.error_code, refusal.value.status) == ("ai_hidden", 403)


def test_LIVE_X1_of_many_cases_it_is_asked_as_of_one(team: CaseTeam, item: AgendaItem) -> None:
    """Lists and the second-hand of all rooms ask each second."""
    coordinator, cases = team.actor("coordinator"), [team.case_id]
    for number in range(2):
        more = create_case(
            actor=coordinator, patient_id=team.case.patient_id, title=f"Another {number}"
        )
        services.add_agenda_item(actor=coordinator, meeting_id=item.meeting_id, case_id=more.pk)
        cases.append(more.pk)
    people = [team.people["chair"].pk, team.people["radiologist"].pk]
    asked = []
    for some in (cases[:1], cases):
        with CaptureQueriesContext(connection) as queries:
            hidden = hidden_from(case_ids=some, user_ids=people)
        asked.append(len(queries))
        assert {case_id for case_id, _ in hidden} == set(some)
    assert asked[0] == asked[1]


def test_LIVE_X1_a_machine_gets_what_its_person_gets(team: CaseTeam, item: AgendaItem) -> None:
    for who, hidden in (("surgeon", True), ("radiologist", False)):
        machine = Actor(kind="machine", label="viewer", id=team.people[who].pk)
        assert bool(hidden_cases(actor=machine, case_ids=[team.case_id])) is hidden


def test_LIVE_X1_it_ends_with_the_reveal_the_signature_or_the_meeting(
    team: CaseTeam, item: AgendaItem
) -> None:
    Meeting.objects.update(status=MeetingStatus.CLOSED)
    assert blinded(team) == set()
    Meeting.objects.update(status=MeetingStatus.CANCELLED)
    assert blinded(team) == set()
    Meeting.objects.update(status=MeetingStatus.PLANNED, starts_at=timezone.now() - timedelta(2))
    Meeting.objects.update(ends_at=timezone.now() - timedelta(1))
    assert blinded(team) == set()  # it never took place
    Meeting.objects.update(status=MeetingStatus.OPEN)
    assert "surgeon" in blinded(team)
    draft = services.save_draft(
        actor=team.actor("chair"),
        case_id=team.case_id,
        recommendations=[services.RecommendationDraft(text="Resection")],
        positions=[],
    )
    assert "surgeon" in blinded(team)
    services.sign_decision(actor=team.actor("chair"), decision_id=draft.pk, version=draft.version)
    assert blinded(team) == set()


def test_LIVE_X1_a_decision_signed_before_the_case_came_on_the_agenda_ends_nothing(
    team: CaseTeam, item: AgendaItem
) -> None:
    draft = services.save_draft(
        actor=team.actor("chair"),
        case_id=team.case_id,
        recommendations=[services.RecommendationDraft(text="Resection")],
        positions=[],
    )
    services.sign_decision(actor=team.actor("chair"), decision_id=draft.pk, version=draft.version)
    AgendaItem.objects.update(created_at=timezone.now())
    assert "surgeon" in blinded(team)


def test_LIVE_X2_the_reveal_is_audited_once_and_for_good(team: CaseTeam, item: AgendaItem) -> None:
    services.reveal_ai(actor=team.actor("chair"), item_id=item.pk)
    assert blinded(team) == set()
    again = services.reveal_ai(actor=team.actor("surgeon"), item_id=item.pk)
    assert again.ai_revealed_by_id == team.people["chair"].pk
    (entry,) = AuditEntry.objects.filter(action="ai.revealed")
    assert (entry.case_id, entry.actor_id) == (team.case_id, team.people["chair"].pk)


def test_LIVE_X2_who_sees_the_case_deidentified_or_not_at_all_reveals_nothing(
    team: CaseTeam, item: AgendaItem
) -> None:
    for who, code in (("consultant", "deidentified_only"), ("outsider", "not_found")):
        with pytest.raises(DomainError) as refusal:
            services.reveal_ai(actor=team.actor(who), item_id=item.pk)
        assert refusal.value.error_code == code
    item.refresh_from_db()
    assert item.ai_revealed_at is None


def test_a_board_reads_as_its_runners_want(team: CaseTeam, item: AgendaItem) -> None:
    board = Board.objects.get()
    services.add_board_member(
        actor=team.actor("coordinator"), board_id=board.pk, user_id=team.people["surgeon"].pk
    )
    with pytest.raises(Forbidden):
        services.set_ai_reading(
            actor=team.actor("surgeon"), board_id=board.pk, ai_reading=AiReading.NEVER
        )
    with pytest.raises(InvalidInput):
        services.set_ai_reading(
            actor=team.actor("chair"), board_id=board.pk, ai_reading="sometimes"
        )
    services.set_ai_reading(
        actor=team.actor("chair"), board_id=board.pk, ai_reading=AiReading.NEVER
    )
    assert blinded(team) == set()
    entries = AuditEntry.objects.filter(action="board.ai_reading_changed")
    assert [entry.details for entry in entries.order_by("at")] == [
        {"from": "never", "to": "from_agenda"},
        {"from": "from_agenda", "to": "never"},
    ]


def test_LIVE_X1_a_study_in_two_cases_is_hidden_in_both_from_who_is_in_both(
    team: CaseTeam, item: AgendaItem, tmp_path: Any
) -> None:
    version = world.builtin_version(tmp_path)
    series = world.indexed_series(team=team)
    job = world.finished_job(team=team, version=version, series=series, findings=1)
    other = create_case(
        actor=team.actor("coordinator"), patient_id=team.case.patient_id, title="Second"
    )
    CaseStudy.objects.create(case=other, study=series.study)
    for who in ("surgeon", "outsider"):
        grant_access(actor=SYSTEM, case_id=other.pk, user_id=team.people[who].pk, capacity="member")
    in_both = ai.result_cases(actor=team.actor("surgeon"), case_id=other.pk)
    assert (in_both.shown, in_both.ai_hidden) == ((), True)
    elsewhere = ai.result_cases(actor=team.actor("outsider"), case_id=other.pk)
    assert (elsewhere.shown, elsewhere.ai_hidden) == ((other.pk,), False)
    finding = job.findings.get()
    with pytest.raises(AiHidden):
        ai_policies.view_finding(actor=team.actor("surgeon"), finding_id=finding.pk)
    ai_policies.view_finding(actor=team.actor("outsider"), finding_id=finding.pk)


def test_a_review_keeps_whether_the_images_were_read_before_the_reveal(
    team: CaseTeam, item: AgendaItem, tmp_path: Any
) -> None:
    version = world.builtin_version(tmp_path)
    series = world.indexed_series(team=team)
    job = world.finished_job(team=team, version=version, series=series, findings=2)
    first, second = job.findings.order_by("number")

    def accept(finding: Any) -> str:
        review = ai_services.accept_finding(
            actor=team.actor("radiologist"),
            finding_id=finding.pk,
            case_id=team.case_id,
            version=1,
        )
        return str(review.context)

    assert accept(first) == "concurrent", "whoever reviews from the agenda on saw both at once"
    Meeting.objects.filter(pk=item.meeting_id).update(status=MeetingStatus.OPEN)
    services.reveal_ai(actor=team.actor("chair"), item_id=item.pk)
    assert accept(second) == "read_first"
