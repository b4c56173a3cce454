from apps.ai import services
from apps.ai.amending import AmendedBy
from apps.ai.amending_boxes import AmendedBox
from apps.core.actors import Actor
from apps.live.models import LiveSession
from apps.live.ops.registry import handles
from apps.live.protocol import findings as wire


@handles("finding.accept")
def accept_finding(*, actor: Actor, session: LiveSession, op: wire.FindingAccept) -> None:
    by, box = op.payload.amended_by, op.payload.amended_box
    amended_by: AmendedBy | AmendedBox | None = None
    if by:
        amended_by = AmendedBy(by.segmentation, by.segment, by.revision)
    elif box:
        amended_by = AmendedBox(box.low, box.high)
    services.accept_finding(
        actor=actor,
        finding_id=op.entity,
        case_id=session.case_id,
        version=op.entity_version,
        amended_by=amended_by,
    )


@handles("finding.defer")
def defer_finding(*, actor: Actor, session: LiveSession, op: wire.FindingDefer) -> None:
    services.defer_finding(
        actor=actor,
        finding_id=op.entity,
        case_id=session.case_id,
        version=op.entity_version,
        until=op.payload.until,
        comment=op.payload.comment,
    )


@handles("finding.opinion")
def give_opinion(*, actor: Actor, session: LiveSession, op: wire.FindingOpinion) -> None:
    services.give_opinion(
        actor=actor,
        finding_id=op.entity,
        case_id=session.case_id,
        version=op.entity_version,
        decision=op.payload.decision,
        reason_code=op.payload.reason_code,
        comment=op.payload.comment,
    )


@handles("finding.dismiss")
def dismiss_finding(*, actor: Actor, session: LiveSession, op: wire.FindingDismiss) -> None:
    services.dismiss_finding(
        actor=actor,
        finding_id=op.entity,
        case_id=session.case_id,
        version=op.entity_version,
        reason_code=op.payload.reason_code,
        comment=op.payload.comment,
    )
