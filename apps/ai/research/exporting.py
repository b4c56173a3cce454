"""A series with its masks as one zip of NIfTI files and a side-car (docs/research-data.md)."""

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.utils import timezone

from apps.ai import policies
from apps.ai.conf import MANUFACTURER
from apps.ai.research.masks import Masks, collect_masks
from apps.ai.research.sidecar import (
    GeometryRecord,
    ImageRecord,
    MaskRecord,
    Matrix,
    Sidecar,
    SliceRecord,
    Software,
)
from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import TooLarge
from apps.imaging.archive import SeriesArchive
from apps.imaging.choices import SeriesKind
from apps.imaging.derived import open_archived_volume, read_rescale
from apps.imaging.exceptions import NotAVolume
from apps.imaging.models import Series
from apps.imaging.research.grid import FloatArray, ImageGrid, read_grid
from apps.imaging.research.writing import image_dtype, label_dtype, write_nifti
from apps.imaging.selectors import find_case_series, open_archive

MAX_EXPORTED_VOXELS = 1 << 29
"""512 × 512 × 2048: 1 GiB of int16 before it is packed."""
IMAGE, SIDECAR = "image.nii.gz", "sidecar.json"


def export_series(
    *,
    actor: Actor,
    case_id: UUID,
    study_instance_uid: str,
    series_instance_uid: str,
    stack: int | None = None,
) -> IO[bytes]:
    """Write the zip into a file without a name, ready to be read from its start.

    Voxels are the values after the Modality LUT, bit-equal to those the analyses get, on the
    scanner's own grid: nothing is resampled, turned or clipped.

    Raises
    ------
    NotVisible, Forbidden, AiHidden
        Not this actor's to take out; AI made the series, and the images are to be read first.
    NotAVolume
        No affine holds it: by the codes of ``volumes.open_volume``, never for a gantry tilt.
    TooLarge
        More voxels than are written at once.
    """
    policies.export_research(actor=actor, case_id=case_id)
    series = find_image_series(
        actor=actor,
        case_id=case_id,
        study_instance_uid=study_instance_uid,
        series_instance_uid=series_instance_uid,
    )
    archive = open_archive(series.archive_key)
    grid = read_grid(archive, stack=stack)
    require_size(grid)
    masks = collect_masks(actor=actor, case_id=case_id, series=series, grid=grid)
    out = _open_scratch()
    try:
        written = _write_zip(out, case_id=case_id, series=series, archive=archive, grid=grid,
                             masks=masks)  # fmt: skip
        record_entry(
            actor=actor,
            action="export.nifti",
            case_id=case_id,
            entity="series",
            entity_id=series.pk,
            details={
                "stack": grid.stack,
                "image_sha256": written.image.sha256,
                "segmentations": _ids(written.masks, "segmentation"),
                "findings": _ids(written.masks, "finding"),
                "left_out": len(written.left_out),
            },
        )
    except BaseException:
        out.close()
        raise
    out.seek(0)
    return out


def require_size(grid: ImageGrid) -> None:
    """Raise ``TooLarge`` where a stack has more voxels than are written at once."""
    if int(np.prod(grid.shape)) > MAX_EXPORTED_VOXELS:
        raise TooLarge("The series is too large to be exported in one piece.")


def find_image_series(
    *, actor: Actor, case_id: UUID, study_instance_uid: str, series_instance_uid: str
) -> Series:
    """A series of the case that holds images.

    Raises
    ------
    NotAVolume
        It holds something else (``not_an_image``).
    """
    series = find_case_series(
        actor=actor,
        case_id=case_id,
        study_instance_uid=study_instance_uid,
        series_instance_uid=series_instance_uid,
    )
    if series.kind != SeriesKind.IMAGE:
        raise NotAVolume("The series holds no images.", code="not_an_image")
    return series


def _ids(masks: Iterable[MaskRecord], source: str) -> list[str]:
    return sorted({str(one.id) for one in masks if one.source == source})


def _open_scratch() -> IO[bytes]:
    """Gone with the last who holds it open: no copy of a patient's images stays behind."""
    folder = Path(settings.SCRATCH_ROOT)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=folder)


def _write_zip(
    out: IO[bytes],
    *,
    case_id: UUID,
    series: Series,
    archive: SeriesArchive,
    grid: ImageGrid,
    masks: Masks,
) -> Sidecar:
    """Stored, not packed again: the files are gzip already, and the side-car is to be read."""
    volume = open_archived_volume(archive, stack=grid.stack, with_tilt=True)
    dtype = image_dtype(volume.voxels)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as bundle:
        image_sha256 = _add_nifti(bundle, IMAGE, grid=grid, slices=volume.voxels, dtype=dtype)
        records = [
            one.record.model_copy(
                update={
                    "sha256": _add_nifti(
                        bundle,
                        one.record.file,
                        grid=grid,
                        slices=one.planes(),
                        dtype=label_dtype(one.largest),
                        is_labels=True,
                    )
                }
            )
            for one in masks.masks
        ]
        documents = _documents(archive)
        written = Sidecar(
            software=Software(name=MANUFACTURER, version=settings.SPECTACULAR_SETTINGS["VERSION"]),
            written_at=timezone.now(),
            case=case_id,
            study_instance_uid=series.study.study_instance_uid,
            series_instance_uid=series.series_instance_uid,
            frame_of_reference_uid=grid.frame_of_reference_uid,
            modality=series.modality,
            stack=grid.stack,
            image=ImageRecord(
                file=IMAGE,
                sha256=image_sha256,
                dtype=dtype.name,
                shape=grid.shape[::-1],
                value_unit=_unit(documents[grid.frames[0][0]], modality=series.modality),
            ),
            geometry=_geometry(grid),
            slices=_slices(grid, documents),
            masks=records,
            left_out=list(masks.left_out),
            ai_hidden=masks.ai_hidden,
        )
        bundle.writestr(SIDECAR, written.model_dump_json(indent=1))
    return written


class _Hashing(io.RawIOBase):
    """Passes bytes on and knows their SHA-256."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out, self.sha256 = out, hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self.sha256.update(piece)
        return self._out.write(piece)


def _add_nifti(bundle: zipfile.ZipFile, name: str, **what: Any) -> str:
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    with bundle.open(entry, "w", force_zip64=True) as out:
        hashing = _Hashing(out)
        write_nifti(hashing, **what)
    return hashing.sha256.hexdigest()


def _documents(archive: SeriesArchive) -> dict[str, dict[str, Any]]:
    return {str(one["00080018"]["Value"][0]): one for one in archive.metadata()}


def _unit(document: dict[str, Any], *, modality: str) -> str:
    """CT without a Rescale Type is in HU (PS3.3 C.8.2.1.1.1); PET says Units (C.8.9.1)."""
    said = _first(document, "00281054") or _first(document, "00541001")
    return said or ("HU" if modality == "CT" else "stored")


def _first(document: dict[str, Any], tag: str) -> str:
    values = document.get(tag, {}).get("Value") or [""]
    return str(values[0] or "")


def _geometry(grid: ImageGrid) -> GeometryRecord:
    slice_mm, row_mm, column_mm = grid.spacing_mm
    return GeometryRecord(
        affine_lps=_matrix(grid.affine_lps),
        affine_ras=_matrix(grid.affine_ras),
        spacing_mm=(column_mm, row_mm, slice_mm),
        is_sheared=any(code == "gantry_tilt" for code, _ in grid.warnings),
        off_grid_mm=grid.off_grid_mm,
        warnings=[code for code, _ in grid.warnings],
    )


def _matrix(affine: FloatArray) -> Matrix:
    a, b, c, d = (tuple(float(one) for one in row) for row in affine)
    return a, b, c, d  # type: ignore[return-value]  # four numbers each


def _slices(grid: ImageGrid, documents: dict[str, dict[str, Any]]) -> list[SliceRecord]:
    """Without slope and intercept where a table maps stored values."""
    records = []
    for (uid, frame), position in zip(grid.frames, grid.positions_lps, strict=True):
        has_table = bool(documents[uid].get("00283000", {}).get("Value"))
        slope, intercept = read_rescale(documents[uid], frame=frame)
        x, y, z = (float(one) for one in position)
        records.append(
            SliceRecord(
                sop_instance_uid=uid,
                frame=frame,
                position_lps=(x, y, z),
                rescale_slope=None if has_table else slope,
                rescale_intercept=None if has_table else intercept,
            )
        )
    return records
