from uuid import UUID

from apps.annotations.models import Segmentation
from apps.annotations.segmentations import services
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.live.exceptions import OtherCase
from apps.live.models import LiveSession
from apps.live.ops.registry import handles
from apps.live.protocol import ops
from apps.live.services.leases import require_lease


@handles("segmentation.revise")
def revise_segmentation(*, actor: Actor, session: LiveSession, op: ops.SegmentationRevise) -> None:
    _require_case(segmentation_id=op.entity, session=session)
    require_lease(actor=actor, segmentation_id=op.entity)
    services.commit_chunk(
        actor=actor,
        segmentation_id=op.entity,
        parent=op.payload.parent,
        sha256=op.payload.sha256,
    )


@handles("segmentation.revert")
def revert_segmentation(*, actor: Actor, session: LiveSession, op: ops.SegmentationRevert) -> None:
    _require_case(segmentation_id=op.entity, session=session)
    require_lease(actor=actor, segmentation_id=op.entity)
    services.revert_revision(
        actor=actor,
        segmentation_id=op.entity,
        parent=op.payload.parent,
        revision=op.payload.revision,
    )


def _require_case(*, segmentation_id: UUID, session: LiveSession) -> None:
    case_id = (
        Segmentation.objects.filter(pk=segmentation_id).values_list("case_id", flat=True).first()
    )
    if case_id is None:
        raise NotVisible()
    if case_id != session.case_id:
        raise OtherCase("The segmentation belongs to another case.")
