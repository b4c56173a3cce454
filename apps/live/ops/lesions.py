from uuid import UUID

from apps.annotations import services
from apps.annotations.models import Lesion
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.live.exceptions import OtherCase
from apps.live.models import LiveSession
from apps.live.ops.annotations import require_case
from apps.live.ops.registry import handles
from apps.live.protocol import lesions as wire


@handles("lesion.put")
def put_lesion(*, actor: Actor, session: LiveSession, op: wire.LesionPut) -> None:
    told = op.payload
    services.put_lesion(
        actor=actor,
        case_id=session.case_id,
        lesion_id=told.id,
        version=op.entity_version,
        saying=services.Saying(
            label=told.label, site=told.site, role=told.role or "", is_node=told.is_node
        ),
    )


@handles("lesion.revise")
def revise_lesion(*, actor: Actor, session: LiveSession, op: wire.LesionRevise) -> None:
    _require_same(lesion_id=op.entity, session=session)
    told = op.payload
    services.revise_lesion(
        actor=actor,
        lesion_id=op.entity,
        version=op.entity_version,
        label=told.label,
        site=told.site,
        role=told.role or "",
        is_node=told.is_node,
    )


@handles("lesion.remove")
def remove_lesion(*, actor: Actor, session: LiveSession, op: wire.LesionRemove) -> None:
    _require_same(lesion_id=op.entity, session=session)
    services.remove_lesion(actor=actor, lesion_id=op.entity, version=op.entity_version)


@handles("measurement.assign")
def assign_measurement(*, actor: Actor, session: LiveSession, op: wire.MeasurementAssign) -> None:
    require_case(measurement_id=op.entity, session=session)
    services.assign_measurement(
        actor=actor,
        measurement_id=op.entity,
        version=op.entity_version,
        lesion_id=op.payload.lesion,
    )


def _require_same(*, lesion_id: UUID, session: LiveSession) -> None:
    found = Lesion.objects.filter(pk=lesion_id).values_list("case_id", flat=True).first()
    if found is None:
        raise NotVisible()
    if found != session.case_id:
        raise OtherCase("The lesion belongs to another case.")
