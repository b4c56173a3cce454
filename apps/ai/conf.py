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

BUDGET_WINDOW = timedelta(days=30)
BUDGET_MIN_STUDIES = 20
"""Fewer studies than this say nothing about a share: one of twenty is five per cent."""
BUDGET_MIN_REVIEWED = 10
BUDGET_REVIEWED_OF_LAST = 100
BUDGETS_EVERY_S = 60.0

EXTERNAL_MASK_BYTES = 512 * 1024 * 1024
"""Of one finding's mask on the whole grid of its images, unpacked."""
EXTERNAL_MAX_FINDINGS = 256
"""Of one object; one that states more is refused whole, since a part would look like all."""
EXTERNAL_LOOK_AGAIN = timedelta(minutes=10)
"""While images that an object speaks of are being fetched again."""
EXTERNAL_BELL_EVERY = timedelta(seconds=60)

DEFAULT_TIMEOUT_S = 600.0
DEFAULT_MEMORY_GIB = 16
DEFAULT_WARM_GIB = 4
MANUFACTURER = "Consilium"

VALIDATION_LEASE = timedelta(minutes=3)
VALIDATION_BEAT_S = 30.0
VALIDATION_REPORT_EVERY_S = 2.0
VALIDATION_BELL_EVERY = timedelta(seconds=30)
VALIDATION_MAX_STUDIES = 5_000
VALIDATION_MAX_FILES = 20_000
"""Of one study."""
VALIDATION_MAX_BYTES = 8 * 1024**3
"""Of one study: it is copied before it is read."""


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


def warm_limit_bytes() -> int:
    """How much the models that stay loaded may hold together."""
    return read_int("CONSILIUM_AI_WARM_GIB", DEFAULT_WARM_GIB) * 1024**3


def bundle_store() -> Path:
    return Path(settings.VAR_DIR) / "ai" / "bundles"


def bundle_spool() -> Path:
    """Archives on their way here; on the store's disk, and not in it."""
    return Path(settings.VAR_DIR) / "ai" / "uploads"


def validation_root() -> Path | None:
    """``CONSILIUM_VALIDATION_ROOT``: below it lie folders of studies with reference masks."""
    chosen = read_str("CONSILIUM_VALIDATION_ROOT", "")
    return Path(chosen) if chosen else None


def scratch_root() -> Path:
    return Path(settings.VAR_DIR) / "ai" / "scratch"


def result_store() -> Path:
    return Path(settings.ARCHIVE_ROOT) / "ai-results"
