"""What comes after the signature: addenda, corrections, a quorum, and the patient being told.

Each is a row of its own that nobody changes again. The signed decision stays as it is.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.audit.services import record_entry
from apps.boards import policies
from apps.boards.choices import DecisionQuorum, DecisionStatus, NoteKind, ToldBy
from apps.boards.decision_quorum import quorum_of
from apps.boards.models import AgendaItem, Decision, DecisionNote, Meeting
from apps.boards.plain_text import tidy, tidy_line
from apps.boards.services.decisions.signing import require_person
from apps.boards.services.decisions.words import require_in_case
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, InvalidInput

CLOCKS_DIFFER = timedelta(minutes=5)
"""What a device's clock may be ahead of ours before its time lies in the future."""


@transaction.atomic
def add_addendum(
    *,
    actor: Actor,
    decision_id: UUID,
    text: str,
    reason: str,
    is_correction: bool = False,
    author_id: UUID | None = None,
    note_id: UUID | None = None,
) -> DecisionNote:
    """Add to a signed decision, or correct it; the chair signs it, whoever wrote it.

    ``note_id``, chosen by the client, makes a repeated request the same addendum.

    Raises
    ------
    Conflict
        ``not_signed``: a draft is changed itself. ``id_taken``.
    InvalidInput
        ``addendum_incomplete``: it says something and why. ``not_in_case``.
    """
    policies.sign_decision(actor=actor, decision_id=decision_id)
    require_person(actor)
    decision = _signed(decision_id)
    known = _again(note_id=note_id, decision=decision, actor=actor)
    if known is not None:
        return known
    words, why = tidy(text, field="text"), tidy_line(reason, field="reason")
    if not words or not why:
        raise InvalidInput("An addendum says something, and why.", code="addendum_incomplete")
    if author_id is not None:
        require_in_case(case_id=decision.case_id, user_ids={author_id})
    return _write(
        actor=actor,
        decision=decision,
        note_id=note_id,
        kind=NoteKind.CORRECTION if is_correction else NoteKind.ADDENDUM,
        text=words,
        reason=why,
        author_id=author_id or actor.id,
    )


@transaction.atomic
def confirm_decision(
    *, actor: Actor, decision_id: UUID, meeting_id: UUID, text: str = ""
) -> DecisionNote:
    """Confirm what was decided without quorum, in a meeting of the board that has one (MDT-8).

    Raises
    ------
    Conflict
        ``not_signed``, ``not_provisional``, ``already_confirmed``, ``no_quorum`` (details name
        who is missing).
    InvalidInput
        ``not_on_agenda``, ``other_board``.
    """
    policies.sign_decision(actor=actor, decision_id=decision_id)
    require_person(actor)
    decision = _signed(decision_id)
    if decision.quorum != DecisionQuorum.MISSING:
        raise Conflict("This decision was made with quorum.", code="not_provisional")
    if decision.notes.filter(kind=NoteKind.CONFIRMED).exists():
        raise Conflict("This decision has been confirmed.", code="already_confirmed")
    if not AgendaItem.objects.filter(meeting_id=meeting_id, case_id=decision.case_id).exists():
        raise InvalidInput("This case is not on that agenda.", code="not_on_agenda")
    boards = Meeting.objects.filter(pk__in=[meeting_id, decision.meeting_id])
    if boards.values("board_id").distinct().count() != 1:
        raise InvalidInput("Its own board confirms a decision.", code="other_board")
    now = quorum_of(case_id=decision.case_id, meeting_id=meeting_id)
    if now.state == DecisionQuorum.MISSING:
        raise Conflict(
            "This meeting has no quorum either.",
            code="no_quorum",
            details={"missing": list(now.missing)},
        )
    return _write(
        actor=actor,
        decision=decision,
        kind=NoteKind.CONFIRMED,
        text=tidy(text, field="text"),
        author_id=actor.id,
        meeting_id=meeting_id,
    )


@transaction.atomic
def note_told(
    *,
    actor: Actor,
    decision_id: UUID,
    told_at: datetime,
    told_by: UUID | None = None,
    told_by_name: str = "",
    how: str = "",
    text: str = "",
    note_id: UUID | None = None,
) -> DecisionNote:
    """Who told the patient, and when. Told twice is two notes.

    Raises
    ------
    Conflict
        ``not_signed``, ``id_taken``.
    InvalidInput
        ``who_told``: exactly one of a person of the house and a name. ``told_when``: before the
        signature or in the future. ``not_in_case``, ``unknown_word``.
    """
    policies.note_told(actor=actor, decision_id=decision_id)
    require_person(actor)
    decision = _signed(decision_id)
    known = _again(note_id=note_id, decision=decision, actor=actor)
    if known is not None:
        return known
    name = tidy_line(told_by_name, field="told_by_name")
    if (told_by is None) == (not name):
        raise InvalidInput("Say who told the patient: one person.", code="who_told")
    if told_by is not None:
        require_in_case(case_id=decision.case_id, user_ids={told_by})
    if how and how not in ToldBy.values:
        raise InvalidInput("This is none of the choices.", code="unknown_word")
    if decision.signed_at and told_at < decision.signed_at.replace(second=0, microsecond=0):
        raise InvalidInput("That is before the decision was signed.", code="told_when")
    if told_at > timezone.now() + CLOCKS_DIFFER:
        raise InvalidInput("That lies in the future.", code="told_when")
    return _write(
        actor=actor,
        decision=decision,
        note_id=note_id,
        kind=NoteKind.TOLD,
        text=tidy(text, field="text"),
        author_id=told_by,
        author_name=name,
        how=how,
        happened_at=told_at,
    )


def _signed(decision_id: UUID) -> Decision:
    """Locked: two do not confirm at once."""
    decision = Decision.objects.select_for_update(no_key=True, of=("self",)).get(pk=decision_id)
    if decision.status != DecisionStatus.SIGNED:
        raise Conflict("A draft is changed, not added to.", code="not_signed")
    return decision


def _again(*, note_id: UUID | None, decision: Decision, actor: Actor) -> DecisionNote | None:
    known = DecisionNote.objects.filter(pk=note_id).first() if note_id else None
    if known is None:
        return None
    if (known.decision_id, known.recorded_by_id) != (decision.pk, actor.id):
        raise Conflict("Something else has this id.", code="id_taken")
    return known


def _write(
    *,
    actor: Actor,
    decision: Decision,
    kind: NoteKind,
    note_id: UUID | None = None,
    happened_at: datetime | None = None,
    **fields: object,
) -> DecisionNote:
    known = {"id": note_id} if note_id else {}
    note = DecisionNote.objects.create(
        **known,
        decision=decision,
        kind=kind,
        happened_at=happened_at or timezone.now(),
        recorded_by_id=actor.person_id,
        **fields,
    )
    record_entry(
        actor=actor,
        action=f"decision.{kind}",
        case_id=decision.case_id,
        entity="decision",
        entity_id=decision.pk,
        details={"note": str(note.pk)},
    )
    return note
