from uuid import UUID

from apps.annotations import services
from apps.annotations.models import Measurement
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.live.exceptions import OtherCase
from apps.live.models import LiveSession
from apps.live.ops.registry import handles
from apps.live.protocol import ops


@handles("measurement.put")
def put_measurement(*, actor: Actor, session: LiveSession, op: ops.MeasurementPut) -> None:
    drawn = op.payload
    services.put_measurement(
        actor=actor,
        case_id=session.case_id,
        measurement_id=drawn.id,
        version=op.entity_version,
        drawing=services.Drawing(
            kind=drawn.kind,
            study_instance_uid=drawn.study_instance_uid,
            series_instance_uid=drawn.series_instance_uid,
            sop_instance_uid=drawn.sop_instance_uid,
            frame=drawn.frame,
            frame_of_reference_uid=drawn.frame_of_reference_uid or "",
            points_lps=drawn.points_lps,
            points_image=drawn.points_image,
            label=drawn.label,
        ),
    )


@handles("measurement.revise")
def revise_measurement(*, actor: Actor, session: LiveSession, op: ops.MeasurementRevise) -> None:
    _require_case(measurement_id=op.entity, session=session)
    services.revise_measurement(
        actor=actor,
        measurement_id=op.entity,
        version=op.entity_version,
        points_lps=op.payload.points_lps,
        points_image=op.payload.points_image,
        label=op.payload.label,
    )


@handles("measurement.remove")
def remove_measurement(*, actor: Actor, session: LiveSession, op: ops.MeasurementRemove) -> None:
    _require_case(measurement_id=op.entity, session=session)
    services.remove_measurement(actor=actor, measurement_id=op.entity, version=op.entity_version)


def _require_case(*, measurement_id: UUID, session: LiveSession) -> None:
    case_id = (
        Measurement.objects.filter(pk=measurement_id).values_list("case_id", flat=True).first()
    )
    if case_id is None:
        raise NotVisible()
    if case_id != session.case_id:
        raise OtherCase("The measurement belongs to another case.")
