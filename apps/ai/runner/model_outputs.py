"""What a bundle's postprocessing left, as labels or channels on the source grid."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from monai.data import MetaTensor  # type: ignore[attr-defined]
from numpy.typing import NDArray

from apps.ai.runner.label_maps import LabelledGrid
from apps.ai.runner.refusals import BundleRefused


def read_grid(
    *, data: Mapping[str, Any], output_key: str, shape: tuple[int, ...], by_channel: bool
) -> LabelledGrid:
    """Turn (channel, x, y, z) into (slice, row, column) of ``shape``.

    Parameters
    ----------
    by_channel:
        The side-car reads channels. Otherwise several channels are probabilities of exclusive
        labels, and one channel holds the labels themselves.

    Raises
    ------
    BundleRefused
        ``output_missing``, ``output_shape``, ``output_values``, ``output_grid``.
    """
    if output_key not in data:
        raise BundleRefused("output_missing", f"The model gave no {output_key}.")
    output = _as_channels(data[output_key])
    if tuple(output.shape[:0:-1]) != tuple(shape):
        given = tuple(output.shape[:0:-1])
        raise BundleRefused(
            "output_grid", f"The output has shape {given}, the image {tuple(shape)}."
        )
    if output.dtype == torch.uint8 and output.shape[0] == 1 and not by_channel:
        return _labelled(output[0], data)
    low, high = (float(one) for one in output.aminmax())
    if not math.isfinite(low) or not math.isfinite(high):  # a NaN anywhere is both
        raise BundleRefused("output_values", "The model's output holds no valid labels.")
    if by_channel:
        if low < 0 or high > 1:
            raise BundleRefused("output_values", "A channel holds more than 0 to 1.")
        return LabelledGrid(channels=output.numpy().transpose(0, 3, 2, 1))
    if output.shape[0] > 1:
        low, high = 0.0, float(output.shape[0] - 1)
    if round(low) < 0 or round(high) > 255:
        raise BundleRefused("output_values", "The model's output holds no valid labels.")
    if output.shape[0] == 1:
        return _labelled(output[0].round().clamp(0, 255).to(torch.uint8), data)
    soft = _soft(output.to(torch.float32).numpy())
    labels = soft.argmax(axis=0)
    chosen = np.take_along_axis(soft, labels[None], axis=0)[0]
    return LabelledGrid(
        labels=labels.astype(np.uint8).transpose(2, 1, 0),
        probability=_turned(chosen),
        soft=soft.transpose(0, 3, 2, 1),
    )


def _labelled(labels: torch.Tensor, data: Mapping[str, Any]) -> LabelledGrid:
    """Labels (x, y, z), uint8; their probability is an item of its own, where there is one."""
    chosen = None
    if "probability" in data:
        chosen = _turned(_as_channels(data["probability"]).amax(dim=0).numpy())
    return LabelledGrid(labels=labels.numpy().transpose(2, 1, 0), probability=chosen)


def _turned(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.nan_to_num(values.astype(np.float32)).transpose(2, 1, 0)


def _as_channels(value: Any) -> torch.Tensor:
    """(channel, x, y, z), float32 or uint8, on the processor, without MONAI's additions."""
    tensor = value.detach() if isinstance(value, torch.Tensor) else torch.as_tensor(value)
    if isinstance(tensor, MetaTensor):
        tensor = tensor.as_tensor()
    kept = torch.uint8 if tensor.dtype == torch.uint8 else torch.float32
    array = tensor.to(device="cpu", dtype=kept)
    if array.ndim == 3:
        array = array[None]
    if array.ndim != 4:
        raise BundleRefused("output_shape", "The model's output is no three-dimensional map.")
    return array


def _soft(output: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities of a multi-channel output: as they are, or by softmax when they are not."""
    sums = output.sum(axis=0)
    if output.min() >= 0 and np.allclose(sums, 1.0, atol=1e-2):
        return output
    shifted = np.exp(output - output.max(axis=0, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=0, keepdims=True), dtype=np.float32)
