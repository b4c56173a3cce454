"""The draft: one per case, written by the minute-taker or the chair, seen by the room."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.boards.choices import Consensus, DecisionStatus
from apps.boards.models import Decision, Recommendation
from apps.boards.services.decisions.positions import replace_positions, require_draft
from apps.boards.services.decisions.telling import tell_draft
from apps.boards.services.decisions.words import (
    DraftWords,
    PositionDraft,
    RecommendationDraft,
    check_draft,
)
from apps.boards.since_last import last_signed
from apps.cases import policies as case_policies
from apps.cases.models import Case
from apps.core.actors import Actor
from apps.core.exceptions import Conflict
from apps.core.versions import lock_version

VOTED_ON = ("text", "intent", "modality", "urgency", "condition", "fallbacks")
"""What of a recommendation people agree with; who does it and by when is arranged."""


@transaction.atomic
def save_draft(
    *,
    actor: Actor,
    case_id: UUID,
    recommendations: Sequence[RecommendationDraft],
    positions: Sequence[PositionDraft],
    consensus: str = Consensus.CONSENSUS,
    meeting_id: UUID | None = None,
    decision_id: UUID | None = None,
    version: int | None = None,
    words: DraftWords | None = None,
    view: dict[str, Any] | None = None,
) -> Decision:
    """Write or rewrite the case's draft; there is one draft per case at a time.

    Raises
    ------
    StaleVersion
        Somebody changed the draft first.
    Conflict
        ``draft_exists`` (name it to change it) or ``signed``.
    InvalidInput
        By its code: ``dissent_without_reason``, ``consensus_contradicted``, ``not_in_case``,
        ``bad_link``, ``trial_without_yes``, …
    """
    case_policies.write_decision(actor=actor, case_id=case_id)
    check_draft(
        case_id=case_id,
        meeting_id=meeting_id,
        recommendations=recommendations,
        positions=positions,
        consensus=consensus,
    )
    decision = _draft_for(actor=actor, case_id=case_id, decision_id=decision_id, version=version)
    wanted = [one.fields() for one in recommendations]
    if _text_of(decision) != [tuple(one[name] for name in VOTED_ON) for one in wanted]:
        decision.text_version = decision.version
        decision.votes_called_at = None
    decision.meeting_id = meeting_id
    decision.consensus = consensus
    (words or DraftWords()).write_to(decision)
    if view is not None:
        decision.view = view
    decision.save()
    decision.recommendations.all().delete()
    Recommendation.objects.bulk_create(
        Recommendation(decision=decision, position=place, **fields)
        for place, fields in enumerate(wanted, start=1)
    )
    replace_positions(actor=actor, decision=decision, positions=positions)
    tell_draft(actor=actor, decision=decision)
    return decision


def _draft_for(
    *, actor: Actor, case_id: UUID, decision_id: UUID | None, version: int | None
) -> Decision:
    if decision_id is None:
        Case.objects.select_for_update(no_key=True).get(pk=case_id)  # one begins it
        if Decision.objects.filter(case_id=case_id, status=DecisionStatus.DRAFT).exists():
            raise Conflict("This case has a draft; change that one.", code="draft_exists")
        return Decision.objects.create(
            case_id=case_id,
            drafted_by_id=actor.id,
            previous=last_signed(case_id=case_id),
        )
    drafts = Decision.objects.filter(case_id=case_id)
    found = drafts.select_for_update(of=("self",)).filter(pk=decision_id).first()
    if found is not None:
        require_draft(found)  # first: of a signed one nobody needs the newer version
    decision = lock_version(queryset=drafts, pk=decision_id, version=version)
    decision.version += 1
    return decision


def _text_of(decision: Decision) -> list[tuple[Any, ...]]:
    """What is recommended as it stands: what votes are on."""
    return list(decision.recommendations.values_list(*VOTED_ON))
