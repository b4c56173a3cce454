"""Who sits on a board, who may change that, and what it opens and closes."""

from datetime import UTC, datetime, timedelta

import pytest
from rest_framework.test import APIClient

from apps.accounts.choices import SystemRole
from apps.accounts.models import User
from apps.accounts.selectors import actor_for
from apps.audit.models import AuditEntry
from apps.boards import services
from apps.boards.choices import BoardRole
from apps.boards.models import Board, BoardMember
from apps.cases.access import standings
from apps.cases.choices import Capacity
from apps.core.exceptions import Conflict
from tests.people import CaseTeam, make_case_team, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team()


@pytest.fixture()
def board(team: CaseTeam) -> Board:
    return services.create_board(actor=team.actor("coordinator"), name="Thoracic")


@pytest.fixture()
def newcomer() -> User:
    return make_person(name="New Comer")


@pytest.fixture()
def member(team: CaseTeam, board: Board, newcomer: User) -> BoardMember:
    return services.add_board_member(
        actor=team.actor("coordinator"), board_id=board.pk, user_id=newcomer.pk
    )


def _client(user: User) -> APIClient:
    made = APIClient()
    made.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return made


def _put_on_agenda(team: CaseTeam, board: Board) -> None:
    start = datetime(2027, 1, 12, 14, tzinfo=UTC)
    meeting = services.schedule_meeting(
        actor=team.actor("coordinator"),
        board_id=board.pk,
        starts_at=start,
        ends_at=start + timedelta(hours=1),
    )
    services.add_agenda_item(
        actor=team.actor("coordinator"), meeting_id=meeting.pk, case_id=team.case_id
    )


def test_a_runner_seats_changes_and_unseats_over_rest(
    team: CaseTeam, board: Board, newcomer: User
) -> None:
    browser = _client(team.people["coordinator"])
    path = f"/api/boards/{board.pk}/members"
    seated = browser.post(path, {"user": str(newcomer.pk), "role": "extended"}, format="json")
    assert (seated.status_code, seated.json()["role"]) == (201, "extended")
    one = f"{path}/{seated.json()['id']}"
    changed = browser.patch(one, {"role": "chair"}, format="json")
    assert (changed.json()["role"], changed.json()["user"]["display_name"]) == (
        "chair",
        "New Comer",
    )
    names = [row["user"]["display_name"] for row in browser.get(path).json()["results"]]
    assert names == ["Cora Coordinator", "New Comer"]
    assert browser.delete(one).status_code == 204
    assert browser.patch(one, {"role": "core"}, format="json").status_code == 404
    assert set(AuditEntry.objects.filter(entity="board").values_list("action", flat=True)) >= {
        "security.board_member_added",
        "security.board_role_changed",
        "security.board_member_removed",
    }
    entry = AuditEntry.objects.get(action="security.board_role_changed")
    assert entry.details == {"user": str(newcomer.pk), "from": "extended", "to": "chair"}


@pytest.mark.parametrize(("who", "status"), [("surgeon", 404), ("core", 403), ("admin", 403)])
def test_others_see_at_most(team: CaseTeam, board: Board, newcomer: User, who: str, status: int):
    seat = services.add_board_member(
        actor=team.actor("coordinator"), board_id=board.pk, user_id=newcomer.pk
    )
    admin = make_person(roles=(SystemRole.SYSTEM_ADMIN,))
    browser = _client({"surgeon": team.people["surgeon"], "core": newcomer, "admin": admin}[who])
    path = f"/api/boards/{board.pk}/members"
    assert browser.get(path).status_code == (404 if status == 404 else 200)
    assert browser.post(path, {"user": str(admin.pk)}, format="json").status_code == status
    assert browser.patch(f"{path}/{seat.pk}", {"role": "chair"}, format="json").status_code == (
        status
    )
    assert browser.delete(f"{path}/{seat.pk}").status_code == status


@pytest.mark.parametrize("body", [{}, {"role": "owner"}, {"role": None}])
def test_an_unknown_role_is_400(
    team: CaseTeam, board: Board, member: BoardMember, body: dict[str, object]
) -> None:
    browser = _client(team.people["coordinator"])
    path = f"/api/boards/{board.pk}/members/{member.pk}"
    assert browser.patch(path, body, format="json").status_code == 400


def test_nobody_is_seated_twice(team: CaseTeam, board: Board, member: BoardMember) -> None:
    with pytest.raises(Conflict) as caught:
        services.add_board_member(
            actor=team.actor("coordinator"),
            board_id=board.pk,
            user_id=member.user_id,
            role=BoardRole.CHAIR,
        )
    assert caught.value.error_code == "already_member"
    member.refresh_from_db()
    assert member.role == BoardRole.CORE


def test_a_changed_role_changes_the_part_in_the_boards_cases(
    team: CaseTeam, board: Board, member: BoardMember, newcomer: User
) -> None:
    _put_on_agenda(team, board)

    def capacities() -> frozenset[str]:
        found = standings(actor=actor_for(user=newcomer), case_ids=[team.case_id])
        return frozenset(found[team.case_id].capacities)

    assert capacities() == {Capacity.MEMBER}
    for role, expected in (
        (BoardRole.CHAIR, {Capacity.CHAIR}),
        (BoardRole.OBSERVER, {Capacity.OBSERVER}),
    ):
        services.change_board_role(
            actor=team.actor("coordinator"), board_id=board.pk, member_id=member.pk, role=role
        )
        assert capacities() == expected


def test_a_board_keeps_somebody_who_runs_it(
    team: CaseTeam, board: Board, member: BoardMember
) -> None:
    coordinator = team.actor("coordinator")
    own = BoardMember.objects.get(board=board, user=team.people["coordinator"])
    for act in (
        lambda: services.remove_board_member(
            actor=coordinator, board_id=board.pk, member_id=own.pk
        ),
        lambda: services.change_board_role(
            actor=coordinator, board_id=board.pk, member_id=own.pk, role=BoardRole.CORE
        ),
    ):
        with pytest.raises(Conflict) as caught:
            act()
        assert caught.value.error_code == "last_runner"
    services.change_board_role(
        actor=coordinator, board_id=board.pk, member_id=member.pk, role=BoardRole.CHAIR
    )
    services.remove_board_member(actor=coordinator, board_id=board.pk, member_id=own.pk)
    assert BoardMember.objects.filter(board=board, left_at__isnull=True).get() == member


def test_whoever_left_may_be_seated_again(
    team: CaseTeam, board: Board, member: BoardMember
) -> None:
    coordinator = team.actor("coordinator")
    services.remove_board_member(actor=coordinator, board_id=board.pk, member_id=member.pk)
    again = services.add_board_member(actor=coordinator, board_id=board.pk, user_id=member.user_id)
    assert again.pk != member.pk
