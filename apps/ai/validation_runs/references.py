"""Reference masks of a study, on the very voxels of the series the model reads, or not at all.

DICOM SEG (placed as the viewer places it), RT Structure Sets (closed contours in the planes of the
images), NIfTI label maps (whole-voxel turns and flips only), the last with the side-car of an
export or by ``validation.json``. Nothing is resampled: an agreement of 0.98 that comes from our own
interpolation would be a wrong number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from apps.ai.analyses.results import Code
from apps.ai.research.exceptions import SidecarRefused
from apps.ai.research.sidecar import MaskRecord, Sidecar, parse_sidecar
from apps.ai.validation.cases import ReferenceMask
from apps.ai.validation.manifest import Manifest
from apps.ai.validation_runs.folders import SpooledStudy, StudyRefused
from apps.imaging.loose import LooseSeries
from apps.imaging.parsing import ParseOutcome
from apps.imaging.radiotherapy.filling import BetweenSlices, OpenContours, fill_contours
from apps.imaging.radiotherapy.structures import StructureSet, read_structure_set
from apps.imaging.research.exceptions import NiftiRefused
from apps.imaging.research.grid import ImageGrid
from apps.imaging.research.placing import lay_on_grid
from apps.imaging.research.reading import read_label_map
from apps.imaging.segmentations.header import LABELMAP, SegmentationHeader, read_segmentation
from apps.imaging.segmentations.placing import Lattice, Placement, place_frames
from apps.imaging.stacks import describe_archive

BoolMask = NDArray[np.bool_]
Remark = tuple[str, str]

MAX_NIFTI_BYTES = 256 * 1024 * 1024
MAX_REFERENCES = 64
"""Masks of one study are held in memory at once."""


@dataclass(frozen=True, slots=True)
class ReferenceFiles:
    """What a study holds beside its images, headers read and pixels not yet."""

    segmentations: tuple[tuple[LooseSeries, SegmentationHeader], ...]
    structure_sets: tuple[StructureSet, ...]
    nifti: tuple[tuple[str, bytes], ...]
    side_car: Sidecar | None
    images: frozenset[str] = frozenset()
    """SOP Instance UIDs of every image of the study."""

    @property
    def are_there(self) -> bool:
        return bool(self.segmentations or self.structure_sets or self.nifti)

    def named_series(self, images: Sequence[LooseSeries]) -> set[str]:
        """Series Instance UIDs among ``images`` that the references were drawn on."""
        named: set[str] = set()
        instances: set[str] = set()
        for _, header in self.segmentations:
            named |= header.referenced_series
            instances |= header.referenced_instances
        for structures in self.structure_sets:
            named |= structures.referenced_series
            instances |= structures.referenced_instances
        if self.side_car is not None:
            named.add(self.side_car.series_instance_uid)
        for one in images:
            if any(image["sop_instance_uid"] in instances for image in one.instances):
                named.add(one.series_instance_uid)
        return named & {one.series_instance_uid for one in images}


def read_reference_files(series: Sequence[LooseSeries], spooled: SpooledStudy) -> ReferenceFiles:
    """Headers of segmentations and structure sets, and the NIfTI files of a study.

    Raises
    ------
    StudyRefused
        ``seg_unreadable``, ``rtstruct_unreadable``, ``side_car_unreadable``,
        ``several_side_cars``, ``too_large``.
    """
    segmentations = []
    structures = []
    for one in series:
        if one.kind == "seg":
            for document in one.metadata():
                header = read_segmentation(document)
                if header.problems:
                    message = f"A segmentation cannot be read: {header.problems[0].message}"
                    raise StudyRefused("seg_unreadable", message[:300])
                segmentations.append((one, header))
        elif one.kind == "rtstruct":
            for document in one.metadata():
                read = read_structure_set(document)
                if read.unreadable or read.is_cut:
                    raise StudyRefused(
                        "rtstruct_unreadable", "A structure set cannot be read as a whole."
                    )
                structures.append(read)
    files = []
    for name, path in spooled.nifti:
        if path.stat().st_size > MAX_NIFTI_BYTES:
            raise StudyRefused("too_large", "A NIfTI file is larger than the limit.")
        files.append((name, path.read_bytes()))
    return ReferenceFiles(
        segmentations=tuple(segmentations),
        structure_sets=tuple(structures),
        nifti=tuple(files),
        side_car=_read_side_car(spooled),
        images=frozenset(
            image["sop_instance_uid"]
            for one in series
            if one.kind == "image"
            for image in one.instances
        ),
    )


def lay_references(
    *, files: ReferenceFiles, series: LooseSeries, grid: ImageGrid, manifest: Manifest
) -> tuple[list[ReferenceMask], list[Remark]]:
    """The reference masks of labels that are compared, on the grid (slice, row, column).

    Raises
    ------
    StudyRefused
        A mask cannot be laid on these voxels as a whole, by its code; ``no_matching_label`` where
        no label is one that is compared; ``too_many_references``.
    """
    remarks: list[Remark] = []
    masks: list[ReferenceMask] = []
    named: set[str] = set()
    for label, value, mask in _every_mask(files, series, grid, remarks):
        named.add(label)
        rule = manifest.rule_of(label=label, value=value)
        if rule is None:
            continue
        if len(masks) >= MAX_REFERENCES:
            raise StudyRefused("too_many_references", "The study has too many reference masks.")
        code = Code(rule.code.system, rule.code.code, rule.code.display) if rule.code else None
        masks.append(ReferenceMask(label=label, mask=mask, code=code))
    if not masks:
        listed = ", ".join(sorted(named))[:200] or "none"
        raise StudyRefused(
            "no_matching_label",
            f"No label of its references is one that is compared. Labels on this series: {listed}.",
        )
    return masks, remarks


def empty_references(*, grid: ImageGrid, manifest: Manifest) -> list[ReferenceMask]:
    """What a study without lesions holds: nothing, of every code that is compared."""
    empty = np.zeros(grid.shape, dtype=bool)
    codes: dict[str, Code | None] = {}
    for rule in manifest.labels:
        code = Code(rule.code.system, rule.code.code, rule.code.display) if rule.code else None
        codes[f"{code.system} {code.value}" if code else "*"] = code
    return [ReferenceMask("no lesion", empty, code) for code in (codes or {"*": None}).values()]


def _every_mask(
    files: ReferenceFiles, series: LooseSeries, grid: ImageGrid, remarks: list[Remark]
) -> Iterator[tuple[str, int | None, BoolMask]]:
    """Label, value and mask of everything that lies on this series."""
    for holder, header in files.segmentations:
        yield from _of_segmentation(holder, header, series, grid, remarks)
    for structures in files.structure_sets:
        yield from _of_structures(structures, files.images, series, grid, remarks)
    for name, body in files.nifti:
        yield from _of_nifti(name, body, files.side_car, series, grid)


# --- DICOM SEG ---------------------------------------------------------------------------------


def _of_segmentation(
    holder: LooseSeries,
    header: SegmentationHeader,
    series: LooseSeries,
    grid: ImageGrid,
    remarks: list[Remark],
) -> Iterator[tuple[str, int | None, BoolMask]]:
    poses, _ = describe_archive(series)
    placement = place_frames(header=header, poses=poses)
    if not placement.placed:
        if _names_others(header, series):
            remarks.append(("seg_on_other_series", "A segmentation belongs to another series."))
            return
        code = "geometry_differs" if placement.frame_of_reference_fits else "frame_of_reference"
        raise StudyRefused(
            f"seg_{code}", "A segmentation does not lie on the voxels of the series."
        )
    unpacked = holder.unpack_segments(header.sop_instance_uid)
    if isinstance(unpacked, ParseOutcome):
        raise StudyRefused("seg_unreadable", f"A segmentation cannot be read: {unpacked.reason}")
    if len(unpacked.present) != len(header.frames):
        raise StudyRefused("seg_unreadable", "A segmentation's frames are not those it describes.")
    if header.segmentation_type == "FRACTIONAL":
        remarks.append(("fraction_threshold", "Fractions count from one half on."))
    is_labelmap = header.segmentation_type == LABELMAP
    planes = {key: place for place, key in enumerate(grid.frames)}
    for segment in header.segments:
        mask = np.zeros(grid.shape, dtype=np.uint8)
        for frame in header.frames:
            if not is_labelmap and frame.segment != segment.number:
                continue
            if not unpacked.holds(frame=frame.index, segment=segment.number):
                continue
            targets = _planes_of(placement, frame.index, planes)
            if not targets:
                raise StudyRefused(
                    "seg_partly_placed",
                    f"A part of the segment {segment.label} lies on no slice of the series.",
                )
            for place, lattice in targets:
                lattice.lay(unpacked.mask(frame=frame.index, segment=segment.number), mask[place])
        yield segment.label, segment.number, mask.astype(bool)


def _names_others(header: SegmentationHeader, series: LooseSeries) -> bool:
    """Whether a segmentation names source images, and none of this series."""
    own = {one["sop_instance_uid"] for one in series.instances}
    named = bool(header.referenced_instances or header.referenced_series)
    is_own = bool(header.referenced_instances & own) or (
        series.series_instance_uid in header.referenced_series
    )
    return named and not is_own


def _planes_of(
    placement: Placement, frame: int, planes: dict[tuple[str, int], int]
) -> list[tuple[int, Lattice]]:
    found = []
    for target in placement.targets.get(frame, ()):
        place = planes.get((target.pose.sop_instance_uid, target.pose.frame))
        if place is not None:
            found.append((place, target.lattice))
    return found


# --- RTSTRUCT ----------------------------------------------------------------------------------


def _of_structures(
    structures: StructureSet,
    images: frozenset[str],
    series: LooseSeries,
    grid: ImageGrid,
    remarks: list[Remark],
) -> Iterator[tuple[str, int | None, BoolMask]]:
    """Of images that are not in the study (data sets give new UIDs): by frame of reference.

    Each contour must lie in a slice all the same.
    """
    own = {one["sop_instance_uid"] for one in series.instances}
    named = structures.referenced_instances
    if named & images and not named & own:
        remarks.append(("rtstruct_on_other_series", "A structure set belongs to another series."))
        return
    by_geometry = not named & own
    if by_geometry:
        remarks.append(
            ("placed_by_geometry", "A structure set names none of these images; its place fits.")
        )
    for region in structures.regions:
        if not region.contours:
            continue
        frame = region.frame_of_reference_uid
        if frame != grid.frame_of_reference_uid or (by_geometry and not frame):
            raise StudyRefused(
                "rtstruct_frame_of_reference",
                f"The region {region.name} lies in another frame of reference.",
            )
        try:
            mask = fill_contours(region.contours, affine_lps=grid.affine_lps, shape=grid.shape)
        except BetweenSlices:
            raise StudyRefused(
                "contours_between_slices",
                f"A contour of {region.name} lies in no slice of the series.",
            ) from None
        except OpenContours:
            remarks.append(("open_contours", f"{region.name} encloses nothing and is left out."))
            continue
        yield region.name, region.number, mask


# --- NIfTI -------------------------------------------------------------------------------------


def _of_nifti(
    name: str, body: bytes, side_car: Sidecar | None, series: LooseSeries, grid: ImageGrid
) -> Iterator[tuple[str, int | None, BoolMask]]:
    record = _record_of(side_car, name)
    if side_car is not None:
        if side_car.series_instance_uid != series.series_instance_uid:
            raise StudyRefused("side_car_other_series", "The side-car names another series.")
        if record is None and PurePosixPath(name).name == side_car.image.file:
            return  # the image of the export itself
    try:
        label_map = read_label_map(body, shape=grid.shape)
        labels = lay_on_grid(label_map, grid)
    except NiftiRefused as error:
        if error.error_code == "empty_mask":
            yield (record.name if record else "Label"), None, np.zeros(grid.shape, dtype=bool)
            return
        raise StudyRefused(f"nifti_{error.error_code}", f"{name}: {error.message}"[:300]) from error
    known = {one.value: one.label for one in record.labels} if record else {}
    if record is not None and set(label_map.values) - set(known):
        raise StudyRefused("nifti_unknown_label", f"{name}: a label is not described.")
    for value in label_map.values:
        yield known.get(value, f"Label {value}"), value, labels == value


def _record_of(side_car: Sidecar | None, name: str) -> MaskRecord | None:
    if side_car is None:
        return None
    base = PurePosixPath(name).name
    return next((one for one in side_car.masks if PurePosixPath(one.file).name == base), None)


def _read_side_car(spooled: SpooledStudy) -> Sidecar | None:
    """That of an export; beside DICOM masks alone a JSON file means nothing."""
    found = [path for name, path in spooled.side_cars if PurePosixPath(name).name == "sidecar.json"]
    if not found or not spooled.nifti:
        return None
    if len(found) > 1:
        raise StudyRefused("several_side_cars", "The study has several side-cars.")
    try:
        return parse_sidecar(found[0].read_bytes())
    except SidecarRefused as error:
        raise StudyRefused("side_car_unreadable", error.message) from error
