"""Reads of measurements, and the one shape they have on every wire."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.annotations.models import Measurement


def measurements_of_case(*, case_id: UUID) -> "QuerySet[Measurement]":
    """What stands in the case; the caller has checked that the case may be seen."""
    return (
        Measurement.objects.filter(case_id=case_id, removed_at__isnull=True)
        .select_related("author")
        .order_by("created_at", "id")
    )


def describe_measurement(measurement: Measurement) -> dict[str, Any]:
    """The JSON of a measurement: the same in REST, in events and in snapshots."""
    author = measurement.author
    return {
        "id": str(measurement.pk),
        "version": measurement.version,
        "case": str(measurement.case_id),
        "study_instance_uid": measurement.study_instance_uid,
        "series_instance_uid": measurement.series_instance_uid,
        "sop_instance_uid": measurement.sop_instance_uid,
        "frame": measurement.frame,
        "frame_of_reference_uid": measurement.frame_of_reference_uid or None,
        "kind": measurement.kind,
        "points_lps": measurement.points_lps,
        "points_image": measurement.points_image,
        "values": [{"basis": None, **value} for value in measurement.values],
        "label": measurement.label,
        "layer": measurement.layer,
        "author": {
            "id": str(author.pk),
            "display_name": author.display_name,
            "discipline": author.discipline,
        },
        "tracking_uid": measurement.tracking_uid,
        "created_at": measurement.created_at.isoformat(),
        "updated_at": measurement.updated_at.isoformat(),
    }
