"""From a claimed job to volumes and headers: each input checked before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset

from apps.ai.models import Job, ModelVersion
from apps.ai.runner.volumes import RunnerVolume
from apps.ai.scope import ScopeVerdict, check_scope, describe_geometry
from apps.ai.services.inputs import ChosenInput, current_inputs, read_roles
from apps.ai.side_car import InputPart
from apps.imaging.archive import read_headers
from apps.imaging.models import Series
from apps.imaging.planes import open_plane
from apps.imaging.volumes import Volume, open_volume

KEPT_HEADERS = 4
_last_headers: dict[str, list[Dataset]] = {}


@dataclass(frozen=True, slots=True)
class ReadInput:
    """One series of the job: its voxels, its headers in slice order, its role."""

    role: str
    headers: list[Dataset]
    volume: Volume
    content_key: str = ""

    def for_runner(self) -> RunnerVolume:
        return RunnerVolume(
            voxels=self.volume.voxels,
            affine_lps=self.volume.affine_lps,
            sop_instance_uids=self.volume.sop_instance_uids,
            frame_of_reference_uid=self.volume.frame_of_reference_uid,
            warnings=self.volume.warnings,
            content_key=self.content_key,
        )


def read_inputs(*, job: Job) -> list[ReadInput]:
    """Open every series of the job, the first one first.

    Raises
    ------
    SeriesNotReady
        A series changed since (``series_changed``).
    NotAVolume
        A series is no regular volume, or not the single image its role asks for.
    """
    roles = {role.role: role for role in read_roles(version=job.version)}
    only = next(iter(roles.values())) if len(roles) == 1 else None
    return [_read(chosen, roles.get(chosen.role, only)) for chosen in current_inputs(job=job)]


def judge_inputs(*, job: Job, inputs: Sequence[ReadInput]) -> ScopeVerdict:
    """The first rule that refuses: the model's on its first series, then each role's own."""
    return judge_for_version(version=job.version, inputs=inputs)


def judge_for_version(*, version: ModelVersion, inputs: Sequence[ReadInput]) -> ScopeVerdict:
    """As ``judge_inputs``, of inputs that are nobody's job."""
    roles = {role.role: role for role in read_roles(version=version)}
    verdict = _judge(version.scope, inputs[0])
    if not verdict.in_scope:
        return verdict
    for one in inputs:
        role = roles.get(one.role) or (next(iter(roles.values())) if len(roles) == 1 else None)
        verdict = _judge({"rules": role.rules if role else []}, one)
        if not verdict.in_scope:
            return verdict
    return _judge_places(inputs)


def _judge(scope: dict[str, object], one: ReadInput) -> ScopeVerdict:
    return check_scope(
        scope=scope,
        headers=one.headers,
        geometry=describe_geometry(
            shape=one.volume.voxels.shape,
            affine_lps=one.volume.affine_lps,
            warnings=[code for code, _ in one.volume.warnings],
        ),
    )


def _judge_places(inputs: Sequence[ReadInput]) -> ScopeVerdict:
    """Several series are laid on each other by coordinates: they must share them, and overlap."""
    frames = {one.volume.frame_of_reference_uid for one in inputs}
    if len(inputs) > 1 and (len(frames) > 1 or not all(frames)):
        return ScopeVerdict(
            in_scope=False,
            code="frame_of_reference_mismatch",
            message="The series do not share a frame of reference; they cannot be laid on each "
            "other.",
        )
    first = _extent_lps(inputs[0].volume)
    for one in inputs[1:]:
        low, high = _extent_lps(one.volume)
        shared = np.minimum(high, first[1]) - np.maximum(low, first[0])
        if (shared <= 0).any():
            return ScopeVerdict(
                in_scope=False,
                code="inputs_apart",
                message=f"The series for {one.role} lies elsewhere in the patient.",
            )
    return ScopeVerdict(in_scope=True)


def _extent_lps(volume: Volume) -> tuple[np.ndarray, np.ndarray]:
    slices, rows, columns = volume.voxels.shape
    ends = np.array([[-0.5, columns - 0.5], [-0.5, rows - 0.5], [-0.5, slices - 0.5]])
    corners = np.array([[ends[axis][bits >> axis & 1] for axis in range(3)] + [1.0]
                        for bits in range(8)])  # fmt: skip
    points = (volume.affine_lps @ corners.T)[:3]
    return points.min(axis=1), points.max(axis=1)


def _read(chosen: ChosenInput, role: InputPart | None) -> ReadInput:
    series_id = chosen.series.pk
    headers = _headers_at_hand(chosen.series)
    # An archive key names one content for ever; a plane is not the volume of the same series.
    key = chosen.series.archive_key
    if role is not None and role.plane:
        volume, key = open_plane(series_id=series_id), f"{key}.plane"
    else:
        volume = open_volume(series_id=series_id)
    return ReadInput(role=chosen.role, headers=headers, volume=volume, content_key=key)


def _headers_at_hand(series: Series) -> list[Dataset]:
    """Headers of the series read last stay in memory: every model of a series asks for them.

    An archive key names one content for ever. The Datasets are shared and nobody writes to them.
    """
    key = series.archive_key
    headers = _last_headers.pop(key, None) or read_headers(series_id=series.pk)
    _last_headers[key] = headers
    while len(_last_headers) > KEPT_HEADERS:
        _last_headers.pop(next(iter(_last_headers)))
    return headers
