"""A bundle's chains of transforms, run so that two neighbours may save each other's work.

Every transform is the bundle's own and is called by MONAI's ``Compose``, which can begin and end
anywhere in its chain. Only pairs that are certain are looked for; everything else runs in one go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import torch
from monai.transforms import (  # type: ignore[attr-defined]
    AsDiscreted,
    Compose,
    Invertd,
    Orientationd,
    Spacingd,
)

from apps.ai.runner.early_labels import Decision
from apps.ai.runner.resampling import LeanResampling, turn_now

Chain = Callable[[dict[str, Any]], Any]


def run_preparation(chain: Chain, items: dict[str, Any]) -> Any:
    """The preprocessing; an image that is turned and then resampled is not turned in memory."""
    with LeanResampling() as lean:
        place = _find_turn(chain)
        if place is None or not isinstance(chain, Compose):
            return chain(items)
        data: Any = chain(items, start=0, end=place) if place else items
        with lean.turning_late():
            data = chain(data, start=place, end=place + 2)
        if isinstance(data, dict):
            data = turn_now(data)
        return chain(data, start=place + 2) if place + 2 < len(chain.transforms) else data


def run_finishing(chain: Chain, data: dict[str, Any]) -> Any:
    """The postprocessing; a map that is brought back and then decided is decided on the way."""
    with LeanResampling() as lean:
        found = _find_decision(chain)
        if found is None or not isinstance(chain, Compose):
            return chain(data)
        place, key, decision = found
        done: Any = chain(data, start=0, end=place) if place else data
        with lean.deciding_early(decision):
            done = chain(done, start=place, end=place + 1)
        behind = place + 1
        if lean.take_decided():
            behind += 1
            if behind < len(chain.transforms):
                # What AsDiscreted would have given the next one.
                done = {**done, key: done[key].to(torch.float32)}
        return chain(done, start=behind) if behind < len(chain.transforms) else done


def run_inversion(invert: Invertd, data: Mapping[Any, Any]) -> Any:
    """An inversion that is no part of the bundle's own chain."""
    with LeanResampling():
        return invert(data)


def _find_turn(chain: Chain) -> int | None:
    """Where ``Orientationd`` is followed by ``Spacingd`` for the same items."""
    if not _is_plain(chain):
        return None
    steps = chain.transforms  # type: ignore[attr-defined]
    for place, (one, other) in enumerate(pairwise(steps)):
        if type(one) is not Orientationd or type(other) is not Spacingd:
            continue
        if one.lazy or other.lazy or tuple(one.keys) != tuple(other.keys):
            return None
        return place
    return None


def _find_decision(chain: Chain) -> tuple[int, str, Decision] | None:
    """Where one map is inverted and then decided, and how."""
    if not _is_plain(chain):
        return None
    steps = chain.transforms  # type: ignore[attr-defined]
    for place, (one, other) in enumerate(pairwise(steps)):
        if type(one) is not Invertd or type(other) is not AsDiscreted:
            continue
        decision = _read_decision(other)
        if decision is None or len(one.keys) != 1 or tuple(one.keys) != tuple(other.keys):
            return None
        if any(one.post_func) or any(one.device):
            return None
        return place, str(one.keys[0]), decision
    return None


def _read_decision(step: AsDiscreted) -> Decision | None:
    """Argmax alone, or a threshold above zero alone: what is filled up with zeros stays zero."""
    if step.converter.kwargs or any(one is not None for one in (*step.to_onehot, *step.rounding)):
        return None
    argmax, threshold = step.argmax[0], step.threshold[0]
    if argmax and threshold is None:
        return Decision()
    if not argmax and threshold is not None and float(threshold) > 0:
        return Decision(threshold=float(threshold))
    return None


def _is_plain(chain: Chain) -> bool:
    return type(chain) is Compose and not chain.lazy and not chain.log_stats
