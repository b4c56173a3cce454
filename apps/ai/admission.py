"""Whether a job fits into a device's memory: what it needs, and what follows. Pure.

A number the model's side-car states (``limits``) binds. An estimate from the size of the
volume only makes a job wait for a while: it is a guess, and a run that meets the limit after all is
run smaller or ends by name (``runner.smaller``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from apps.ai.runner.memory import DeviceMemory

MIB = 1024 * 1024
#: Interpreter, torch and MONAI, and a network of usual size with its windows.
BUNDLE_BASE_BYTES = 1_536 * MIB
#: The image and its copies through preprocessing (float32), and each label's way back.
BUNDLE_BYTES_PER_VOXEL = 24
BUNDLE_BYTES_PER_VOXEL_AND_LABEL = 12
BUILTIN_BASE_BYTES = 512 * MIB
BUILTIN_BYTES_PER_VOXEL = 24

OVERTAKEN_FOR_S = 120.0
"""So long jobs behind may go first; then an estimate is tried, a stated need is waited for."""
WAITS_AT_MOST_S = 600.0
FITS_NOBODY_AFTER_S = 60.0
"""A worker that is large enough has been rung for by then, or has said that it is at work."""


@dataclass(frozen=True, slots=True)
class Need:
    """What one run takes of its device at most, weights included."""

    bytes: int
    is_stated: bool


class Admission(Enum):
    """What a worker does with a job it could take."""

    TAKE = "take"
    PASS_OVER = "pass_over"  # noqa: S105 - no password
    HOLD_BACK = "hold_back"
    """Take nothing behind it either: what runs beside frees memory by ending."""
    TOO_LARGE = "too_large"
    """Not on this device, however long it waits."""
    GIVE_UP = "give_up"


def estimate_need(
    *, limits: Mapping[str, Any], is_builtin: bool, voxels: int, labels: int = 2
) -> Need:
    """From what the side-car states, else from the number of voxels of all inputs."""
    stated = limits.get("memory_mb")
    if isinstance(stated, int) and stated > 0:
        stated_per_voxel = int(limits.get("memory_bytes_per_voxel") or 0)
        return Need(bytes=stated * MIB + stated_per_voxel * voxels, is_stated=True)
    if is_builtin:
        return Need(BUILTIN_BASE_BYTES + voxels * BUILTIN_BYTES_PER_VOXEL, is_stated=False)
    per_voxel = BUNDLE_BYTES_PER_VOXEL + labels * BUNDLE_BYTES_PER_VOXEL_AND_LABEL
    return Need(BUNDLE_BASE_BYTES + voxels * per_voxel, is_stated=False)


def admit(*, need: Need, memory: DeviceMemory, waited_s: float, others_run: bool) -> Admission:
    """What to do with the first job of the queue, or one behind others that were passed over.

    Parameters
    ----------
    memory : of this worker's device; what its own warm models hold counts as free.
    waited_s : since this worker first passed over the job.
    others_run : whether any job runs now, whose end would free memory.
    """
    if need.bytes <= memory.free_bytes:
        return Admission.TAKE
    if not need.is_stated:
        # Where nothing runs nothing will be freed: waiting would not help.
        tried = waited_s >= OVERTAKEN_FOR_S or not others_run
        return Admission.TAKE if tried else Admission.PASS_OVER
    if need.bytes > memory.total_bytes:
        return Admission.TOO_LARGE
    if waited_s >= WAITS_AT_MOST_S:
        return Admission.GIVE_UP
    if waited_s >= OVERTAKEN_FOR_S and others_run:
        return Admission.HOLD_BACK
    return Admission.PASS_OVER


def in_gib(count: int) -> str:
    """For people: ``12.5 GB`` (2^30 bytes)."""
    return f"{count / 1024**3:.1f} GB"
