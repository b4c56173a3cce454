"""How much memory a run may take: the usual way, and smaller ones after it met the limit."""

from __future__ import annotations

from enum import StrEnum


class Effort(StrEnum):
    """In the order in which they are tried."""

    USUAL = "usual"
    ONE_WINDOW = "one_window"
    """One window of the sliding window at a time."""
    STITCHED_ON_HOST = "stitched_on_host"
    """And its output is put together in the host's memory instead of the GPU's."""
    ON_CPU = "on_cpu"
    """All of it on the processor."""
