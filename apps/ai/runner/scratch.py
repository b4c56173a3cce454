"""The runner's directory: made for one process, held to a size, emptied after each run."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4


@dataclass(frozen=True, slots=True)
class Scratch:
    """A private directory with ``in`` and ``work``, and the lock that its worker holds.

    The kernel frees the lock when the worker dies. A process number would not do: in a container
    that was started again the next worker has the same one.
    """

    path: Path
    lock: int

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        _lock_of(self.path).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            os.close(self.lock)


def make_scratch(scratch_root: Path) -> Scratch:
    """A directory of this worker's own; what dead workers left is removed."""
    scratch_root.mkdir(parents=True, exist_ok=True, mode=0o700)
    remove_stale_scratch(scratch_root)
    path = scratch_root / f"runner-{os.getpid()}-{uuid4().hex[:12]}"
    # The lock comes before the directory: there is no moment at which it looks abandoned.
    lock = os.open(_lock_of(path), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    path.mkdir(mode=0o700)
    (path / "in").mkdir()
    (path / "work").mkdir()
    return Scratch(path=path, lock=lock)


def remove_stale_scratch(scratch_root: Path) -> None:
    """Remove directories of runners whose worker is gone: they may hold image data."""
    for directory in scratch_root.glob("runner-*-*"):
        if directory.is_dir() and not _is_held(directory):
            shutil.rmtree(directory, ignore_errors=True)
            _lock_of(directory).unlink(missing_ok=True)


def _lock_of(directory: Path) -> Path:
    return directory.with_name(f".{directory.name}.lock")


def _is_held(directory: Path) -> bool:
    try:
        lock = os.open(_lock_of(directory), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(lock)
    return False


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
