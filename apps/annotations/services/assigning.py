"""Whether a measurement may be one of a lesion."""

from uuid import UUID

from apps.annotations.exceptions import LesionMeasuredTwice, LesionNotInCase
from apps.annotations.models import Lesion, Measurement
from apps.annotations.selectors import describe_measurement


def require_place(*, measurement: Measurement, lesion_id: UUID) -> Lesion:
    """The lesion, locked, where this measurement may stand at its time point.

    Raises
    ------
    LesionNotInCase
        No such lesion stands in the measurement's own case; of other cases nothing is said.
    LesionMeasuredTwice
        Another measurement of the same kind is the lesion's in the same study. Which of two
        counts would be a guess later.
    """
    lesion = (
        Lesion.objects.select_for_update(of=("self",))
        .filter(pk=lesion_id, case_id=measurement.case_id, removed_at__isnull=True)
        .first()
    )
    if lesion is None:
        raise LesionNotInCase("There is no such lesion in this case.")
    other = _other_at(measurement=measurement, lesion=lesion)
    if other is not None:
        raise LesionMeasuredTwice(
            "The lesion has a measurement of this kind in this study.",
            details={"measurement": str(other.pk), "current": describe_measurement(other)},
        )
    return lesion


def place_kept(*, measurement: Measurement) -> Lesion | None:
    """The lesion of a measurement that is put back, where its place there is still free."""
    if measurement.lesion_id is None:
        return None
    try:
        return require_place(measurement=measurement, lesion_id=measurement.lesion_id)
    except (LesionNotInCase, LesionMeasuredTwice):
        return None


def _other_at(*, measurement: Measurement, lesion: Lesion) -> Measurement | None:
    return (
        Measurement.objects.filter(
            lesion=lesion,
            study_instance_uid=measurement.study_instance_uid,
            kind=measurement.kind,
            removed_at__isnull=True,
        )
        .exclude(pk=measurement.pk)
        .select_related("author")
        .first()
    )
