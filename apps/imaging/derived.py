"""The derived volume file: float32 voxels in slice order, memory-mapped, rebuilt at need."""

import json
import logging
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from apps.imaging.archive import ReadableSeries
from apps.imaging.archive.layout import sync_file, volume_directory
from apps.imaging.exceptions import NotAVolume
from apps.imaging.geometry import FramePose, SeriesGeometry, Stack, tilted_affine
from apps.imaging.stacks import describe_archive

logger = logging.getLogger(__name__)
DECODERS = min(8, os.cpu_count() or 1)

REFUSALS = {
    "not_an_image": "The series holds no images.",
    "no_patient_space": "The images carry no position in the patient.",
    "single_slice": "One slice is not a volume.",
    "mixed_orientation": "The slices have different orientations.",
    "mixed_size": "The slices differ in size or pixel spacing.",
    "mixed_frame_of_reference": "The slices lie in different frames of reference.",
    "duplicate_position": "Several slices lie at the same position.",
    "multiple_volumes": "The series holds several volumes (time points, b-values or echoes).",
    "gantry_tilt": "The slices are sheared by gantry tilt.",
    "irregular_spacing": "The distance between slices varies.",
    "missing_slices": "Slices are missing.",
    "multiple_stacks": "The series holds several stacks.",
    "no_such_stack": "The series has no such stack.",
    "pixels_unavailable": "Not every slice can be decoded.",
}


@dataclass(frozen=True, slots=True)
class Volume:
    """Voxels after the Modality LUT, with the way from voxel to patient.

    Attributes
    ----------
    voxels : float32 array (slice, row, column), read-only, memory-mapped.
        Values after the Modality LUT (PS3.3 C.11.1): HU for CT, stored units for PET.
    affine_lps : float64 array (4, 4)
        ``affine_lps @ (column, row, slice, 1)`` is the voxel centre in LPS millimetres
        (PS3.3 C.7.6.2.1.1).
    sop_instance_uids : tuple of str
        One per slice, in slice order (along the slice normal).
    frame_of_reference_uid : str
    warnings : tuple of (code, message)
        What is unusual but not forbidding.
    """

    voxels: npt.NDArray[np.float32]
    affine_lps: npt.NDArray[np.float64]
    sop_instance_uids: tuple[str, ...]
    frame_of_reference_uid: str
    warnings: tuple[tuple[str, str], ...] = ()

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance between neighbouring voxels along (slice, row, column), in mm."""
        columns = np.linalg.norm(self.affine_lps[:3, :3], axis=0)
        return float(columns[2]), float(columns[1]), float(columns[0])


def open_archived_volume(
    archive: ReadableSeries,
    *,
    stack: int | None = None,
    with_tilt: bool = False,
    directory: Path | None = None,
) -> Volume:
    """The volume of a published series, or of one of its stacks, built first where it is missing.

    Parameters
    ----------
    stack : its number, from 1; without it the series must be one volume by itself.
    with_tilt : a gantry tilt is no reason to refuse; ``affine_lps`` then holds the shear. For who
        carries voxels as they are, never for who computes as if slices lay straight.
    directory : where its file is kept, for a series that is not the archive's.
    """
    poses, geometry = describe_archive(archive)
    if any(not one["frames"] for one in archive.instances) and poses:
        _refuse("pixels_unavailable")
    chosen = geometry if stack is None else _choose(geometry, stack)
    affine_lps = chosen.affine_lps
    if with_tilt and chosen.refusal == "gantry_tilt":
        affine_lps = _of_tilted(poses, geometry, number=stack)
    if affine_lps is None:
        _refuse(chosen.refusal or "not_an_image")
    order = [(poses[i].sop_instance_uid, poses[i].frame) for i in chosen.order]
    first = poses[chosen.order[0]]
    shape = (len(order), first.rows, first.columns)
    is_part = stack is not None and len(geometry.stacks) > 1
    name = f"{archive.archive_key}.{stack}.f32" if is_part else f"{archive.archive_key}.f32"
    path = (directory or volume_directory()) / name
    if not path.exists() or path.stat().st_size != int(np.prod(shape)) * 4:
        _build(archive, path=path, order=order, shape=shape, summary=chosen.summary())
    os.utime(path)  # least recently used is evicted first
    return Volume(
        voxels=np.memmap(path, dtype="<f4", mode="r", shape=shape),
        affine_lps=affine_lps,
        sop_instance_uids=tuple(uid for uid, _ in order),
        frame_of_reference_uid=first.frame_of_reference_uid,
        warnings=tuple((w.code, w.message) for w in chosen.warnings),
    )


def _choose(geometry: SeriesGeometry, number: int) -> Stack:
    if not 1 <= number <= len(geometry.stacks):
        _refuse("no_such_stack")
    return geometry.stacks[number - 1]


def _of_tilted(
    poses: Sequence[FramePose], geometry: SeriesGeometry, *, number: int | None
) -> npt.NDArray[np.float64] | None:
    """Without a number the series must be one stack."""
    if number is None and len(geometry.stacks) > 1:
        return None
    return tilted_affine(poses, _choose(geometry, number or 1))


def _refuse(code: str) -> NoReturn:
    raise NotAVolume(REFUSALS.get(code, "Not a volume."), code=code)


def _build(
    archive: ReadableSeries,
    *,
    path: Path,
    order: list[tuple[str, int]],
    shape: tuple[int, int, int],
    summary: dict[str, Any],
) -> None:
    documents = {str(document["00080018"]["Value"][0]): document for document in archive.metadata()}
    draft = path.with_name(f"{path.name}.{uuid4().hex}.draft")
    try:
        voxels = np.memmap(draft, dtype="<f4", mode="w+", shape=shape)
        _fill(voxels, archive, order=order, documents=documents)
        voxels.flush()
        del voxels
        sync_file(draft)
        draft.rename(path)
        _note_geometry(path, summary=summary, order=order)
    finally:
        draft.unlink(missing_ok=True)


def _fill(
    voxels: npt.NDArray[np.float32],
    archive: ReadableSeries,
    *,
    order: list[tuple[str, int]],
    documents: dict[str, dict[str, Any]],
) -> None:
    """Decode on all processors: the decoder lets other threads run meanwhile."""
    archive.open_frames()

    def fill(index: int) -> bool:
        uid, frame = order[index]
        try:
            stored = archive.decode(uid, frame)
        except (ValueError, RuntimeError):  # the decoder's own errors are RuntimeErrors
            logger.exception("%s frame %s cannot be decoded", uid, frame)
            return False
        if stored.shape != voxels.shape[1:]:
            return False
        voxels[index] = apply_modality_lut(stored, documents[uid], frame=frame)
        return True

    with ThreadPoolExecutor(max_workers=DECODERS) as threads:
        if not all(threads.map(fill, range(len(order)))):
            _refuse("pixels_unavailable")


def _note_geometry(path: Path, *, summary: dict[str, Any], order: list[tuple[str, int]]) -> None:
    """Beside the voxels, for whoever finds the file without the index."""
    path.with_suffix(".json").write_text(
        json.dumps(summary | {"sop_instance_uids": [uid for uid, _ in order]})
    )


def apply_modality_lut(
    stored: npt.NDArray[Any], document: dict[str, Any], *, frame: int = 1
) -> npt.NDArray[np.float32]:
    """Stored values to the modality's (PS3.3 C.11.1; per frame C.7.6.16.2.9)."""
    table = _items(document, "00283000")
    if table:
        return _look_up(stored, table[0])
    slope, intercept = read_rescale(document, frame=frame)
    scaled: npt.NDArray[np.float32] = (stored.astype(np.float64) * slope + intercept).astype(
        np.float32
    )
    return scaled


def read_rescale(document: dict[str, Any], *, frame: int = 1) -> tuple[float, float]:
    """Slope and intercept of a frame's stored values (PS3.3 C.11.1), where no table maps them."""
    source = _frame_transform(document, frame) or document
    return _decimal(source, "00281053", 1.0), _decimal(source, "00281052", 0.0)


def _frame_transform(document: dict[str, Any], frame: int) -> dict[str, Any] | None:
    per_frame = _items(document, "52009230")
    shared = _items(document, "52009229")
    groups = (per_frame[frame - 1 : frame] if per_frame else []) + shared[:1]
    for group in groups:
        transform = _items(group, "00289145")
        if transform:
            return transform[0]
    return None


def _look_up(stored: npt.NDArray[Any], item: dict[str, Any]) -> npt.NDArray[np.float32]:
    descriptor = item["00283002"]["Value"]
    count = int(descriptor[0]) or 65536
    first = int(descriptor[1])
    if stored.dtype.kind == "i" and first > 32767:
        first -= 65536
    entries = _table_values(item["00283006"], bits=int(descriptor[2]))[:count]
    indices = np.clip(stored.astype(np.int64) - first, 0, len(entries) - 1)
    mapped: npt.NDArray[np.float32] = entries[indices].astype(np.float32)
    return mapped


def _table_values(element: dict[str, Any], *, bits: int) -> npt.NDArray[Any]:
    import base64

    if "InlineBinary" in element:
        raw = base64.b64decode(element["InlineBinary"])
        return np.frombuffer(raw, dtype="<u2" if bits > 8 else "u1")
    return np.asarray(element["Value"])


def _items(document: dict[str, Any], tag: str) -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = document.get(tag, {}).get("Value") or []
    return values


def _decimal(document: dict[str, Any], tag: str, default: float) -> float:
    values = document.get(tag, {}).get("Value") or [default]
    return float(default if values[0] is None else values[0])
