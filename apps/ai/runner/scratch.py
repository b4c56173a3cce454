"""The runner's directory: made for one process, held to a size, emptied after each run."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path


def make_scratch(scratch_root: Path) -> Path:
    """A private directory with ``in`` and ``work``; what dead workers left is removed."""
    scratch_root.mkdir(parents=True, exist_ok=True, mode=0o700)
    remove_stale_scratch(scratch_root)
    scratch = Path(tempfile.mkdtemp(prefix=f"runner-{os.getpid()}-", dir=scratch_root))
    (scratch / "in").mkdir()
    (scratch / "work").mkdir()
    return scratch


def remove_stale_scratch(scratch_root: Path) -> None:
    """Remove directories of runners whose worker is gone: they may hold image data."""
    for directory in scratch_root.glob("runner-*-*"):
        owner = directory.name.split("-")[1]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(directory, ignore_errors=True)


def empty_directory(directory: Path) -> None:
    """Remove what a run left. One run at a time: whatever lies there is its, or nobody's."""
    with contextlib.suppress(OSError):
        for left in list(directory.iterdir()):
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def exceeds(directory: Path, max_bytes: int, max_files: int) -> bool:
    """Whether more bytes or files lie there than may; counting ends at the limit.

    The kernel limits one file, not their sum. Blocks are counted, so a sparse file is what it
    takes on disk.
    """
    files = used_bytes = 0
    for folder, folders, names in os.walk(directory, followlinks=False):
        for name in [*folders, *names]:
            files += 1
            with contextlib.suppress(OSError):
                used_bytes += (Path(folder) / name).lstat().st_blocks * 512
            if files > max_files or used_bytes > max_bytes:
                return True
    return False
