from apps.ai import services
from apps.core.actors import Actor
from apps.live.models import LiveSession
from apps.live.ops.registry import handles
from apps.live.protocol import ops


@handles("finding.accept")
def accept_finding(*, actor: Actor, session: LiveSession, op: ops.FindingAccept) -> None:
    services.accept_finding(
        actor=actor, finding_id=op.entity, case_id=session.case_id, version=op.entity_version
    )


@handles("finding.dismiss")
def dismiss_finding(*, actor: Actor, session: LiveSession, op: ops.FindingDismiss) -> None:
    services.dismiss_finding(
        actor=actor,
        finding_id=op.entity,
        case_id=session.case_id,
        version=op.entity_version,
        reason_code=op.payload.reason_code,
        comment=op.payload.comment,
    )
