"""Every timing and limit of the AI floor, in one place."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings

from apps.core.env import read_int, read_str

LEASE = timedelta(seconds=20)
HEARTBEAT_S = 5.0
MAX_ATTEMPTS = 3
RETRY_DELAY = timedelta(seconds=2)
BELL_EVERY = timedelta(seconds=10)
BELLS_PER_SWEEP = 4
RERANK_EVERY_S = 10.0
USUAL_OF_LAST = 20
"""How many of a version's last runs say how long it usually takes."""
PROGRESS_EVERY_S = 1.0

EXPORT_LEASE = timedelta(seconds=30)
"""Renewed while the exporter lives, however long the PACS takes."""

EXPORT_MAX_ATTEMPTS = 10
EXPORT_FIRST_DELAY = timedelta(seconds=5)
EXPORT_LONGEST_DELAY = timedelta(minutes=10)

DEFAULT_TIMEOUT_S = 600.0
DEFAULT_MEMORY_GIB = 16
MANUFACTURER = "Consilium"


def read_device() -> str:
    """``CONSILIUM_AI_DEVICE``: cpu, cuda:N, or auto (a GPU when the driver shows one)."""
    chosen = read_str("CONSILIUM_AI_DEVICE", "auto")
    if chosen == "auto":
        return "cuda:0" if Path("/dev/nvidia0").exists() else "cpu"
    return chosen


def memory_limit_bytes() -> int:
    """Address space of the runner; 0 (no limit) on a GPU, where CUDA reserves far more."""
    if read_device().startswith("cuda"):
        return 0
    return read_int("CONSILIUM_AI_MEMORY_GIB", DEFAULT_MEMORY_GIB) * 1024**3


def bundle_store() -> Path:
    return Path(settings.VAR_DIR) / "ai" / "bundles"


def scratch_root() -> Path:
    return Path(settings.VAR_DIR) / "ai" / "scratch"


def result_store() -> Path:
    return Path(settings.ARCHIVE_ROOT) / "ai-results"
