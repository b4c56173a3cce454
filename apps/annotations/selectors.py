"""Reads of measurements, lesions and key images, and the one shape they have on every wire."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.annotations.models import KeyImage, Lesion, Measurement


def measurements_of_case(*, case_id: UUID) -> "QuerySet[Measurement]":
    """What stands in the case; the caller has checked that the case may be seen."""
    return (
        Measurement.objects.filter(case_id=case_id, removed_at__isnull=True)
        .select_related("author")
        .order_by("created_at", "id")
    )


def lesions_of_case(*, case_id: UUID) -> "QuerySet[Lesion]":
    """Lesions of the case; the caller has checked that the case may be seen."""
    return (
        Lesion.objects.filter(case_id=case_id, removed_at__isnull=True)
        .select_related("author")
        .order_by("created_at", "id")
    )


def key_images_of_case(*, case_id: UUID) -> "QuerySet[KeyImage]":
    """Images marked in the case; the caller has checked that the case may be seen."""
    return (
        KeyImage.objects.filter(case_id=case_id, removed_at__isnull=True)
        .select_related("author")
        .order_by("created_at", "id")
    )


def describe_measurement(measurement: Measurement) -> dict[str, Any]:
    """The JSON of a measurement: the same in REST, in events and in snapshots."""
    return {
        "id": str(measurement.pk),
        "version": measurement.version,
        "case": str(measurement.case_id),
        "study_instance_uid": measurement.study_instance_uid,
        "series_instance_uid": measurement.series_instance_uid,
        "sop_instance_uid": measurement.sop_instance_uid or None,
        "frame": measurement.frame,
        "frame_of_reference_uid": measurement.frame_of_reference_uid or None,
        "kind": measurement.kind,
        "points_lps": measurement.points_lps,
        "points_image": measurement.points_image,
        "values": [{"basis": None, "ucum": None, **value} for value in measurement.values],
        "problem": measurement.problem or None,
        "label": measurement.label,
        "site": measurement.site,
        "layer": measurement.layer,
        "lesion": str(measurement.lesion_id) if measurement.lesion_id else None,
        "author": _describe_author(measurement.author),
        "tracking_uid": measurement.tracking_uid,
        "created_at": measurement.created_at.isoformat(),
        "updated_at": measurement.updated_at.isoformat(),
    }


def describe_lesion(lesion: Lesion) -> dict[str, Any]:
    """The JSON of a lesion: the same in REST, in events and in snapshots."""
    return {
        "id": str(lesion.pk),
        "version": lesion.version,
        "case": str(lesion.case_id),
        "number": lesion.number,
        "label": lesion.label,
        "site": lesion.site,
        "role": lesion.role or None,
        "is_node": lesion.is_node,
        "author": _describe_author(lesion.author),
        "tracking_uid": lesion.tracking_uid,
        "created_at": lesion.created_at.isoformat(),
        "updated_at": lesion.updated_at.isoformat(),
    }


def describe_key_image(key_image: KeyImage) -> dict[str, Any]:
    """The JSON of a key image: the same in REST, in events and in snapshots."""
    return {
        "id": str(key_image.pk),
        "version": key_image.version,
        "case": str(key_image.case_id),
        "study_instance_uid": key_image.study_instance_uid,
        "series_instance_uid": key_image.series_instance_uid,
        "sop_instance_uid": key_image.sop_instance_uid,
        "frame": key_image.frame,
        "note": key_image.note,
        "author": _describe_author(key_image.author),
        "created_at": key_image.created_at.isoformat(),
        "updated_at": key_image.updated_at.isoformat(),
    }


def _describe_author(author: User) -> dict[str, Any]:
    return {
        "id": str(author.pk),
        "display_name": author.display_name,
        "discipline": author.discipline,
    }
