"""A network arranged for the processor: the same arithmetic in fewer passes over memory.

Batch normalisations are folded into the convolutions before them, and convolutions keep channels
innermost. Both change results by rounding only, and only networks where that helps are touched
(chosen by what they are built of, not by the clock, so that two workers choose alike). The first
window is asked of both: where they differ by more than rounding the bundle's own stays.
"""

from __future__ import annotations

import copy
import logging
from itertools import pairwise
from typing import Any, cast

import torch
from torch import nn
from torch.nn.utils import fuse_conv_bn_eval

logger = logging.getLogger(__name__)

#: Of the largest value of the output.
ROUNDING = 1e-4
WINDOWS_AT_A_TIME = 2
"""With one, torch takes convolutions of few channels to a slow path."""
_CONVOLUTIONS = (nn.Conv3d, nn.ConvTranspose3d)
_OTHER_NORMS = (
    nn.InstanceNorm3d, nn.GroupNorm, nn.LayerNorm, nn.LocalResponseNorm, nn.MultiheadAttention,
)  # fmt: skip


class TunedNetwork:
    """Called like the network; ``batch`` says how many windows suit it at least."""

    def __init__(self, network: nn.Module, *, device: torch.device) -> None:
        self._plain = network
        self._tuned = _tune(network) if device.type == "cpu" else None
        self._checked = False

    @property
    def batch(self) -> int:
        return 1 if self._tuned is None else WINDOWS_AT_A_TIME

    def __call__(self, data: torch.Tensor) -> Any:
        if self._tuned is None:
            return self._plain(data)
        arranged = data.contiguous(memory_format=torch.channels_last_3d)
        if self._checked:
            return self._tuned(arranged)
        self._checked = True
        expected, given = self._plain(data), self._tuned(arranged)
        if _agree(expected, given):
            return given
        logger.warning("the arranged network answers otherwise; the bundle's own is used")
        self._tuned = None
        return expected


def _tune(network: nn.Module) -> nn.Module | None:
    """A rearranged copy, or None where nothing would be gained or the network is no such one."""
    if isinstance(network, torch.jit.ScriptModule) or network.training:
        return None
    modules = list(network.modules())
    if not any(isinstance(one, _CONVOLUTIONS) for one in modules):
        return None
    if any(isinstance(one, _OTHER_NORMS) for one in modules):
        return None
    try:
        copied = copy.deepcopy(network)
        fold_norms(copied)
        copied.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
        return copied
    except Exception as error:  # noqa: BLE001 - a model's own classes may refuse in any way
        logger.info("network not arranged: %s", error)
        return None


def fold_norms(network: nn.Module) -> int:
    """Fold batch normalisations into the convolution right before them; how many.

    Only inside ``Sequential``, where what follows what is certain; dropout does nothing when a
    network is evaluated and may stand between.
    """
    folded = 0
    for chain in list(network.modules()):
        if isinstance(chain, nn.Sequential) and type(chain).forward is nn.Sequential.forward:
            steps = list(chain.named_children())
            for (name, first), (_, second) in pairwise(steps):
                holder, norm_name = _leading_norm(chain, second)
                if type(first) not in _CONVOLUTIONS or holder is None or _is_hooked(first):
                    continue
                convolution, norm = cast(nn.Conv3d, first), holder.get_submodule(norm_name)
                fused = fuse_conv_bn_eval(
                    convolution,
                    cast(nn.BatchNorm3d, norm),
                    transpose=isinstance(first, nn.ConvTranspose3d),
                )
                setattr(chain, name, fused)
                setattr(holder, norm_name, nn.Identity())
                folded += 1
    return folded


def _leading_norm(chain: nn.Sequential, step: nn.Module) -> tuple[nn.Module | None, str]:
    """Where the normalisation hangs that ``step`` begins with, and its name there."""
    if type(step) is nn.BatchNorm3d and not _is_hooked(step):
        name = next(name for name, one in chain.named_children() if one is step)
        return (chain, name) if _has_statistics(step) else (None, "")
    if isinstance(step, nn.Sequential) and type(step).forward is nn.Sequential.forward:
        for name, one in step.named_children():
            if isinstance(one, nn.Dropout | nn.Dropout3d | nn.Identity):
                continue
            plain = type(one) is nn.BatchNorm3d and not _is_hooked(one)
            return (step, name) if plain and _has_statistics(one) else (None, "")
    return None, ""


def _has_statistics(norm: nn.Module) -> bool:
    return getattr(norm, "running_mean", None) is not None


def _is_hooked(module: nn.Module) -> bool:
    return bool(
        module._forward_hooks
        or module._forward_pre_hooks
        or torch.nn.utils.parametrize.is_parametrized(module)
    )


def _agree(expected: Any, given: Any) -> bool:
    if not isinstance(expected, torch.Tensor) or not isinstance(given, torch.Tensor):
        return False
    if expected.shape != given.shape:
        return False
    largest = max(1.0, float(expected.abs().max()))
    return float((expected - given).abs().max()) <= ROUNDING * largest
