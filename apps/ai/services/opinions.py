"""Words beside the review: proposals, second opinions, disagreement; and who has seen a finding."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.ai import policies
from apps.ai.choices import FindingState, OpinionKind
from apps.ai.events import FindingOpinionGiven, FindingStamp
from apps.ai.models import Finding, FindingOpinion, FindingViewing
from apps.ai.selectors.findings import UNREVIEWED_VERSION, state_without_review
from apps.ai.services.people import get_person
from apps.ai.services.reviews import check_reason
from apps.audit.services import record_entry
from apps.core import events
from apps.core.actors import Actor
from apps.core.exceptions import InvalidInput, NotVisible, StaleVersion

OPINIONS = (FindingState.ACCEPTED, FindingState.DISMISSED)


@transaction.atomic
def give_opinion(
    *,
    actor: Actor,
    finding_id: UUID,
    case_id: UUID,
    version: int,
    decision: str,
    reason_code: str = "",
    comment: str = "",
) -> FindingOpinion:
    """Say beside the review what one thinks of the finding. It decides nothing and is kept.

    A trainee's is a proposal; of somebody who reviews in this case it is a dissent from the review
    that stands; of everybody else an opinion. A new word withdraws one's older one.

    Raises
    ------
    NotVisible, Forbidden
        Not in this case, or not this person's to say.
    InvalidInput
        Neither for nor against (``opinion_unknown``), no reason, or there is no review to dissent
        from (``review_it``): whoever reviews says it by a review then.
    StaleVersion
        Somebody reviewed it meanwhile.
    """
    policies.give_opinion(actor=actor, finding_id=finding_id, case_id=case_id)
    if decision not in OPINIONS:
        raise InvalidInput("An opinion is for or against.", code="opinion_unknown")
    if decision == FindingState.DISMISSED:
        check_reason(reason_code, comment)
    elif reason_code:
        raise InvalidInput("Only a dismissal has a reason code.", code="reason_not_expected")
    finding = Finding.objects.select_for_update(of=("self",)).filter(pk=finding_id).first()
    if finding is None:
        raise NotVisible()
    standing = finding.reviews.filter(case_id=case_id, stands=True).first()
    current = standing.version if standing else UNREVIEWED_VERSION
    state = standing.decision if standing else state_without_review(finding)
    if version != current:
        raise StaleVersion(
            "Somebody reviewed this finding first.",
            details={"current": {"id": str(finding.pk), "version": current, "state": state}},
        )
    kind = policies.opinion_kind(actor=actor, case_id=case_id)
    if kind == OpinionKind.DISSENT and (
        standing is None or standing.decision not in OPINIONS or standing.reviewer_id == actor.id
    ):
        raise InvalidInput("Nobody else has reviewed it: review it.", code="review_it")
    author = get_person(actor=actor)
    finding.opinions.filter(case_id=case_id, author=author, stands=True).update(
        stands=False, updated_at=timezone.now()
    )
    opinion = FindingOpinion.objects.create(
        finding=finding,
        case_id=case_id,
        finding_version=version,
        kind=kind,
        decision=decision,
        reason_code=reason_code,
        comment=comment.strip(),
        author=author,
        discipline=actor.discipline or "",
    )
    record_entry(
        actor=actor,
        action="finding.opinion",
        case_id=case_id,
        entity="finding",
        entity_id=finding.pk,
        details={
            "kind": kind.value,
            "opinion": decision,
            "reason_code": reason_code,
            "version": version,
        },
    )
    events.record(
        FindingOpinionGiven(
            **events.actor_fields(actor),
            case_id=case_id,
            entity="finding",
            entity_id=str(finding.pk),
            entity_version=current,
            finding=FindingStamp(id=finding.pk, version=current, state=state),
        )
    )
    return opinion


def note_viewing(*, actor: Actor, finding_id: UUID, case_id: UUID) -> None:
    """Keep when this person first opened the finding in the case; later times change nothing."""
    policies.view_finding_in_case(actor=actor, finding_id=finding_id, case_id=case_id)
    if not actor.is_person or actor.id is None:
        return
    try:
        with transaction.atomic():
            _, first = FindingViewing.objects.get_or_create(
                finding_id=finding_id, case_id=case_id, user_id=actor.id
            )
            if first:
                record_entry(
                    actor=actor,
                    action="finding.opened",
                    case_id=case_id,
                    entity="finding",
                    entity_id=finding_id,
                )
    except IntegrityError:  # two tabs at once: the first one counts
        return
