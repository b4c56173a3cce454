"""Sliding windows as MONAI lays them, with less work for the same answer.

Windows, weights and overlap are those of the bundle's ``SlidingWindowInferer``. What differs:

- windows that hold one value throughout (air, after clipping) are asked about once, not each time;
- how many windows go through the network at a time, and where the output is put together, follow
  from the device's memory.

Anything else a bundle brings as its inferer is called as it is.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from monai.data.utils import (
    compute_importance_map,
    dense_patch_slices,
    get_valid_patch_size,
)
from monai.inferers import SlidingWindowInferer  # type: ignore[attr-defined]
from monai.inferers.utils import _get_scan_interval
from monai.utils import ensure_tuple_rep, fall_back_tuple  # type: ignore[attr-defined]
from torch.nn import functional

from apps.ai.runner.effort import Effort
from apps.ai.runner.refusals import BundleRefused

Network = Callable[[torch.Tensor], Any]
Window = tuple[slice, ...]
#: Below this many equal windows asking once saves nothing: one is asked twice to see that the
#: network gives one answer to one window.
WORTH_KNOWING = 3


class _NotPlain(Exception):
    """The network gives something other than one map of the window's size."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many windows there were, and how many the network was asked about."""

    windows: int
    asked: int


@dataclass(slots=True)
class WindowedInference:
    """A bundle's inferer, made to fit.

    Parameters
    ----------
    inferer : as the bundle configured it.
    effort : how much memory may be taken.
    same_once : whether equal windows may be asked about once.
    """

    inferer: Callable[..., Any]
    effort: Effort = Effort.USUAL
    same_once: bool = True
    counted: Counted | None = None
    _is_sure: bool = False

    def __call__(
        self, image: torch.Tensor, network: Network, arranged: Network | None = None
    ) -> Any:
        """The network's output for ``image`` (1, channel, …), on the device it is put together.

        Parameters
        ----------
        arranged : the same network as it is best asked about windows (``tuning``).
        """
        inferer = self.inferer
        if not isinstance(inferer, SlidingWindowInferer):
            if self.effort in {Effort.ONE_WINDOW, Effort.STITCHED_ON_HOST}:
                raise BundleRefused(
                    "out_of_memory", "The model reads the image whole; there is no smaller step."
                )
            return inferer(image, network)
        asked = network if arranged is None else arranged
        usual = max(inferer.sw_batch_size, getattr(asked, "batch", 1))
        batch = usual if self.effort is Effort.USUAL else 1
        stitch_on = _stitch_device(inferer, image, self.effort)
        if type(inferer) is SlidingWindowInferer and not inferer.with_coord:
            try:
                return self._infer(image, asked, inferer, batch, stitch_on)
            except _NotPlain:
                pass
        smaller = copy.copy(inferer)
        if self.effort is not Effort.USUAL:
            smaller.sw_batch_size, smaller.device = batch, stitch_on
        return smaller(image, network)

    def _infer(
        self,
        image: torch.Tensor,
        network: Network,
        inferer: SlidingWindowInferer,
        batch: int,
        stitch_on: torch.device,
    ) -> torch.Tensor:
        plain = image.as_tensor() if hasattr(image, "as_tensor") else image
        spatial = tuple(plain.shape[2:])
        roi = fall_back_tuple(inferer.roi_size, spatial)
        padded, inner = _pad(plain, roi, inferer)
        size = tuple(padded.shape[2:])
        overlap = ensure_tuple_rep(inferer.overlap, len(size))
        steps = _get_scan_interval(size, roi, len(size), overlap)
        windows: list[Window] = list(dense_patch_slices(size, roi, steps))
        weights = _weights(inferer, size, roi, plain)
        total = _Stitched(windows=windows, weights=weights, size=size, on=stitch_on)
        same = _find_same(padded, windows) if self.same_once else []
        alike = {index for group in same for index in group}
        single = [window for index, window in enumerate(windows) if index not in alike]
        asked = 0
        for begin in range(0, len(single), batch):
            chosen = single[begin : begin + batch]
            asked += len(chosen)
            for window, one in zip(chosen, _ask(network, padded, chosen), strict=True):
                total.add(window, one)
        for group in same:
            asked += self._infer_same(padded, [windows[index] for index in group], network, total)
        self.counted = Counted(windows=len(windows), asked=asked)
        return total.result()[(slice(None), slice(None), *inner)]

    def _infer_same(
        self, padded: torch.Tensor, group: Sequence[Window], network: Network, total: _Stitched
    ) -> int:
        """Windows that hold one value: one answer for all, if it is one; how often it asked."""
        answer = _ask(network, padded, group[:1])
        if self.same_once and not self._is_sure:
            again = _ask(network, padded, group[:1])
            self._is_sure = self.same_once = torch.equal(answer, again)
        for window in group:
            if not self.same_once:
                answer = _ask(network, padded, [window])
            total.add(window, answer[0])
        return 1 if self.same_once else len(group)


@dataclass(slots=True)
class _Stitched:
    """Overlapping outputs, weighted and added up, as MONAI does it."""

    windows: Sequence[Window]
    weights: torch.Tensor
    size: tuple[int, ...]
    on: torch.device
    _sum: torch.Tensor | None = None

    def add(self, window: Window, output: torch.Tensor) -> None:
        if self._sum is None:
            self._sum = torch.zeros(
                (1, output.shape[0], *self.size), dtype=self.weights.dtype, device=self.on
            )
        self._sum[_one_of_all(0, window)] += (output * self.weights).to(self.on)

    def result(self) -> torch.Tensor:
        if self._sum is None:
            raise _NotPlain
        count = torch.zeros(self.size, dtype=self.weights.dtype, device=self.on)
        weights = self.weights.to(self.on)
        for window in self.windows:
            count[window] += weights
        self._sum /= count
        return self._sum


def _find_same(padded: torch.Tensor, windows: Sequence[Window]) -> list[list[int]]:
    """Windows of one value throughout, together by that value, where there are enough of them."""
    groups: dict[tuple[float, ...], list[int]] = {}
    for index, window in enumerate(windows):
        low, high = _extremes(padded[_one_of_all(0, window)])
        if torch.equal(low, high):
            groups.setdefault(tuple(low.tolist()), []).append(index)
    return [group for group in groups.values() if len(group) >= WORTH_KNOWING]


def _ask(network: Network, padded: torch.Tensor, windows: Sequence[Window]) -> torch.Tensor:
    data = torch.cat([padded[_one_of_all(slice(None), window)] for window in windows])
    given = network(data)
    if isinstance(given, tuple | list) and given:
        given = given[0]
    if not isinstance(given, torch.Tensor) or given.shape[2:] != data.shape[2:]:
        raise _NotPlain
    return given


def _one_of_all(item: int | slice, window: Window) -> tuple[Any, ...]:
    """Index of a window, all channels, in (item, channel, …)."""
    return (item, slice(None), *window)


def _extremes(window: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Lowest and highest value of each channel."""
    axes = tuple(range(1, window.ndim))
    # Most windows differ in their first line already.
    first: tuple[Any, ...] = (slice(None), *([0] * (window.ndim - 2)))
    line = window[first]
    if not torch.equal(line.amin(dim=1), line.amax(dim=1)):
        return line.amin(dim=1), line.amax(dim=1)
    return window.amin(dim=axes), window.amax(dim=axes)


def _pad(
    image: torch.Tensor, roi: Sequence[int], inferer: SlidingWindowInferer
) -> tuple[torch.Tensor, tuple[slice, ...]]:
    """The image, at least as large as a window, and where it lies in that."""
    spatial = tuple(image.shape[2:])
    missing = [max(0, wanted - given) for wanted, given in zip(roi, spatial, strict=True)]
    before = [one // 2 for one in missing]
    inner = tuple(slice(start, start + given) for start, given in zip(before, spatial, strict=True))
    if not any(missing):
        return image, inner
    pads: list[int] = []
    for axis in reversed(range(len(spatial))):
        pads += [before[axis], missing[axis] - before[axis]]
    mode = str(getattr(inferer.padding_mode, "value", inferer.padding_mode))
    return functional.pad(image, pads, mode=mode, value=inferer.cval), inner


def _weights(
    inferer: SlidingWindowInferer, size: tuple[int, ...], roi: Sequence[int], image: torch.Tensor
) -> torch.Tensor:
    given = inferer.roi_weight_map
    valid = get_valid_patch_size(size, roi)
    if given is None or tuple(valid) != tuple(roi):
        given = compute_importance_map(
            valid, mode=inferer.mode, sigma_scale=inferer.sigma_scale, device=image.device,
            dtype=image.dtype,
        )  # fmt: skip
    return torch.as_tensor(given).to(device=image.device, dtype=image.dtype)


def _stitch_device(
    inferer: SlidingWindowInferer, image: torch.Tensor, effort: Effort
) -> torch.device:
    if effort is Effort.STITCHED_ON_HOST:
        return torch.device("cpu")
    if inferer.device is not None:
        return torch.device(inferer.device)
    if inferer.cpu_thresh is not None and image.shape[2:].numel() > inferer.cpu_thresh:
        return torch.device("cpu")
    return image.device
