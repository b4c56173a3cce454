"""Who takes a list in: chair and coordinator of the board it is for."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from apps.boards.policies import run_board, view_board
from apps.core.actors import Actor
from apps.core.exceptions import Forbidden, NotVisible
from apps.core.policies import signed_in
from apps.intake.models import IntakeList

__all__ = ["act_as_organiser", "list_lists", "receive_list", "run_board", "run_list", "view_board"]


def list_lists(*, actor: Actor, **ids: Any) -> None:
    """The selector shows the lists of boards that the actor runs."""
    signed_in(actor=actor)


def receive_list(*, actor: Actor, **ids: Any) -> None:
    """The board is in the body, so the service asks ``run_board`` itself."""
    signed_in(actor=actor)
    if not actor.is_person:
        raise Forbidden("A person takes a list in.", code="person_needed")


def run_list(*, actor: Actor, intake_list_id: UUID, **ids: Any) -> None:
    """404 for whoever is not on its board, 403 for whoever does not run it."""
    board_id = (
        IntakeList.objects.filter(pk=intake_list_id).values_list("board_id", flat=True).first()
    )
    if board_id is None:
        raise NotVisible()
    run_board(actor=actor, board_id=board_id)


def act_as_organiser(*, actor: Actor, board_id: UUID) -> Actor:
    """The same person with what a board's chair and coordinator may do for its list.

    Permission table of the clinical reference (F): both create cases. Patients, cases and
    searches of the PACS below ask for the house's role of a coordinator, which a chair does not
    have; here it is theirs for the rows of one list, after ``run_board`` said yes.
    """
    run_board(actor=actor, board_id=board_id)
    return replace(actor, system_roles=actor.system_roles | {"coordinator"})
