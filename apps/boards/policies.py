"""Who runs boards and meetings. Decisions are guarded by the case (cases.policies)."""

from typing import Any
from uuid import UUID

from apps.boards.choices import BoardRole
from apps.boards.models import (
    AgendaItem,
    BoardMember,
    Decision,
    HangingProtocol,
    Meeting,
    MeetingSeries,
)
from apps.cases import policies as case_policies
from apps.core.actors import Actor
from apps.core.exceptions import Forbidden, NotVisible
from apps.core.policies import require_role, signed_in

RUNNERS = (BoardRole.CHAIR, BoardRole.COORDINATOR)


def list_boards(*, actor: Actor, **ids: Any) -> None:
    signed_in(actor=actor)


def create_board(*, actor: Actor, **ids: Any) -> None:
    require_role(actor, "system_admin", "coordinator")


def role_on_board(*, actor: Actor, board_id: UUID) -> str | None:
    """The actor's current role on a board, or ``None``."""
    if not actor.is_person:
        return None
    return (
        BoardMember.objects.filter(board_id=board_id, user_id=actor.person_id, left_at__isnull=True)
        .values_list("role", flat=True)
        .first()
    )


def view_board(*, actor: Actor, board_id: UUID, **ids: Any) -> None:
    signed_in(actor=actor)
    if actor.is_system or actor.has_role("system_admin"):
        return
    if role_on_board(actor=actor, board_id=board_id) is None:
        raise NotVisible()


def run_board(*, actor: Actor, board_id: UUID, **ids: Any) -> None:
    """Chair or coordinator of this board: members, meetings, agenda."""
    view_board(actor=actor, board_id=board_id)
    if actor.is_system or role_on_board(actor=actor, board_id=board_id) in RUNNERS:
        return
    raise Forbidden("Chair or coordinator of this board do this.")


def view_meeting(*, actor: Actor, meeting_id: UUID, **ids: Any) -> None:
    view_board(actor=actor, board_id=_board_of_meeting(meeting_id))


def run_meeting(*, actor: Actor, meeting_id: UUID, **ids: Any) -> None:
    run_board(actor=actor, board_id=_board_of_meeting(meeting_id))


def view_series(*, actor: Actor, meeting_series_id: UUID, **ids: Any) -> None:
    view_board(actor=actor, board_id=_board_of_series(meeting_series_id))


def run_series(*, actor: Actor, meeting_series_id: UUID, **ids: Any) -> None:
    run_board(actor=actor, board_id=_board_of_series(meeting_series_id))


def check_in(*, actor: Actor, **ids: Any) -> None:
    """A person, for themselves; the code and a seat or a case decide in the service."""
    signed_in(actor=actor)
    if not actor.is_person:
        raise Forbidden("Only a person is at a meeting.", code="person_needed")


def run_agenda_item(*, actor: Actor, item_id: UUID, **ids: Any) -> None:
    meeting_id = AgendaItem.objects.filter(pk=item_id).values_list("meeting_id", flat=True).first()
    if meeting_id is None:
        raise NotVisible()
    run_meeting(actor=actor, meeting_id=meeting_id)


def reveal_ai(*, actor: Actor, item_id: UUID, **ids: Any) -> None:
    """Whoever sees the case identified; in a room, its presenter or chair (live.policies)."""
    case_id = AgendaItem.objects.filter(pk=item_id).values_list("case_id", flat=True).first()
    if case_id is None:
        raise NotVisible()
    case_policies.view_identified(actor=actor, case_id=case_id)


def view_decision(*, actor: Actor, decision_id: UUID, **ids: Any) -> None:
    case_policies.view_identified(actor=actor, case_id=_case_of_decision(decision_id))


def write_decision(*, actor: Actor, decision_id: UUID, **ids: Any) -> None:
    case_policies.write_decision(actor=actor, case_id=_case_of_decision(decision_id))


def sign_decision(*, actor: Actor, decision_id: UUID, **ids: Any) -> None:
    case_policies.sign_decision(actor=actor, case_id=_case_of_decision(decision_id))


def list_to_sign(*, actor: Actor, **ids: Any) -> None:
    """A person's own queue: of the cases they chair, decided by the selector."""
    signed_in(actor=actor)
    if not actor.is_person:
        raise Forbidden("Only a person signs.", code="person_needed")


def note_told(*, actor: Actor, decision_id: UUID, **ids: Any) -> None:
    case_policies.tell_patient(actor=actor, case_id=_case_of_decision(decision_id))


def state_position(*, actor: Actor, decision_id: UUID, **ids: Any) -> None:
    case_policies.state_position(actor=actor, case_id=_case_of_decision(decision_id))


def _board_of_series(series_id: UUID) -> UUID:
    board_id = MeetingSeries.objects.filter(pk=series_id).values_list("board_id", flat=True).first()
    if board_id is None:
        raise NotVisible()
    return board_id


def _board_of_meeting(meeting_id: UUID) -> UUID:
    board_id = Meeting.objects.filter(pk=meeting_id).values_list("board_id", flat=True).first()
    if board_id is None:
        raise NotVisible()
    return board_id


def _case_of_decision(decision_id: UUID) -> UUID:
    case_id = Decision.objects.filter(pk=decision_id).values_list("case_id", flat=True).first()
    if case_id is None:
        raise NotVisible()
    return case_id


def list_hangings(*, actor: Actor, **ids: Any) -> None:
    signed_in(actor=actor)


def save_hanging(*, actor: Actor, board_id: UUID | None = None, **ids: Any) -> None:
    """Everybody for themselves; for a board its chair or coordinator."""
    signed_in(actor=actor)
    if board_id is not None:
        run_board(actor=actor, board_id=board_id)
    elif not actor.is_person:
        raise Forbidden("Only a person has layouts of their own.")


def change_hanging(*, actor: Actor, hanging_id: UUID, **ids: Any) -> None:
    row = HangingProtocol.objects.filter(pk=hanging_id).only("owner_id", "board_id").first()
    if row is None:
        raise NotVisible()
    if row.board_id is not None:
        run_board(actor=actor, board_id=row.board_id)
    elif not actor.is_person or row.owner_id != actor.person_id:
        raise NotVisible()
