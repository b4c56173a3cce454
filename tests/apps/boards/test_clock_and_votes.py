"""The clock of a case, and votes on its draft (LIVE-X4, X5)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.boards import services
from apps.boards.choices import BoardRole
from apps.boards.models import AgendaItem, Decision
from apps.cases.services import create_case
from apps.core.exceptions import Conflict, Forbidden, InvalidInput, StaleVersion
from tests.people import CaseTeam, make_case_team

pytestmark = pytest.mark.django_db


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team()


@pytest.fixture()
def items(team: CaseTeam) -> list[AgendaItem]:
    coordinator = team.actor("coordinator")
    board = services.create_board(actor=coordinator, name="Thoracic", minutes_per_case=5)
    for who, role in (("chair", BoardRole.CHAIR), ("surgeon", BoardRole.CORE)):
        services.add_board_member(
            actor=coordinator, board_id=board.pk, user_id=team.people[who].pk, role=role
        )
    start = timezone.now()
    meeting = services.schedule_meeting(
        actor=coordinator, board_id=board.pk, starts_at=start, ends_at=start + timedelta(hours=1)
    )
    other = create_case(actor=coordinator, patient_id=team.case.patient_id, title="Second")
    made = [
        services.add_agenda_item(actor=coordinator, meeting_id=meeting.pk, case_id=case_id)
        for case_id in (team.case_id, other.pk)
    ]
    services.goto_agenda_item(actor=coordinator, item_id=made[0].pk)
    return made


@pytest.fixture()
def draft(team: CaseTeam) -> Decision:
    return save(team, "Resection")


def save(team: CaseTeam, text: str, decision: Decision | None = None) -> Decision:
    return services.save_draft(
        actor=team.actor("coordinator"),
        case_id=team.case_id,
        decision_id=decision and decision.pk,
        version=decision and decision.version,
        recommendations=[services.RecommendationDraft(text=text)],
        positions=[],
    )


def test_LIVE_X6_the_clock_pauses_goes_on_and_gets_minutes(
    team: CaseTeam, items: list[AgendaItem]
) -> None:
    chair, key = team.actor("chair"), items[0].pk
    paused = services.set_clock(actor=chair, item_id=key, move="pause")
    assert paused.paused_at is not None
    again = services.set_clock(actor=chair, item_id=key, move="pause")
    assert again.version == paused.version
    AgendaItem.objects.update(paused_at=timezone.now() - timedelta(seconds=90))
    on = services.set_clock(actor=chair, item_id=key, move="resume")
    assert (on.paused_at, on.paused_s) == (None, 90)
    assert services.set_clock(actor=chair, item_id=key, move="add", minutes=3).minutes == 8
    assert services.set_clock(actor=chair, item_id=key, move="add", minutes=-3).minutes == 5
    with pytest.raises(InvalidInput) as refusal:
        services.set_clock(actor=chair, item_id=key, move="add", minutes=-5)
    assert refusal.value.error_code == "clock_minutes"


def test_LIVE_X6_only_who_runs_the_meeting_and_only_while_it_is_discussed(
    team: CaseTeam, items: list[AgendaItem]
) -> None:
    with pytest.raises(Forbidden):
        services.set_clock(actor=team.actor("surgeon"), item_id=items[0].pk, move="pause")
    with pytest.raises(Conflict) as refusal:
        services.set_clock(actor=team.actor("chair"), item_id=items[1].pk, move="pause")
    assert refusal.value.error_code == "not_current"


def test_LIVE_X6_a_case_that_comes_back_has_lost_no_minutes(
    team: CaseTeam, items: list[AgendaItem]
) -> None:
    chair = team.actor("chair")
    services.goto_agenda_item(actor=chair, item_id=items[1].pk)
    left = AgendaItem.objects.get(pk=items[0].pk)
    assert left.paused_at == left.ended_at
    AgendaItem.objects.filter(pk=left.pk).update(paused_at=timezone.now() - timedelta(seconds=300))
    back = services.goto_agenda_item(actor=chair, item_id=left.pk)
    assert (back.paused_at, back.paused_s) == (None, 300)


def test_LIVE_X4_a_vote_is_on_the_text_that_was_read(team: CaseTeam, draft: Decision) -> None:
    read = draft.text_version
    services.state_position(
        actor=team.actor("chair"), decision_id=draft.pk, stance="agree", text_version=read
    )
    services.state_position(
        actor=team.actor("surgeon"), decision_id=draft.pk, stance="abstain", text_version=read
    )  # somebody else's vote did not make the text another one
    draft.refresh_from_db()
    assert draft.text_version == read
    save(team, "Resection", draft)
    draft.refresh_from_db()
    assert draft.text_version == read
    changed = save(team, "Chemoradiation", draft)
    assert changed.text_version == changed.version > read
    with pytest.raises(StaleVersion) as refusal:
        services.state_position(
            actor=team.actor("oncologist"),
            decision_id=draft.pk,
            stance="agree",
            text_version=read,
        )
    assert refusal.value.details["current"]["text_version"] == changed.text_version
    kept = changed.positions.get(user=team.people["chair"])
    assert kept.text_version == read  # the tally says that it is on an earlier text


def test_LIVE_X4_a_dissent_says_why_and_consultants_and_trainees_do_not_vote(
    team: CaseTeam, draft: Decision
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        services.state_position(
            actor=team.actor("surgeon"), decision_id=draft.pk, stance="dissent", statement=" "
        )
    assert refusal.value.error_code == "dissent_without_reason"
    for who in ("consultant", "trainee", "coordinator"):
        with pytest.raises(Forbidden):
            services.state_position(actor=team.actor(who), decision_id=draft.pk, stance="agree")


def test_LIVE_X4_the_chair_calls_for_votes_on_something(team: CaseTeam, draft: Decision) -> None:
    with pytest.raises(Forbidden):
        services.call_for_votes(actor=team.actor("surgeon"), decision_id=draft.pk)
    called = services.call_for_votes(actor=team.actor("chair"), decision_id=draft.pk)
    assert called.votes_called_at is not None
    changed = save(team, "Chemoradiation", called)
    assert changed.votes_called_at is None  # nobody was asked about this text
    changed.recommendations.all().delete()
    with pytest.raises(InvalidInput) as refusal:
        services.call_for_votes(actor=team.actor("chair"), decision_id=draft.pk)
    assert refusal.value.error_code == "nothing_recommended"
