"""What killed processes left lying: drafts, staged objects, spooled files; all of it litter."""

import shutil
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from apps.imaging.archive.layout import DERIVED, archive_root
from apps.imaging.choices import ImportState, JobState
from apps.imaging.models import Import, IngestJob

LITTER_AFTER_S = 24 * 3600.0  # a failed ingest that is retried goes on with what it has staged
OPEN_IMPORTS = (
    ImportState.RECEIVING,
    ImportState.PENDING,
    ImportState.RUNNING,
    ImportState.WAITING,
)


def delete_leftovers() -> int:
    """What is untouched for a day and no open job or import owns; how many."""
    imports = set(Import.objects.filter(state__in=OPEN_IMPORTS).values_list("pk", flat=True))
    studies = set(
        IngestJob.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).values_list(
            "study_id", flat=True
        )
    )
    root = archive_root()
    return (
        _delete_old(root / "drafts", spare=())
        + _delete_old(root / "spool", spare=imports)
        + _delete_old(root / "staging", spare=imports | studies)
        + sum(_delete_old_drafts(root / name) for name in DERIVED)
    )


def _delete_old_drafts(folder: Path) -> int:
    """Volumes half built by who was killed: each may hold a whole scan."""
    before = time.time() - LITTER_AFTER_S
    deleted = 0
    for path in folder.glob("*.draft"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                path.unlink()
                deleted += 1
    return deleted


def _delete_old(folder: Path, *, spare: Collection[UUID]) -> int:
    if not folder.is_dir():
        return 0
    names = {str(one) for one in spare}
    before = time.time() - LITTER_AFTER_S
    deleted = 0
    for path in folder.iterdir():
        try:
            is_old = path.stat().st_mtime < before
        except FileNotFoundError:
            continue
        if is_old and path.name not in names:
            shutil.rmtree(path, ignore_errors=True)
            deleted += 1
    return deleted
