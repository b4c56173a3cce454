"""What is said of a segmentation: its name and segments, that it is there, that it is gone."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from apps.accounts.selectors import TRAINEE_ROLE
from apps.annotations.choices import Layer
from apps.annotations.models import Segmentation
from apps.annotations.segmentations import policies
from apps.annotations.segmentations.codes import DEFAULT_TYPE, SEGMENT_TYPES
from apps.annotations.segmentations.events import SegmentationPut, SegmentationRemoved
from apps.annotations.segmentations.exceptions import BadSegments, SegmentationExists
from apps.annotations.segmentations.grid import find_grid
from apps.annotations.segmentations.selectors import describe_segmentation, head_of, state_of
from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.events import actor_fields, record
from apps.core.exceptions import Forbidden, InvalidInput
from apps.core.versions import lock_version

MAX_SEGMENTS = 64
MAX_LABEL_CHARACTERS = 64
"""As DICOM's Segment Label (LO)."""

_COLOUR = re.compile(r"^#[0-9a-f]{6}$")
ORIGIN_KINDS = ("finding", "segment", "nifti")
MANUAL, SEMIAUTOMATIC = "MANUAL", "SEMIAUTOMATIC"
"""Segment Algorithm Type (PS3.3 C.8.20.2): a hand alone, or a hand upon what was computed."""


@dataclass(frozen=True, slots=True)
class SegmentDraft:
    """One segment as it is to be; ``number`` names one that is, or was, there already."""

    label: str
    type: str = DEFAULT_TYPE
    colour: str = "#ffb454"
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """What it is a copy of: a finding's mask, a segment of a DICOM object, or a NIfTI file.

    A file has no row: its ``id`` is the UUID of its content (``research.importing``).
    """

    kind: str
    id: UUID
    label: str = ""
    number: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "id": str(self.id)}


@transaction.atomic
def put_segmentation(
    *,
    actor: Actor,
    case_id: UUID,
    study_instance_uid: str,
    series_instance_uid: str,
    stack: int,
    segments: Sequence[SegmentDraft],
    name: str = "",
    origin: Origin | None = None,
    segmentation_id: UUID | None = None,
    made_by: str = "",
) -> Segmentation:
    """Begin an empty segmentation on a stack of a series. The same twice is once.

    Parameters
    ----------
    made_by : MANUAL or SEMIAUTOMATIC where somebody said so; else a copy is SEMIAUTOMATIC.

    Raises
    ------
    NotVisible, Forbidden
        As ``policies.put_segmentation``.
    ImageNotInCase, NoSuchStack, BadSegments
        It has no pixels to be painted on, or its segments cannot be.
    SegmentationExists
        The id is taken.
    """
    policies.put_segmentation(actor=actor, case_id=case_id)
    if actor.id is None:
        raise Forbidden("Only a person paints.")
    known = Segmentation.objects.filter(pk=segmentation_id).first() if segmentation_id else None
    if known is not None:
        if (known.case_id, known.author_id) != (case_id, actor.id) or known.removed_at is not None:
            raise SegmentationExists("The id is taken.")
        return known
    grid = find_grid(
        case_id=case_id,
        study_instance_uid=study_instance_uid,
        series_instance_uid=series_instance_uid,
        stack=stack,
    )
    made_by = made_by or (MANUAL if origin is None else SEMIAUTOMATIC)
    segmentation = Segmentation.objects.create(
        id=segmentation_id or uuid4(),
        case_id=case_id,
        study_instance_uid=study_instance_uid,
        series_instance_uid=series_instance_uid,
        frame_of_reference_uid=grid.frame_of_reference_uid,
        stack=stack,
        grid=grid.as_json(),
        name=_checked_text(name),
        segments=_arranged([], segments, algorithm_type=made_by),
        origin=_checked_origin(origin),
        layer=Layer.DRAFT if actor.has_role(TRAINEE_ROLE) else Layer.SHARED,
        author_id=actor.id,
    )
    _say_put(actor=actor, segmentation=segmentation, action="segmentation.put")
    return segmentation


@transaction.atomic
def change_segmentation(
    *,
    actor: Actor,
    segmentation_id: UUID,
    version: int,
    name: str | None = None,
    segments: Sequence[SegmentDraft] | None = None,
) -> Segmentation:
    """Rename it, or say which segments it has. No change says no event.

    A segment that is left out is removed with its voxels kept; naming its number again puts it
    back (the inverse, for undo). Numbers are never given twice.

    Raises
    ------
    StaleVersion
        Somebody was quicker; the current segmentation is in the details.
    """
    policies.change_segmentation(actor=actor, segmentation_id=segmentation_id)
    segmentation = _lock_version(segmentation_id, version=version)
    changed_name = segmentation.name if name is None else _checked_text(name)
    arranged = segmentation.segments
    if segments is not None:
        arranged = _arranged(arranged, segments, algorithm_type=MANUAL)
    if (changed_name, arranged) == (segmentation.name, segmentation.segments):
        return segmentation
    segmentation.name, segmentation.segments = changed_name, arranged
    segmentation.version += 1
    segmentation.save()
    _say_put(actor=actor, segmentation=segmentation, action="segmentation.changed")
    return segmentation


@transaction.atomic
def remove_segmentation(*, actor: Actor, segmentation_id: UUID, version: int) -> Segmentation:
    """Take it away; its revisions stay in the record, and undo puts it back."""
    policies.change_segmentation(actor=actor, segmentation_id=segmentation_id)
    segmentation = _lock_version(segmentation_id, version=version)
    segmentation.removed_at = timezone.now()
    segmentation.version += 1
    segmentation.save()
    audit(actor=actor, segmentation=segmentation, action="segmentation.removed")
    record(
        SegmentationRemoved(
            **actor_fields(actor),
            case_id=segmentation.case_id,
            entity_id=str(segmentation.pk),
            entity_version=segmentation.version,
            id=segmentation.pk,
            version=segmentation.version,
        )
    )
    return segmentation


@transaction.atomic
def restore_segmentation(*, actor: Actor, segmentation_id: UUID, version: int) -> Segmentation:
    """Put a removed one back as it was: the inverse of removal."""
    policies.change_segmentation(actor=actor, segmentation_id=segmentation_id)
    segmentation = _lock_version(segmentation_id, version=version, removed=True)
    segmentation.removed_at = None
    segmentation.version += 1
    segmentation.save()
    _say_put(actor=actor, segmentation=segmentation, action="segmentation.restored")
    return segmentation


def _arranged(
    before: list[dict[str, Any]], wanted: Sequence[SegmentDraft], *, algorithm_type: str
) -> list[dict[str, Any]]:
    """All segments there ever were: the wanted ones as wanted, the others removed."""
    if not 1 <= len(wanted) <= MAX_SEGMENTS:
        raise BadSegments("A segmentation has between 1 and 64 segments.")
    known = {one["number"]: one for one in before}
    named = [one.number for one in wanted if one.number is not None]
    if len(set(named)) < len(named) or not set(named) <= set(known):
        raise BadSegments("A segment is named twice, or was never there.")
    last = max(known, default=0)
    after = {number: {**one, "removed": True} for number, one in known.items()}
    for one in wanted:
        if one.number is None:
            last += 1
            after[last] = {
                "number": last,
                "tracking_uid": f"2.25.{uuid4().int}",  # PS3.5 B.2
                "algorithm_type": algorithm_type,
            }
        number = last if one.number is None else one.number
        after[number] = {**after[number], **_checked_segment(one), "removed": False}
    if last > MAX_SEGMENTS * 4:
        raise BadSegments("Too many segments were made in this segmentation.")
    return [after[number] for number in sorted(after)]


def _checked_segment(one: SegmentDraft) -> dict[str, str]:
    if one.type not in SEGMENT_TYPES:
        raise BadSegments("No such type of segment.", code="unknown_segment_type")
    if not _COLOUR.match(one.colour):
        raise BadSegments("A colour is written #rrggbb.", code="bad_colour")
    label = _checked_text(one.label)
    if not label:
        raise BadSegments("A segment needs a label.", code="label_missing")
    return {"label": label, "type": one.type, "colour": one.colour}


def _checked_text(text: str) -> str:
    cleaned = text.strip()
    if len(cleaned) > MAX_LABEL_CHARACTERS:
        raise InvalidInput("The name is too long.", code="label_too_long")
    if not cleaned.isprintable() or "\\" in cleaned:  # DICOM's LO separates values by it
        raise InvalidInput("The name has characters that DICOM does not carry.", code="bad_label")
    return cleaned


def _checked_origin(origin: Origin | None) -> dict[str, Any] | None:
    if origin is None:
        return None
    if origin.kind not in ORIGIN_KINDS:
        raise InvalidInput("No such origin.", code="unknown_origin")
    return {**origin.as_json(), "label": _checked_text(origin.label)}


def _lock_version(segmentation_id: UUID, *, version: int, removed: bool = False) -> Segmentation:
    return lock_version(
        queryset=Segmentation.objects.select_related("author").filter(
            removed_at__isnull=not removed
        ),
        pk=segmentation_id,
        version=version,
        describe=lambda one: describe_segmentation(one, head_of(one)),
    )


def _say_put(*, actor: Actor, segmentation: Segmentation, action: str) -> None:
    audit(actor=actor, segmentation=segmentation, action=action)
    record(
        SegmentationPut(
            **actor_fields(actor),
            case_id=segmentation.case_id,
            entity_id=str(segmentation.pk),
            entity_version=segmentation.version,
            segmentation=state_of(segmentation),
        )
    )


def audit(*, actor: Actor, segmentation: Segmentation, action: str, **details: Any) -> None:
    record_entry(
        actor=actor,
        action=action,
        case_id=segmentation.case_id,
        entity="segmentation",
        entity_id=segmentation.pk,
        details={"version": segmentation.version, "revision": segmentation.head, **details},
    )
