"""Put, revise, assign and remove measurements, for REST and the live session alike."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from apps.accounts.selectors import TRAINEE_ROLE
from apps.annotations import policies
from apps.annotations.choices import Layer
from apps.annotations.events import MeasurementPut, MeasurementRemoved, MeasurementRevised
from apps.annotations.exceptions import MeasurementExists
from apps.annotations.measures import Point
from apps.annotations.models import Measurement, MeasurementRevision
from apps.annotations.selectors import describe_measurement
from apps.annotations.services.assigning import place_kept, require_place
from apps.annotations.services.checking import Checked, Drawing, check_drawing, check_words
from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.events import actor_fields, record
from apps.core.exceptions import Forbidden, StaleVersion
from apps.core.versions import lock_version


@transaction.atomic
def put_measurement(
    *,
    actor: Actor,
    case_id: UUID,
    drawing: Drawing,
    measurement_id: UUID | None = None,
    version: int | None = None,
) -> Measurement:
    """Add a measurement, or put a removed one back (the inverse of removal, for undo).

    Sending the same put twice changes nothing: what stands is returned and no event is said.

    Raises
    ------
    NotVisible, Forbidden
        As ``policies.put_measurement``.
    ImageNotInCase, FrameOfReferenceMismatch, WrongSpace, PointsOffPlane, PointsOutsideImage,
    BadGeometry
        The drawing cannot be what it says it is.
    MeasurementExists, StaleVersion
        The id is taken, or the removed measurement is at another version.
    """
    policies.put_measurement(actor=actor, case_id=case_id)
    checked = check_drawing(case_id=case_id, drawing=drawing)
    known = _lock(measurement_id) if measurement_id else None
    if known is not None:
        return _put_again(
            actor=actor,
            known=known,
            case_id=case_id,
            drawing=drawing,
            checked=checked,
            version=version,
        )
    if actor.id is None:
        raise Forbidden("Only a person measures.")
    unique = uuid4()
    measurement = Measurement.objects.create(
        id=measurement_id or uuid4(),
        case_id=case_id,
        kind=drawing.kind,
        study_instance_uid=drawing.study_instance_uid,
        series_instance_uid=drawing.series_instance_uid,
        sop_instance_uid=drawing.sop_instance_uid,
        frame=drawing.frame,
        frame_of_reference_uid=checked.frame_of_reference_uid,
        points_lps=_as_json(checked.points_lps),
        points_image=_as_json(checked.points_image),
        values=checked.values,
        problem=checked.problem,
        label=drawing.label,
        site=drawing.site,
        layer=Layer.DRAFT if actor.has_role(TRAINEE_ROLE) else Layer.SHARED,
        author_id=actor.id,
        tracking_uid=f"2.25.{unique.int}",  # PS3.5 B.2
    )
    _say_put(actor=actor, measurement=measurement)
    return measurement


@transaction.atomic
def revise_measurement(
    *,
    actor: Actor,
    measurement_id: UUID,
    version: int,
    points_lps: Sequence[Sequence[float]] | None = None,
    points_image: Sequence[Sequence[float]] | None = None,
    label: str | None = None,
    site: str | None = None,
) -> Measurement:
    """Move points, rename, or both; the image and the kind stay. No change says no event.

    Raises
    ------
    StaleVersion
        Somebody was quicker; the current measurement is in the details.
    """
    policies.change_measurement(actor=actor, measurement_id=measurement_id)
    measurement = _lock_version(measurement_id=measurement_id, version=version)
    drawing = _redraw(
        measurement=measurement,
        points_lps=points_lps,
        points_image=points_image,
        label=label,
        site=site,
    )
    if points_lps is None and points_image is None:
        check_words(drawing)  # a new name needs no image, which may be in the PACS only
        checked = _as_checked(measurement)
    else:
        checked = check_drawing(case_id=measurement.case_id, drawing=drawing)
    if _stands(measurement=measurement, drawing=drawing, checked=checked):
        return measurement
    _write(measurement=measurement, drawing=drawing, checked=checked)
    _say_revised(actor=actor, measurement=measurement, action="measurement.revised")
    return measurement


@transaction.atomic
def assign_measurement(
    *, actor: Actor, measurement_id: UUID, version: int, lesion_id: UUID | None
) -> Measurement:
    """Say of which lesion it is a measurement, or (``None``) that it is of none.

    It is a revision of the measurement like any other, so that whoever does not know lesions
    still hears of the new version. No change says no event.

    Raises
    ------
    LesionNotInCase, LesionMeasuredTwice
        As ``assigning.require_place``.
    StaleVersion
    """
    policies.change_measurement(actor=actor, measurement_id=measurement_id)
    measurement = _lock_version(measurement_id=measurement_id, version=version)
    if measurement.lesion_id == lesion_id:
        return measurement
    measurement.lesion = (
        None if lesion_id is None else require_place(measurement=measurement, lesion_id=lesion_id)
    )
    measurement.version += 1
    measurement.save()
    _say_revised(actor=actor, measurement=measurement, action="measurement.assigned")
    return measurement


@transaction.atomic
def remove_measurement(*, actor: Actor, measurement_id: UUID, version: int) -> Measurement:
    """Take a measurement away; its versions stay in the record, and undo puts it back."""
    policies.change_measurement(actor=actor, measurement_id=measurement_id)
    measurement = _lock_version(measurement_id=measurement_id, version=version)
    measurement.removed_at = timezone.now()
    measurement.version += 1
    measurement.save()
    _keep_revision(actor=actor, measurement=measurement)
    _audit(actor=actor, measurement=measurement, action="measurement.removed")
    record(
        MeasurementRemoved(
            **actor_fields(actor),
            case_id=measurement.case_id,
            entity_id=str(measurement.pk),
            entity_version=measurement.version,
            id=measurement.pk,
            version=measurement.version,
        )
    )
    return measurement


def _put_again(
    *,
    actor: Actor,
    known: Measurement,
    case_id: UUID,
    drawing: Drawing,
    checked: Checked,
    version: int | None,
) -> Measurement:
    """The id is known: a repeated put, an undo of a removal, or a clash."""
    if known.case_id != case_id:
        raise MeasurementExists("The id is taken.")
    policies.change_measurement(actor=actor, measurement_id=known.pk)
    if not _same_image(measurement=known, drawing=drawing):
        raise MeasurementExists("The id is taken by a measurement of another image.")
    if known.removed_at is None:
        if _stands(measurement=known, drawing=drawing, checked=checked):
            return known
        raise MeasurementExists("The measurement stands; revise it instead.")
    if version != known.version:
        raise StaleVersion(
            "It was changed meanwhile.", details={"current": describe_measurement(known)}
        )
    known.lesion = place_kept(measurement=known)
    known.removed_at = None
    _write(measurement=known, drawing=drawing, checked=checked)
    _say_put(actor=actor, measurement=known)
    return known


def _redraw(
    *,
    measurement: Measurement,
    points_lps: Sequence[Sequence[float]] | None,
    points_image: Sequence[Sequence[float]] | None,
    label: str | None,
    site: str | None,
) -> Drawing:
    if points_lps is None and points_image is None:
        points_lps, points_image = measurement.points_lps, measurement.points_image
    return Drawing(
        kind=measurement.kind,
        study_instance_uid=measurement.study_instance_uid,
        series_instance_uid=measurement.series_instance_uid,
        sop_instance_uid=measurement.sop_instance_uid,
        frame=measurement.frame,
        frame_of_reference_uid=measurement.frame_of_reference_uid,
        points_lps=points_lps,
        points_image=points_image,
        label=measurement.label if label is None else label,
        site=measurement.site if site is None else site,
    )


def _as_checked(measurement: Measurement) -> Checked:
    return Checked(
        points_lps=_as_points(measurement.points_lps),
        points_image=_as_points(measurement.points_image),
        frame_of_reference_uid=measurement.frame_of_reference_uid,
        values=measurement.values,
        problem=measurement.problem,
    )


def _lock(measurement_id: UUID) -> Measurement | None:
    return (
        Measurement.objects.select_for_update(of=("self",))
        .select_related("author")
        .filter(pk=measurement_id)
        .first()
    )


def _lock_version(*, measurement_id: UUID, version: int) -> Measurement:
    return lock_version(
        queryset=Measurement.objects.select_related("author").filter(removed_at__isnull=True),
        pk=measurement_id,
        version=version,
        describe=describe_measurement,
    )


def _write(*, measurement: Measurement, drawing: Drawing, checked: Checked) -> None:
    measurement.points_lps = _as_json(checked.points_lps)
    measurement.points_image = _as_json(checked.points_image)
    measurement.values = checked.values
    measurement.problem = checked.problem
    measurement.label = drawing.label
    measurement.site = drawing.site
    measurement.version += 1
    measurement.save()


def _stands(*, measurement: Measurement, drawing: Drawing, checked: Checked) -> bool:
    return (
        measurement.kind == drawing.kind
        and measurement.points_lps == _as_json(checked.points_lps)
        and measurement.points_image == _as_json(checked.points_image)
        and measurement.label == drawing.label
        and measurement.site == drawing.site
    )


def _same_image(*, measurement: Measurement, drawing: Drawing) -> bool:
    return (
        measurement.study_instance_uid == drawing.study_instance_uid
        and measurement.series_instance_uid == drawing.series_instance_uid
        and measurement.sop_instance_uid == drawing.sop_instance_uid
        and measurement.frame == drawing.frame
        and measurement.kind == drawing.kind
    )


def _as_json(points: list[Point] | None) -> list[list[float]] | None:
    return None if points is None else [list(point) for point in points]


def _as_points(points: list[list[float]] | None) -> list[Point] | None:
    return None if points is None else [tuple(point) for point in points]


def _say_put(*, actor: Actor, measurement: Measurement) -> None:
    _keep_revision(actor=actor, measurement=measurement)
    _audit(actor=actor, measurement=measurement, action="measurement.put")
    record(
        MeasurementPut(
            **actor_fields(actor),
            case_id=measurement.case_id,
            entity_id=str(measurement.pk),
            entity_version=measurement.version,
            measurement=describe_measurement(measurement),
        )
    )


def _say_revised(*, actor: Actor, measurement: Measurement, action: str) -> None:
    _keep_revision(actor=actor, measurement=measurement)
    _audit(actor=actor, measurement=measurement, action=action)
    record(
        MeasurementRevised(
            **actor_fields(actor),
            case_id=measurement.case_id,
            entity_id=str(measurement.pk),
            entity_version=measurement.version,
            measurement=describe_measurement(measurement),
        )
    )


def _keep_revision(*, actor: Actor, measurement: Measurement) -> None:
    MeasurementRevision.objects.create(
        measurement=measurement,
        version=measurement.version,
        points_lps=measurement.points_lps,
        points_image=measurement.points_image,
        values=measurement.values,
        label=measurement.label,
        site=measurement.site,
        lesion_id=measurement.lesion_id,
        removed=measurement.removed_at is not None,
        actor_id=actor.id,
        actor_label=actor.label,
    )


def _audit(*, actor: Actor, measurement: Measurement, action: str) -> None:
    record_entry(
        actor=actor,
        action=action,
        case_id=measurement.case_id,
        entity="measurement",
        entity_id=measurement.pk,
        details={"version": measurement.version, "kind": measurement.kind},
    )
