"""One meeting from agenda to signature, and what is refused on the way."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.accounts.models import User
from apps.accounts.selectors import actor_for
from apps.boards import selectors, services
from apps.boards.choices import AgendaStatus, BoardRole, Consensus, DecisionStatus, Stance
from apps.boards.models import Board, Decision, Meeting
from apps.boards.services import PositionDraft, RecommendationDraft
from apps.cases import policies as case_policies
from apps.cases.choices import CaseStatus
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, Forbidden, InvalidInput, NotVisible, StaleVersion
from tests.people import CaseTeam, make_case_team, make_person

pytestmark = pytest.mark.django_db

START = datetime(2027, 1, 12, 14, tzinfo=UTC)


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team()


@pytest.fixture()
def board(team: CaseTeam) -> Board:
    board = services.create_board(actor=team.actor("coordinator"), name="Thoracic")
    for who, role in (("chair", BoardRole.CHAIR), ("surgeon", BoardRole.CORE)):
        services.add_board_member(
            actor=team.actor("coordinator"),
            board_id=board.pk,
            user_id=team.people[who].pk,
            role=role,
        )
    return board


@pytest.fixture()
def meeting(team: CaseTeam, board: Board) -> Meeting:
    return services.schedule_meeting(
        actor=team.actor("coordinator"),
        board_id=board.pk,
        starts_at=START,
        ends_at=START + timedelta(hours=1),
    )


def _actor(user: User) -> Actor:
    return actor_for(user=user)


def _draft(team: CaseTeam, **changes: object) -> Decision:
    fields: dict[str, object] = {
        "recommendations": [RecommendationDraft(text="Lobectomy", intent="curative")],
        "positions": [PositionDraft(team.people["radiologist"].pk, Stance.AGREE)],
        "consensus": Consensus.CONSENSUS,
    }
    fields.update(changes)
    return services.save_draft(
        actor=team.actor("coordinator"),
        case_id=team.case_id,
        **fields,  # type: ignore[arg-type]
    )


def test_board_membership_opens_the_boards_cases_and_leaving_closes_them(
    team: CaseTeam, board: Board, meeting: Meeting
) -> None:
    newcomer = make_person()
    coordinator = team.actor("coordinator")
    services.add_agenda_item(actor=coordinator, meeting_id=meeting.pk, case_id=team.case_id)
    with pytest.raises(NotVisible):
        case_policies.view_case(actor=_actor(newcomer), case_id=team.case_id)
    member = services.add_board_member(
        actor=coordinator, board_id=board.pk, user_id=newcomer.pk, role=BoardRole.CORE
    )
    case_policies.view_case(actor=_actor(newcomer), case_id=team.case_id)
    services.remove_board_member(actor=coordinator, board_id=board.pk, member_id=member.pk)
    with pytest.raises(NotVisible):
        case_policies.view_case(actor=_actor(newcomer), case_id=team.case_id)


def test_scheduling_moves_the_case_and_says_when_it_is_needed(
    team: CaseTeam, meeting: Meeting
) -> None:
    services.add_agenda_item(
        actor=team.actor("coordinator"), meeting_id=meeting.pk, case_id=team.case_id
    )
    team.case.refresh_from_db()
    assert (team.case.status, team.case.needed_by) == (CaseStatus.SCHEDULED, START)
    with pytest.raises(Conflict, match="on the agenda"):
        services.add_agenda_item(
            actor=team.actor("coordinator"), meeting_id=meeting.pk, case_id=team.case_id
        )


def test_an_overlapping_meeting_is_refused(team: CaseTeam, board: Board, meeting: Meeting) -> None:
    with pytest.raises(Conflict) as caught:
        services.schedule_meeting(
            actor=team.actor("coordinator"),
            board_id=board.pk,
            starts_at=START + timedelta(minutes=30),
            ends_at=START + timedelta(hours=2),
        )
    assert caught.value.error_code == "meeting_overlaps"


def test_the_agenda_keeps_its_order_through_moves(team: CaseTeam, meeting: Meeting) -> None:
    coordinator = team.actor("coordinator")
    items = [
        services.add_agenda_item(
            actor=coordinator, meeting_id=meeting.pk, case_id=_own_case(team, title)
        )
        for title in ("a", "b", "c")
    ]
    services.move_agenda_item(actor=coordinator, item_id=items[2].pk, version=1, position=1)
    order = list(
        selectors.list_agenda(actor=coordinator, meeting_id=meeting.pk).values_list(
            "case__title", "position"
        )
    )
    assert order == [("c", 1), ("a", 2), ("b", 3)]


def _own_case(team: CaseTeam, title: str) -> object:
    from apps.cases.services import create_case

    case = create_case(
        actor=team.actor("coordinator"), patient_id=team.case.patient_id, title=title
    )
    return case.pk


def test_going_to_the_next_case_closes_the_one_before(team: CaseTeam, meeting: Meeting) -> None:
    coordinator = team.actor("coordinator")
    first, second = (
        services.add_agenda_item(
            actor=coordinator, meeting_id=meeting.pk, case_id=_own_case(team, title)
        )
        for title in ("a", "b")
    )
    services.goto_agenda_item(actor=coordinator, item_id=first.pk)
    services.goto_agenda_item(actor=coordinator, item_id=second.pk)
    first.refresh_from_db()
    meeting.refresh_from_db()
    assert (first.status, meeting.status) == (AgendaStatus.DISCUSSED, "open")


def test_a_decision_with_dissent_is_signed_and_then_fixed(team: CaseTeam, meeting: Meeting) -> None:
    services.add_agenda_item(
        actor=team.actor("coordinator"), meeting_id=meeting.pk, case_id=team.case_id
    )
    draft = _draft(
        team,
        meeting_id=meeting.pk,
        consensus=Consensus.MAJORITY,
        positions=[
            PositionDraft(team.people["surgeon"].pk, Stance.DISSENT, "Poor lung function."),
            PositionDraft(team.people["radiologist"].pk, Stance.AGREE),
        ],
    )
    with pytest.raises(Forbidden):
        services.sign_decision(
            actor=team.actor("coordinator"), decision_id=draft.pk, version=draft.version
        )
    signed = services.sign_decision(
        actor=team.actor("chair"), decision_id=draft.pk, version=draft.version
    )
    assert signed.status == DecisionStatus.SIGNED
    assert signed.positions.get(stance=Stance.DISSENT).user == team.people["surgeon"]
    team.case.refresh_from_db()
    assert team.case.status == CaseStatus.DECIDED
    with pytest.raises(Conflict) as caught:
        services.save_draft(
            actor=team.actor("chair"),
            case_id=team.case_id,
            decision_id=signed.pk,
            version=signed.version,
            recommendations=[],
            positions=[],
        )
    assert caught.value.error_code == "signed"
    with pytest.raises(Conflict):
        services.sign_decision(
            actor=team.actor("chair"), decision_id=signed.pk, version=signed.version
        )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"recommendations": [RecommendationDraft(text=" ")]}, "empty_recommendation"),
        ({"recommendations": [RecommendationDraft(text="x", intent="?")]}, "unknown_intent"),
    ],
)
def test_bad_drafts_are_refused(team: CaseTeam, changes: dict[str, object], code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        _draft(team, **changes)
    assert caught.value.error_code == code


def test_a_dissent_says_why_and_is_no_consensus(team: CaseTeam) -> None:
    surgeon = team.people["surgeon"].pk
    for position, consensus, code in (
        (PositionDraft(surgeon, Stance.DISSENT), Consensus.MAJORITY, "dissent_without_reason"),
        (
            PositionDraft(surgeon, Stance.DISSENT, "no"),
            Consensus.CONSENSUS,
            "consensus_contradicted",
        ),
    ):
        with pytest.raises(InvalidInput) as caught:
            _draft(team, positions=[position], consensus=consensus)
        assert caught.value.error_code == code


def test_people_outside_the_case_hold_no_position(team: CaseTeam) -> None:
    with pytest.raises(InvalidInput) as caught:
        _draft(team, positions=[PositionDraft(team.people["outsider"].pk, Stance.AGREE)])
    assert caught.value.error_code == "not_in_case"


def test_ones_own_dissent_survives_the_minute_takers_rewrite(team: CaseTeam) -> None:
    draft = _draft(team)
    services.state_position(
        actor=team.actor("oncologist"),
        decision_id=draft.pk,
        stance=Stance.DISSENT,
        statement="Neoadjuvant first.",
    )
    draft.refresh_from_db()
    assert draft.consensus == Consensus.MAJORITY
    rewritten = services.save_draft(
        actor=team.actor("coordinator"),
        case_id=team.case_id,
        decision_id=draft.pk,
        version=draft.version,
        recommendations=[RecommendationDraft(text="Lobectomy")],
        positions=[PositionDraft(team.people["oncologist"].pk, Stance.AGREE)],
        consensus=Consensus.MAJORITY,
    )
    own = rewritten.positions.get(user=team.people["oncologist"])
    assert (own.stance, own.statement) == (Stance.DISSENT, "Neoadjuvant first.")


def test_a_stale_draft_is_refused(team: CaseTeam) -> None:
    draft = _draft(team)
    with pytest.raises(StaleVersion):
        services.save_draft(
            actor=team.actor("chair"),
            case_id=team.case_id,
            decision_id=draft.pk,
            version=99,
            recommendations=[],
            positions=[],
        )


def test_consultants_and_trainees_hold_no_vote(team: CaseTeam) -> None:
    draft = _draft(team)
    for who in ("consultant", "trainee", "coordinator"):
        with pytest.raises(Forbidden):
            services.state_position(
                actor=team.actor(who), decision_id=draft.pk, stance=Stance.AGREE
            )
