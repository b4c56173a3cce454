"""The chair's signature: on the very text that was read, once, and then nothing changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.audit.choices import Outcome
from apps.audit.services import record_entry
from apps.boards import decision_text, policies
from apps.boards.choices import Consensus, DecisionStatus, Stance
from apps.boards.decision_quorum import quorum_of
from apps.boards.events import DecisionSigned
from apps.boards.models import Decision
from apps.boards.room_views import view_on_stage
from apps.boards.services.decisions.telling import state_of, told
from apps.boards.since_last import facts_of
from apps.cases import services as case_services
from apps.cases.choices import CaseStatus
from apps.cases.models import Case
from apps.core.actors import Actor
from apps.core.events import record
from apps.core.exceptions import Conflict, DomainError, Forbidden, InvalidInput, StaleVersion
from apps.core.versions import lock_version


class TextChanged(Conflict):
    """The decision reads otherwise than what the signer had on screen."""

    code = "text_changed"


@dataclass(frozen=True, slots=True)
class ToSign:
    """One decision as the signer read it: its version and the digest of its text."""

    decision_id: UUID
    version: int
    digest: str


@dataclass(frozen=True, slots=True)
class Refused:
    decision_id: UUID
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class SignedMany:
    signed: tuple[UUID, ...]
    refused: tuple[Refused, ...]


@transaction.atomic
def sign_decision(
    *, actor: Actor, decision_id: UUID, version: int, digest: str | None = None
) -> Decision:
    """Sign what stands; from now on nothing in it changes, and the case is decided.

    What the room shows at this moment becomes its view (LIVE-R2); the case's facts, the text
    and whether there was a quorum when it was decided are kept with it (MDT-8, MDT-11).

    Parameters
    ----------
    digest
        SHA-256 of the text that was read (``decision_text.digest_of``); ``None`` for the
        sample hospital and tests, which read nothing.

    Raises
    ------
    Forbidden
        Not the chair of this case, or no person (``person_needed``).
    Conflict
        ``signed`` already, by whoever was first.
    StaleVersion
        Somebody changed the draft since.
    TextChanged
        The same version reads otherwise: somebody named in it was renamed.
    InvalidInput
        ``nothing_recommended``, ``consensus_contradicted``.
    """
    policies.sign_decision(actor=actor, decision_id=decision_id)
    require_person(actor)
    decision = _lock_draft(decision_id=decision_id, version=version)
    if not decision.recommendations.exists():
        raise InvalidInput("A decision recommends something.", code="nothing_recommended")
    dissents = decision.positions.filter(stance=Stance.DISSENT).count()
    if dissents and decision.consensus == Consensus.CONSENSUS:
        raise InvalidInput(
            "There is a dissent: this is not a consensus.", code="consensus_contradicted"
        )
    text = decision_text.signed_part(decision)
    if digest is not None and digest != decision_text.digest_of(text):
        raise TextChanged("The decision was changed since you read it. Read it again.")
    then = quorum_of(case_id=decision.case_id, meeting_id=decision.meeting_id)
    decision.quorum, decision.quorum_missing = then.state, list(then.missing)
    decision.facts = facts_of(Case.objects.get(pk=decision.case_id))
    decision.signed_text, decision.signed_digest = text, decision_text.digest_of(text)
    decision.status = DecisionStatus.SIGNED
    decision.signed_by_id = actor.id
    decision.signed_at = timezone.now()
    decision.version += 1
    decision.view = view_on_stage(case_id=decision.case_id, meeting_id=decision.meeting_id)
    decision.save()
    case_services.move_case(actor=actor, case_id=decision.case_id, to=CaseStatus.DECIDED)
    record_entry(
        actor=actor,
        action="decision.signed",
        case_id=decision.case_id,
        entity="decision",
        entity_id=decision.pk,
        details={
            "dissents": dissents,
            "quorum": then.state,
            "missing": list(then.missing),
            "sha256": decision.signed_digest,
        },
    )
    record(DecisionSigned(**told(actor=actor, decision=decision), decision=state_of(decision)))
    return decision


def sign_many(*, actor: Actor, decisions: Sequence[ToSign]) -> SignedMany:
    """Sign one after the other, each in its own transaction: what fails stops nothing else.

    Not to be called within a transaction: a refusal would then undo what was signed before it.
    """
    signed: list[UUID] = []
    refused: list[Refused] = []
    for one in decisions:
        try:
            sign_decision(
                actor=actor,
                decision_id=one.decision_id,
                version=one.version,
                digest=one.digest,
            )
        except DomainError as error:
            refused.append(Refused(one.decision_id, error.error_code, error.message))
            _audit_refusal(actor=actor, decision_id=one.decision_id, code=error.error_code)
        else:
            signed.append(one.decision_id)
    return SignedMany(tuple(signed), tuple(refused))


def require_person(actor: Actor) -> None:
    """A signature is a person's; no task and no client that acts for one gives it."""
    if not actor.is_person:
        raise Forbidden("Only a person signs.", code="person_needed")


def _lock_draft(*, decision_id: UUID, version: int) -> Decision:
    """The row, locked. Of two who sign at once the second hears that it is signed."""
    rows = Decision.objects.select_for_update(of=("self",))
    decision = rows.select_related("signed_by").get(pk=decision_id)
    if decision.status == DecisionStatus.SIGNED:
        raise Conflict(
            "This decision is signed already; it does not change.",
            code="signed",
            details={
                "signed_by": decision.signed_by.display_name if decision.signed_by else "",
                "signed_at": decision.signed_at.isoformat() if decision.signed_at else None,
            },
        )
    if decision.version != version:
        raise StaleVersion(
            "It was changed meanwhile.", details={"current": {"version": decision.version}}
        )
    return lock_version(queryset=Decision.objects.all(), pk=decision_id, version=version)


def _audit_refusal(*, actor: Actor, decision_id: UUID, code: str) -> None:
    known = Decision.objects.filter(pk=decision_id).values_list("case_id", flat=True).first()
    record_entry(
        actor=actor,
        action="decision.signed",
        case_id=known,
        entity="decision",
        entity_id=decision_id,
        outcome=Outcome.REFUSED,
        details={"code": code},
    )
