"""The volume as the runner sees it: a memory-mapped file and its place in the patient."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

_IDENTIFYING = frozenset(
    {
        "PatientID", "IssuerOfPatientID", "PatientBirthDate", "OtherPatientIDs",
        "OtherPatientIDsSequence", "PatientAddress", "PatientTelephoneNumbers",
        "PatientComments", "MilitaryRank", "EthnicGroup", "RequestAttributesSequence",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RunnerVolume:
    """Voxels (slice, row, column) after the Modality LUT, with ``affine_lps``.

    ``affine_lps`` maps (column, row, slice, 1) to LPS millimetres. Satisfies
    ``analyses.results.ImageVolume``. ``content_key`` names these voxels for ever, so that they
    need not be handed over twice; empty where nobody vouches for that.
    """

    voxels: NDArray[np.float32]
    affine_lps: NDArray[np.float64]
    sop_instance_uids: tuple[str, ...]
    frame_of_reference_uid: str
    warnings: tuple[tuple[str, str], ...] = ()
    content_key: str = ""


def open_volume(*, directory: Path, description: dict[str, Any]) -> RunnerVolume:
    """Map the worker's file, raw float32 in slice order.

    Copy on write: a model that writes into its input changes its own copy, never the file.
    """
    slices, rows, columns = (int(extent) for extent in description["shape"])
    voxels = np.memmap(
        directory / description["file"], dtype="<f4", mode="c", shape=(slices, rows, columns)
    )
    return RunnerVolume(
        voxels=voxels,
        affine_lps=np.asarray(description["affine_lps"], dtype=np.float64),
        sop_instance_uids=tuple(description["sop_instance_uids"]),
        frame_of_reference_uid=str(description["frame_of_reference_uid"]),
        warnings=tuple((code, text) for code, text in description.get("warnings", ())),
    )


def describe_volume(volume: RunnerVolume, *, file: str) -> dict[str, Any]:
    """All but the voxels, as ``open_volume`` takes it on the other side."""
    return {
        "file": file,
        "shape": [int(extent) for extent in volume.voxels.shape],
        "affine_lps": np.asarray(volume.affine_lps).tolist(),
        "sop_instance_uids": list(volume.sop_instance_uids),
        "frame_of_reference_uid": volume.frame_of_reference_uid,
        "warnings": [list(warning) for warning in volume.warnings],
    }


def read_headers(path: Path) -> list[Dataset]:
    """Headers in slice order, from DICOM JSON (PS3.18 F), without pixels."""
    return [Dataset.from_json(item) for item in json.loads(path.read_text(encoding="utf-8"))]


def strip_identity(header: Dataset) -> Dataset:
    """The header without names and identifiers: an analysis needs numbers, not people."""
    kept = Dataset()
    for element in header:
        if element.VR != "PN" and element.keyword not in _IDENTIFYING:
            kept.add(element)
    return kept
