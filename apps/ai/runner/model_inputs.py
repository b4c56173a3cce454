"""From volumes of the archive to what a bundle's preprocessing starts with.

MONAI arrays are (x, y, z) = (column, row, slice) with an RAS affine; ours are (slice, row,
column) in LPS. The turn is made here and in ``model_outputs``, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import torch
from monai.data import MetaTensor  # type: ignore[attr-defined]
from monai.transforms import MapTransform  # type: ignore[attr-defined]
from numpy.typing import NDArray
from scipy import ndimage

from apps.ai.runner.refusals import BundleRefused
from apps.ai.runner.volumes import RunnerVolume
from apps.ai.side_car import InputPart

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_SAME_PLACE_MM = 0.01


class LoadVolumed(MapTransform):
    """What ``LoadImaged`` becomes: the items hold volumes already.

    Takes the arguments of ``LoadImaged`` and heeds those that change what comes out:
    ``ensure_channel_first``, ``image_only``, ``meta_key_postfix``.
    """

    def __init__(
        self,
        keys: Any,
        *_: Any,
        ensure_channel_first: bool = False,
        image_only: bool = True,
        meta_key_postfix: str = "meta_dict",
        allow_missing_keys: bool = False,
        **__: Any,
    ) -> None:
        super().__init__(keys, allow_missing_keys)
        self._ensure_channel_first = ensure_channel_first
        self._image_only = image_only
        self._postfix = meta_key_postfix

    def __call__(self, data: Mapping[Any, Any]) -> dict[Any, Any]:
        loaded = dict(data)
        for key in self.key_iterator(loaded):
            image = loaded[key]
            if self._ensure_channel_first:
                image = _with_channel_first(image)
            loaded[key] = image
            if not self._image_only:
                loaded[f"{key}_{self._postfix}"] = dict(image.meta)
        return loaded


def build_items(
    *, inputs: Sequence[InputPart], volumes: Mapping[str, RunnerVolume]
) -> tuple[dict[str, MetaTensor], tuple[tuple[str, str], ...]]:
    """One tensor per key, its channels in the order of the inputs, and what was resampled.

    Every volume of a key lies on the grid of its first one afterwards, by linear interpolation
    in patient space: what the file reader of a bundle expects to be done already.

    Raises
    ------
    BundleRefused
        ``input_missing``, ``input_plane``.
    """
    by_key: dict[str, list[InputPart]] = {}
    for one in inputs:
        if one.role not in volumes:
            raise BundleRefused("input_missing", f"There is no series for {one.role}.")
        by_key.setdefault(one.key, []).append(one)
    items, warnings = {}, []
    for key, parts in by_key.items():
        first = volumes[parts[0].role]
        if parts[0].plane:
            items[key] = _build_plane(parts[0], first)
            continue
        channels = []
        for part in parts:
            channel, resampled = put_on_grid(volume=volumes[part.role], grid=first)
            channels.append(channel)
            if resampled:
                text = f"The series for {part.role} was resampled to the grid of {parts[0].role}."
                warnings.append(("resampled_to_first", text))
        items[key] = _build_tensor(channels, first.affine_lps)
    return items, tuple(warnings)


def put_on_grid(*, volume: RunnerVolume, grid: RunnerVolume) -> tuple[NDArray[np.float32], bool]:
    """The volume's values at the voxel centres of ``grid``, and whether that changed anything.

    Linear interpolation; 0 outside the volume.
    """
    same_shape = volume.voxels.shape == grid.voxels.shape
    if same_shape and np.allclose(volume.affine_lps, grid.affine_lps, atol=_SAME_PLACE_MM):
        return np.asarray(volume.voxels, dtype=np.float32), False
    to_volume = np.linalg.inv(volume.affine_lps) @ grid.affine_lps
    turned = to_volume[:3, :3][::-1, ::-1]
    resampled = ndimage.affine_transform(
        np.asarray(volume.voxels, dtype=np.float32),
        matrix=turned,
        offset=to_volume[:3, 3][::-1],
        output_shape=grid.voxels.shape,
        order=1,
        mode="constant",
        cval=0.0,
    )
    return np.asarray(resampled, dtype=np.float32), True


def _build_tensor(
    channels: Sequence[NDArray[np.float32]], affine_lps: NDArray[np.float64]
) -> MetaTensor:
    # Turned in how it is read, not in memory: the first transform that writes copies it anyway.
    turned = [
        torch.from_numpy(np.asarray(one, dtype=np.float32).transpose(2, 1, 0)) for one in channels
    ]
    several = len(turned) > 1
    voxels = torch.stack(turned) if several else turned[0]
    affine_ras = torch.from_numpy(LPS_TO_RAS @ affine_lps)
    return _tensor(voxels, affine_ras, channel_dim=0 if several else "no_channel")


def _build_plane(part: InputPart, volume: RunnerVolume) -> MetaTensor:
    if volume.voxels.shape[0] != 1:
        raise BundleRefused("input_plane", f"{part.role} is one image; the series has several.")
    plane = torch.from_numpy(np.array(volume.voxels[0], dtype=np.float32).transpose(1, 0))
    if part.copies:
        plane = plane.unsqueeze(-1).repeat(1, 1, part.copies)
    return _tensor(plane, torch.eye(4, dtype=torch.float64),
                   channel_dim=-1 if part.copies else "no_channel")  # fmt: skip


def _tensor(
    voxels: torch.Tensor, affine_ras: torch.Tensor, *, channel_dim: int | str
) -> MetaTensor:
    spatial = list(voxels.shape)
    if isinstance(channel_dim, int):
        del spatial[channel_dim]
    meta = {
        "original_channel_dim": channel_dim,
        "filename_or_obj": "volume",
        "spatial_shape": np.asarray(spatial),
        "original_affine": affine_ras.clone(),
        "space": "RAS",
    }
    return MetaTensor(voxels, affine=affine_ras, meta=meta)


def _with_channel_first(image: MetaTensor) -> MetaTensor:
    channel_dim = image.meta["original_channel_dim"]
    moved: Any = (
        image.unsqueeze(0) if channel_dim == "no_channel" else image.moveaxis(channel_dim, 0)
    )
    moved.meta["original_channel_dim"] = 0
    return cast(MetaTensor, moved)
