"""Which masks of a case leave with a series: what people drew, and findings somebody accepted.

Nothing that AI made and nobody answers for is among them, nor a copy of such. What stays behind
is named with its reason.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from apps.ai.models import Finding
from apps.ai.objects import has_place, read_mask
from apps.ai.research.sidecar import (
    Acceptance,
    Code,
    LabelRecord,
    LeftOut,
    MaskRecord,
    ModelName,
    OriginRecord,
    Person,
)
from apps.ai.selectors import accepted_findings, standing_amendment, standing_review
from apps.annotations.models import Segmentation
from apps.annotations.segmentations.codes import SEGMENT_TYPES
from apps.annotations.segmentations.selectors import labelmap_of, segmentations_of_case
from apps.annotations.segmentations.store import Labelmap
from apps.cases.embargo import is_ai_hidden
from apps.core.actors import Actor
from apps.imaging.ai_objects import ai_made_objects
from apps.imaging.models import Instance, Series
from apps.imaging.research.grid import ImageGrid

REASONS = {
    "ai_hidden": "AI results are hidden until the images have been read.",
    "copy_of_unreviewed_ai": "It is a copy of an AI result that nobody has accepted in this case.",
    "other_images": "It lies on other images than the series has now.",
    "empty": "No voxel of it is set.",
    "no_place": "It is said of the whole series.",
}

Plane = npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class MaskOut:
    """One label map on its way out; ``record`` lacks the hash of the file to be."""

    record: MaskRecord
    planes: Callable[[], Iterator[Plane]]  # (row, column), in slice order

    @property
    def largest(self) -> int:
        return max(one.value for one in self.record.labels)


@dataclass(frozen=True, slots=True)
class Masks:
    masks: tuple[MaskOut, ...]
    left_out: tuple[LeftOut, ...]
    ai_hidden: bool


def collect_masks(*, actor: Actor, case_id: UUID, series: Series, grid: ImageGrid) -> Masks:
    """Masks of one stack of a series, oldest first: segmentations, then findings."""
    hidden = is_ai_hidden(actor=actor, case_id=case_id)
    accepted = list(
        accepted_findings(case_id=case_id)
        .filter(study_id=series.study_id)
        .defer(None)
        .order_by("created_at", "job_id", "number")
    )
    shown = [] if hidden else accepted
    out: list[MaskOut] = []
    left: list[LeftOut] = []
    drawn = segmentations_of_case(case_id=case_id).filter(
        series_instance_uid=series.series_instance_uid, stack=grid.stack
    )
    vouched = {one.pk for one in shown}
    made = ai_made_objects(case_id=case_id, study_ids=[series.study_id])
    own = {one.segmentation_uid for one in shown}
    own |= {one.external.pixels_uid for one in shown if hasattr(one, "external")}
    for number, one in enumerate(drawn, start=1):
        if _copies_ai(one, vouched=vouched, unreviewed=made - own):
            code = "ai_hidden" if hidden else "copy_of_unreviewed_ai"
            left.append(_left("segmentation", code, one.pk))
            continue
        _add(out, left, "segmentation", one.pk, _segmentation_out(one, number, grid))
    on_series = [one for one in shown if one.job.series_id == series.pk]
    for number, finding in enumerate(on_series, start=1):
        _add(out, left, "finding", finding.pk, _finding_out(finding, number, grid))
    if hidden:
        left.append(_left("findings", "ai_hidden", None))
    return Masks(tuple(out), tuple(left), hidden)


def _add(
    out: list[MaskOut], left: list[LeftOut], kind: Any, pk: UUID, made: list[MaskOut] | str
) -> None:
    if isinstance(made, str):
        left.append(_left(kind, made, pk))
    else:
        out.extend(made)


def _left(kind: Any, code: str, pk: UUID | None) -> LeftOut:
    return LeftOut(kind=kind, id=pk, code=code, message=REASONS[code])


def _copies_ai(
    segmentation: Segmentation, *, vouched: set[UUID], unreviewed: frozenset[str] | set[str]
) -> bool:
    """A copy is worth what its origin is: painted upon or not, it began as that."""
    origin = segmentation.origin
    if origin is None or origin["kind"] == "nifti":
        return False
    if origin["kind"] == "finding":
        return UUID(origin["id"]) not in vouched
    uid = Instance.objects.filter(pk=origin["id"]).values_list("sop_instance_uid", flat=True)
    found = uid.first()
    return found is None or found in unreviewed  # whoever cannot be asked counts as AI


# --- what people drew --------------------------------------------------------------------


def _segmentation_out(
    segmentation: Segmentation, number: int, grid: ImageGrid
) -> list[MaskOut] | str:
    """As many label maps as it takes for segments that overlap; or why there is none."""
    labelmap = labelmap_of(segmentation, revision=segmentation.head)
    places = _places(segmentation, grid)
    segments = [one for one in segmentation.segments if not one["removed"]]
    filled = [one for one in segments if labelmap.tree.get(one["number"])]
    if not filled:
        return "empty"
    touched = {frame for one in filled for frame in labelmap.tree[one["number"]]}
    if not touched <= places.keys():
        return "other_images"
    maps = _without_overlap(labelmap, [one["number"] for one in filled])
    return [
        _one_map(
            segmentation,
            labelmap=labelmap,
            segments=[one for one in segments if one["number"] in members],
            places=places,
            grid=grid,
            file=f"masks/segmentation-{number}{f'-{part}' if len(maps) > 1 else ''}.nii.gz",
        )
        for part, members in enumerate(maps, start=1)
    ]


def _places(segmentation: Segmentation, grid: ImageGrid) -> dict[int, int]:
    """Frame of the segmentation's own grid → slice of the export, by the image itself."""
    own = segmentation.grid
    if (own["rows"], own["columns"]) != (grid.rows, grid.columns):
        return {}
    slice_of = {frame: index for index, frame in enumerate(grid.frames)}
    found = {place: slice_of.get((uid, frame)) for place, (uid, frame) in enumerate(own["frames"])}
    return {place: index for place, index in found.items() if index is not None}


def _without_overlap(labelmap: Labelmap, numbers: Sequence[int]) -> list[list[int]]:
    """Segments in as few groups as come of putting each into the first where it overlaps none."""
    clashes: dict[int, set[int]] = {number: set() for number in numbers}
    for frame in sorted({frame for number in numbers for frame in labelmap.tree[number]}):
        here = [number for number in numbers if frame in labelmap.tree[number]]
        masks = {number: labelmap.frame(number, frame) for number in here} if here[1:] else {}
        for place, number in enumerate(here[1:], start=1):
            for other in here[:place]:
                if other not in clashes[number] and (masks[number] & masks[other]).any():
                    clashes[number].add(other)
                    clashes[other].add(number)
    groups: list[list[int]] = []
    for number in numbers:
        free = next((one for one in groups if not clashes[number].intersection(one)), None)
        if free is None:
            groups.append([number])
        else:
            free.append(number)
    return groups


def _one_map(
    segmentation: Segmentation,
    *,
    labelmap: Labelmap,
    segments: Sequence[dict[str, Any]],
    places: dict[int, int],
    grid: ImageGrid,
    file: str,
) -> MaskOut:
    numbers = [one["number"] for one in segments]
    frame_at = {index: place for place, index in places.items()}

    def planes() -> Iterator[Plane]:
        for index in range(grid.shape[0]):
            plane = np.zeros((grid.rows, grid.columns), dtype=np.uint16)
            for number in numbers:
                frame = frame_at.get(index)
                if frame is not None and frame in labelmap.tree.get(number, {}):
                    plane[labelmap.frame(number, frame)] = number
            yield plane

    author = segmentation.author
    record = MaskRecord(
        file=file,
        sha256="",
        source="segmentation",
        id=segmentation.pk,
        revision=segmentation.head,
        name=segmentation.name,
        layer=segmentation.layer,
        author=Person(display_name=author.display_name, discipline=author.discipline),
        origin=OriginRecord(**segmentation.origin) if segmentation.origin else None,
        labels=[_drawn_label(one, labelmap) for one in segments],
    )
    return MaskOut(record, planes)


def _drawn_label(segment: dict[str, Any], labelmap: Labelmap) -> LabelRecord:
    kind = SEGMENT_TYPES[segment["type"]]
    return LabelRecord(
        value=segment["number"],
        label=segment["label"],
        category=Code(**kind.category.as_json()),
        type=Code(**kind.term.as_json()),
        algorithm_type=segment["algorithm_type"],
        tracking_uid=segment["tracking_uid"],
        colour=segment["colour"],
        voxels=sum(one.voxels for one in labelmap.tree[segment["number"]].values()),
    )


# --- what somebody accepted --------------------------------------------------------------


def _finding_out(finding: Finding, number: int, grid: ImageGrid) -> list[MaskOut] | str:
    if not has_place(finding=finding):
        return "no_place"
    places = _slices_of_job(finding.job.grid, grid)
    if places is None:
        return "other_images"
    review = standing_review(finding=finding)
    assert review is not None  # accepted findings have one
    amendment = standing_amendment(finding=finding)
    mask = read_mask(finding=finding, amendment=amendment)
    if not mask.any():
        return "empty"

    def planes() -> Iterator[Plane]:
        for place in places:
            yield mask[place].astype(np.uint16)

    version = finding.job.version
    record = MaskRecord(
        file=f"masks/finding-{number}.nii.gz",
        sha256="",
        source="finding",
        id=finding.pk,
        revision=review.version,
        name=finding.label,
        accepted=Acceptance(
            by=Person(
                display_name=review.reviewer.display_name, discipline=review.reviewer.discipline
            ),
            at=review.created_at,
        ),
        model=ModelName(name=version.model.name, version=version.version),
        segmentation_sop_instance_uid=(
            amendment.segmentation_uid if amendment else finding.segmentation_uid
        ),
        labels=[
            LabelRecord(
                value=1,
                label=finding.label,
                category=Code(**finding.category),
                type=Code(**finding.code),
                site=Code(**finding.site) if finding.site else None,
                laterality=Code(**finding.laterality) if finding.laterality else None,
                algorithm_type="SEMIAUTOMATIC" if amendment else "AUTOMATIC",
                tracking_uid=finding.tracking_uid,
                voxels=int(mask.sum()),
            )
        ],
    )
    return [MaskOut(record, planes)]


def _slices_of_job(job_grid: dict[str, Any], grid: ImageGrid) -> list[int] | None:
    """Place in the finding's mask of each slice of the export; ``None`` for other images."""
    uids = list(job_grid.get("sop_instance_uids", ()))
    ours = [uid for uid, _ in grid.frames]
    if list(job_grid.get("shape", ())) != list(grid.shape) or len(uids) != len(ours):
        return None
    if uids == ours:
        return list(range(len(ours)))
    if len(set(ours)) < len(ours) or set(uids) != set(ours):
        return None
    return [uids.index(uid) for uid in ours]
