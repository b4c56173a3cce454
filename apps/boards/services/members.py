"""Boards and their members. Membership opens the board's cases, leaving closes them."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.choices import AccountKind
from apps.accounts.models import User
from apps.audit.services import record_entry
from apps.boards import policies
from apps.boards.choices import CAPACITY_OF_ROLE, BoardRole
from apps.boards.models import AgendaItem, Board, BoardMember
from apps.cases import services as case_services
from apps.cases.choices import GrantSource
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, InvalidInput, NotVisible


@transaction.atomic
def create_board(
    *, actor: Actor, name: str, description: str = "", minutes_per_case: int = 3
) -> Board:
    """Found a board; whoever founds it coordinates it.

    Raises
    ------
    Conflict
        ``board_exists``.
    """
    policies.create_board(actor=actor)
    try:
        with transaction.atomic():
            board = Board.objects.create(
                name=name.strip(), description=description, minutes_per_case=minutes_per_case
            )
    except IntegrityError:
        raise Conflict("A board of this name exists.", code="board_exists") from None
    record_entry(actor=actor, action="board.created", entity="board", entity_id=board.pk)
    if actor.is_person and actor.has_role("coordinator"):
        BoardMember.objects.create(board=board, user_id=actor.person_id, role=BoardRole.COORDINATOR)
    return board


@transaction.atomic
def set_recording(
    *,
    actor: Actor,
    board_id: UUID,
    is_recorded: bool,
    records_pointers: bool,
    keeps_recordings_days: int | None,
) -> Board:
    """Whether live sessions are recorded from now on, and how long any recording is kept."""
    policies.run_board(actor=actor, board_id=board_id)
    board = Board.objects.select_for_update().get(pk=board_id)
    board.is_recorded = is_recorded
    board.records_pointers = records_pointers
    board.keeps_recordings_days = keeps_recordings_days
    board.save()
    record_entry(
        actor=actor,
        action="board.recording_set",
        entity="board",
        entity_id=board.pk,
        details={
            "is_recorded": is_recorded,
            "records_pointers": records_pointers,
            "keeps_days": keeps_recordings_days,
        },
    )
    return board


@transaction.atomic
def add_board_member(
    *, actor: Actor, board_id: UUID, user_id: UUID, role: str = BoardRole.CORE
) -> BoardMember:
    """Seat somebody; every case on this board's agendas opens to them in that capacity.

    Raises
    ------
    NotVisible
        The board is not the actor's to know, or there is no such person.
    Conflict
        ``already_member``: a role is changed by ``change_board_role``.
    """
    policies.run_board(actor=actor, board_id=board_id)
    user = User.objects.filter(pk=user_id, is_active=True, kind=AccountKind.PERSON).first()
    if user is None:
        raise NotVisible("No such person.")
    _check_role(role)
    try:
        with transaction.atomic():
            member = BoardMember.objects.create(board_id=board_id, user=user, role=role)
    except IntegrityError:
        raise Conflict("They sit on this board already.", code="already_member") from None
    record_entry(
        actor=actor,
        action="security.board_member_added",
        entity="board",
        entity_id=board_id,
        details={"user": str(user_id), "role": role},
    )
    _open_cases_to(actor=actor, member=member)
    return member


@transaction.atomic
def change_board_role(*, actor: Actor, board_id: UUID, member_id: UUID, role: str) -> BoardMember:
    """Seat somebody in another role; their part in every case of the board follows.

    Raises
    ------
    Conflict
        ``last_runner``: nobody would be left to run the board.
    """
    policies.run_board(actor=actor, board_id=board_id)
    _check_role(role)
    member = _lock_member(board_id=board_id, member_id=member_id)
    if member.role == role:
        return member
    if role not in policies.RUNNERS:
        _require_other_runner(member)
    before, member.role = member.role, role
    member.save(update_fields=["role", "updated_at"])
    record_entry(
        actor=actor,
        action="security.board_role_changed",
        entity="board",
        entity_id=board_id,
        details={"user": str(member.user_id), "from": before, "to": role},
    )
    _open_cases_to(actor=actor, member=member)
    return member


@transaction.atomic
def remove_board_member(*, actor: Actor, board_id: UUID, member_id: UUID) -> None:
    """Unseat somebody; what the board opened to them closes at once.

    Raises
    ------
    Conflict
        ``last_runner``: nobody would be left to run the board.
    """
    policies.run_board(actor=actor, board_id=board_id)
    member = _lock_member(board_id=board_id, member_id=member_id)
    _require_other_runner(member)
    member.left_at = timezone.now()
    member.save(update_fields=["left_at", "updated_at"])
    case_services.revoke_source(
        actor=actor, source=GrantSource.BOARD, source_id=str(board_id), user_id=member.user_id
    )
    record_entry(
        actor=actor,
        action="security.board_member_removed",
        entity="board",
        entity_id=board_id,
        details={"user": str(member.user_id)},
    )


def open_case_to(*, actor: Actor, board_id: UUID, case_id: UUID, member: BoardMember) -> None:
    """Grant one member of a board one case, in the capacity of their role."""
    case_services.grant_access(
        actor=actor,
        case_id=case_id,
        user_id=member.user_id,
        capacity=CAPACITY_OF_ROLE[member.role],
        source=GrantSource.BOARD,
        source_id=str(board_id),
    )


def _open_cases_to(*, actor: Actor, member: BoardMember) -> None:
    items = AgendaItem.objects.filter(meeting__board_id=member.board_id)
    for case_id in items.order_by().values_list("case_id", flat=True).distinct():
        open_case_to(actor=actor, board_id=member.board_id, case_id=case_id, member=member)


def _check_role(role: str) -> None:
    if role not in BoardRole.values:
        raise InvalidInput("Unknown role.", details={"role": role})


def _lock_member(*, board_id: UUID, member_id: UUID) -> BoardMember:
    """Locks the board first: two runners who unseat each other do so one after the other."""
    Board.objects.select_for_update().get(pk=board_id)
    member = (
        BoardMember.objects.select_for_update(of=("self",))
        .select_related("user", "user__institution")
        .filter(pk=member_id, board_id=board_id, left_at__isnull=True)
        .first()
    )
    if member is None:
        raise NotVisible()
    return member


def _require_other_runner(member: BoardMember) -> None:
    if member.role not in policies.RUNNERS:
        return
    others = BoardMember.objects.filter(
        board_id=member.board_id,
        role__in=policies.RUNNERS,
        left_at__isnull=True,
        user__is_active=True,
    ).exclude(pk=member.pk)
    if not others.exists():
        raise Conflict("A board keeps a chair or a coordinator.", code="last_runner")
