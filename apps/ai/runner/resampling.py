"""MONAI's resampling, computed axis by axis where that is the same; the one place where MONAI is
changed while a bundle's transforms run.

``Spacingd``, ``Invertd`` and their like all end in MONAI's ``spatial_resample``. While
``LeanResampling`` is entered that function is ours: a grid without rotation or shear (flips and
exchanged axes are neither) is sampled by ``axes``; anything else (rotation, splines, reflected
edges, lazy or two-dimensional resampling, a GPU) goes to MONAI itself. Two things more are saved:

- ``turning_late``: where ``Orientationd`` is right before ``Spacingd`` the image is not turned in
  memory first; it is read the other way round;
- ``deciding_early``: where a decision (argmax, threshold) is right behind ``Invertd`` it is made
  while the map is brought back (``early_labels``), and the soft map on the fine grid is never made.

What is recorded on the image for the way back is what MONAI records.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import Any, cast

import nibabel
import numpy as np
import torch
from monai.config import USE_COMPILED  # type: ignore[attr-defined]
from monai.data import MetaTensor  # type: ignore[attr-defined]
from monai.data.meta_obj import get_track_meta
from monai.data.utils import AFFINE_TOL, compute_shape_offset, to_affine_nd
from monai.transforms.inverse import TraceableTransform
from monai.transforms.spatial import array
from monai.utils import TraceKeys, fall_back_tuple  # type: ignore[attr-defined]

from apps.ai.runner.axes import RANK, lay_grid, sample
from apps.ai.runner.early_labels import Decision, decide_on_grid

#: The module whose two functions are replaced.
spatial_array: Any = array
_MODES = frozenset({"bilinear", "nearest"})
_PADDINGS = frozenset({"border", "zeros"})
#: What may lie between the decision and the source grid: moves voxels, computes none, and fills
#: with zeros.
_ONLY_MOVES = frozenset(
    {
        "Orientation", "Flip", "CropForeground", "Crop", "SpatialCrop", "CenterSpatialCrop",
        "Pad", "SpatialPad", "BorderPad", "DivisiblePad",
    }
)  # fmt: skip
_TURNED = "_consilium_turned"


@dataclass(slots=True)
class _Asked:
    """What one call of ``spatial_resample`` asks for."""

    img: MetaTensor
    size: tuple[int, ...]
    xform: torch.Tensor
    source_affine: torch.Tensor
    mode: str
    padding_mode: str


class LeanResampling:
    """Enter it around a bundle's transforms. One at a time: a runner runs one study at a time."""

    def __init__(self) -> None:
        self.sampled = 0
        """How many resamplings were computed here."""
        self._decision: Decision | None = None
        self._decided = False
        self._turns_late = False
        self._resample: Any = None
        self._orientation: Any = None

    def __enter__(self) -> LeanResampling:
        self._resample = spatial_array.spatial_resample
        self._orientation = spatial_array.orientation
        spatial_array.spatial_resample = self._spatial_resample
        spatial_array.orientation = self._orient
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        spatial_array.spatial_resample = self._resample
        spatial_array.orientation = self._orientation

    @contextmanager
    def turning_late(self) -> Iterator[None]:
        """Within, an image may leave ``Orientationd`` unturned; ``turn_now`` is for the rest."""
        self._turns_late = True
        try:
            yield
        finally:
            self._turns_late = False

    @contextmanager
    def deciding_early(self, decision: Decision) -> Iterator[None]:
        """Within, a resampled map may come back decided; ``take_decided`` says whether it did."""
        self._decision, self._decided = decision, False
        try:
            yield
        finally:
            self._decision = None

    def take_decided(self) -> bool:
        decided, self._decided = self._decided, False
        return decided

    def _spatial_resample(  # noqa: PLR0917 - MONAI calls it so
        self,
        img: Any,
        dst_affine: Any,
        spatial_size: Any,
        mode: Any,
        padding_mode: Any,
        align_corners: Any,
        dtype_pt: torch.dtype,
        lazy: bool,
        transform_info: Any,
    ) -> Any:
        """As ``monai.transforms.spatial.functional.spatial_resample``."""
        turned = _take_turned(img)
        asked = None if lazy else _read(img, dst_affine, spatial_size, mode, padding_mode)
        result = None
        if asked is not None:
            grid = lay_grid(
                xform=asked.xform.to(dtype_pt), source=img.shape[1:], output=asked.size,
                mode=asked.mode, padding_mode=asked.padding_mode,
                align_corners=bool(align_corners),
            )  # fmt: skip
            if grid is not None:
                result = self._sample(asked, grid, turned)
        if asked is None or result is None:
            given = torch.flip(img, dims=turned) if turned else img
            return self._resample(
                given, dst_affine, spatial_size, mode, padding_mode, align_corners, dtype_pt,
                lazy=lazy, transform_info=transform_info,
            )  # fmt: skip
        self.sampled += 1
        meta = TraceableTransform.track_transform_meta(
            img,
            sp_size=torch.tensor(asked.size),
            affine=asked.xform,
            extra_info={
                "dtype": str(dtype_pt)[6:],
                "mode": _plain(mode),
                "padding_mode": _plain(padding_mode),
                "align_corners": align_corners if align_corners is not None else TraceKeys.NONE,
                "src_affine": asked.source_affine,
            },
            orig_size=img.peek_pending_shape(),
            transform_info=transform_info,
            lazy=False,
        )
        return _with_meta(result, meta)

    def _sample(self, asked: _Asked, grid: Any, turned: Sequence[int]) -> torch.Tensor | None:
        """The values on the grid; None where MONAI has to do it."""
        values = asked.img.as_tensor()
        if turned:
            axes = [
                axis.turned(values.shape[1 + along]) if 1 + along in turned else axis
                for along, axis in zip(grid.order, grid.axes, strict=True)
            ]
            grid = type(grid)(order=grid.order, axes=(axes[0], axes[1], axes[2]))
        smaller = values.numel() < asked.img.shape[0] * np.prod(asked.size)
        # Weights of nothing times what is no number are no number: MONAI meets other ones.
        if smaller and not _is_finite(values):
            return None
        if self._decision is not None and _only_moves_follow(asked.img):
            decided = decide_on_grid(values, grid, self._decision)
            if decided is not None:
                self._decided = True
                return decided
        sampled = sample(values, grid)
        return sampled if smaller or _is_finite(sampled) else None

    def _orient(
        self, img: Any, original_affine: Any, spatial_ornt: Any, lazy: bool, transform_info: Any
    ) -> Any:
        """As ``monai.transforms.spatial.functional.orientation``, but for the turn in memory."""
        plain = isinstance(img, MetaTensor) and img.ndim == 1 + RANK and img.device.type == "cpu"
        if not self._turns_late or lazy or not plain or not get_track_meta():
            return self._orientation(
                img, original_affine, spatial_ornt, lazy=lazy, transform_info=transform_info
            )
        shape = img.peek_pending_shape()
        moved = np.argsort(spatial_ornt[:, 0])
        meta = TraceableTransform.track_transform_meta(
            img,
            sp_size=np.asarray(shape)[moved],
            affine=nibabel.orientations.inv_ornt_aff(spatial_ornt, shape),
            extra_info={"original_affine": original_affine},
            orig_size=shape,
            transform_info=transform_info,
            lazy=False,
        )
        order = [0, *(1 + int(axis) for axis in moved)]
        out = _with_meta(img.as_tensor().permute(order), meta)
        turned = tuple(
            position for position, axis in enumerate(order)
            if axis > 0 and spatial_ornt[axis - 1, 1] == -1
        )  # fmt: skip
        if turned:
            setattr(out, _TURNED, turned)
        return out


def _with_meta(values: torch.Tensor, meta: Any) -> MetaTensor:
    made: Any = MetaTensor(values)
    made.copy_meta_from(meta)
    return cast(MetaTensor, made)


def turn_now(data: dict[Any, Any]) -> dict[Any, Any]:
    """The items with every turn made that ``turning_late`` left open."""
    return {key: _turn(value) for key, value in data.items()}


def _turn(value: Any) -> Any:
    turned = _take_turned(value)
    return torch.flip(value, dims=turned) if turned else value


def _take_turned(value: Any) -> tuple[int, ...]:
    if not isinstance(value, MetaTensor):
        return ()
    return cast(tuple[int, ...], value.__dict__.pop(_TURNED, ()))


def _read(
    img: Any, dst_affine: Any, spatial_size: Any, mode: Any, padding_mode: Any
) -> _Asked | None:
    """The call in plain values, as MONAI reads it; None for what is left to MONAI."""
    if not isinstance(img, MetaTensor) or img.ndim != 1 + RANK or img.device.type != "cpu":
        return None
    if USE_COMPILED or not get_track_meta() or img.requires_grad or dst_affine is None:
        return None
    if img.is_complex() or _plain(mode) not in _MODES or _plain(padding_mode) not in _PADDINGS:
        return None
    placed: Any = img
    source = to_affine_nd(RANK, placed.peek_pending_affine()).to(torch.float64)
    wanted = torch.as_tensor(to_affine_nd(RANK, dst_affine)).to(torch.float64)
    extents = torch.tensor(placed.peek_pending_shape()[:RANK])
    if isinstance(spatial_size, int):
        return None
    if spatial_size is None:
        spatial_size, _ = compute_shape_offset(extents, source, wanted)  # type: ignore[arg-type]
    if len(spatial_size) < RANK:
        return None
    filled = fall_back_tuple(tuple(spatial_size)[:RANK], extents, lambda one: one >= 0)
    size = tuple(int(one) for one in filled)
    xform = np.linalg.solve(source.numpy(), wanted.numpy())
    same_size = size == tuple(int(one) for one in extents)
    unchanged = np.allclose(xform, np.eye(1 + RANK), atol=AFFINE_TOL) or np.allclose(
        source.numpy(), wanted.numpy(), atol=AFFINE_TOL
    )
    if (same_size and unchanged) or min(size) < 1 or not np.isfinite(xform).all():
        return None
    return _Asked(
        img=img, size=size, xform=torch.from_numpy(xform), source_affine=source,
        mode=_plain(mode), padding_mode=_plain(padding_mode),
    )  # fmt: skip


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _is_finite(values: torch.Tensor) -> bool:
    if not values.is_floating_point():
        return True
    low, high = values.aminmax()
    return bool(torch.isfinite(low) & torch.isfinite(high))


def _only_moves_follow(img: MetaTensor) -> bool:
    """Whether what is still to be inverted moves voxels only."""
    return all(
        isinstance(one, dict) and one.get(TraceKeys.CLASS_NAME) in _ONLY_MOVES
        for one in img.applied_operations
    )
