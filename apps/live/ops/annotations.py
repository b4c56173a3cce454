from uuid import UUID

from apps.annotations import services
from apps.annotations.models import KeyImage, Measurement
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
            sop_instance_uid=drawn.sop_instance_uid or "",
            frame=drawn.frame,
            frame_of_reference_uid=drawn.frame_of_reference_uid or "",
            points_lps=drawn.points_lps,
            points_image=drawn.points_image,
            label=drawn.label,
            site=drawn.site,
        ),
    )


@handles("measurement.revise")
def revise_measurement(*, actor: Actor, session: LiveSession, op: ops.MeasurementRevise) -> None:
    require_case(measurement_id=op.entity, session=session)
    services.revise_measurement(
        actor=actor,
        measurement_id=op.entity,
        version=op.entity_version,
        points_lps=op.payload.points_lps,
        points_image=op.payload.points_image,
        label=op.payload.label,
        site=op.payload.site,
    )


@handles("measurement.remove")
def remove_measurement(*, actor: Actor, session: LiveSession, op: ops.MeasurementRemove) -> None:
    require_case(measurement_id=op.entity, session=session)
    services.remove_measurement(actor=actor, measurement_id=op.entity, version=op.entity_version)


@handles("key_image.add")
def add_key_image(*, actor: Actor, session: LiveSession, op: ops.KeyImageAdd) -> None:
    marked = op.payload
    services.add_key_image(
        actor=actor,
        case_id=session.case_id,
        key_image_id=marked.id,
        version=op.entity_version,
        place=services.KeyPlace(
            study_instance_uid=marked.study_instance_uid,
            series_instance_uid=marked.series_instance_uid,
            sop_instance_uid=marked.sop_instance_uid,
            frame=marked.frame,
        ),
        note=marked.note,
    )


@handles("key_image.remove")
def remove_key_image(*, actor: Actor, session: LiveSession, op: ops.KeyImageRemove) -> None:
    found = KeyImage.objects.filter(pk=op.entity).values_list("case_id", flat=True).first()
    _require_same(found=found, session=session, what="key image")
    services.remove_key_image(actor=actor, key_image_id=op.entity, version=op.entity_version)


def require_case(*, measurement_id: UUID, session: LiveSession) -> None:
    found = Measurement.objects.filter(pk=measurement_id).values_list("case_id", flat=True).first()
    _require_same(found=found, session=session, what="measurement")


def _require_same(*, found: UUID | None, session: LiveSession, what: str) -> None:
    if found is None:
        raise NotVisible()
    if found != session.case_id:
        raise OtherCase(f"The {what} belongs to another case.")
