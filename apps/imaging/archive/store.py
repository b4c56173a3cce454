"""Where published series are kept: one small protocol; a directory, or an object store, behind it.

A series is up to six named files under one key (docs/imaging.md, archive). Nothing above knows of
paths.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from apps.imaging.archive import layout

MANIFEST = "manifest.json"


class StoreUnavailable(OSError):
    """The object store does not answer, or refuses."""


@dataclass(frozen=True, slots=True)
class StoredSeries:
    """A key that the store holds; ``modified_at`` in seconds since the epoch."""

    archive_key: str
    modified_at: float


class StoredFile(Protocol):
    """One file of a series, readable until it is closed.

    From a directory also when the series was deleted; from an object store that raises
    ``FileNotFoundError``.
    """

    def read_range(self, offset: int, length: int) -> bytes: ...

    def read_range_at_once(self, offset: int, length: int) -> bytes | bytearray | None:
        """The bytes when nothing has to be waited for; otherwise ``None``."""

    def close(self) -> None: ...


class SeriesStore(Protocol):
    """Immutable series by key. Absent keys and names raise ``FileNotFoundError``."""

    is_remote: bool
    """Every call may have to wait for a network; never made on an event loop."""

    def put(self, *, archive_key: str, draft: Path) -> bool:
        """Make the files of ``draft`` durable and visible at once; ``False`` if it was there."""

    def exists(self, archive_key: str) -> bool: ...

    def size_bytes(self, archive_key: str) -> int: ...

    def read(self, archive_key: str, name: str) -> bytes: ...

    def open(self, archive_key: str, name: str) -> StoredFile: ...

    def delete(self, archive_key: str) -> bool:
        """Gone for new readers at once, whole or not at all; ``False`` if it was not there."""

    def list_keys(self) -> Iterator[StoredSeries]: ...

    def sweep(self) -> int:
        """Finish deletions that a crash cut off; how many."""


class DirectoryFile:
    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def read_range(self, offset: int, length: int) -> bytes:
        return os.pread(self._descriptor, length, offset)

    def read_range_at_once(self, offset: int, length: int) -> bytes | bytearray | None:
        """From the page cache only."""
        buffer = bytearray(length)
        try:
            if os.preadv(self._descriptor, [buffer], offset, os.RWF_NOWAIT) == length:
                return buffer
        except OSError:
            pass  # not in memory, or a file system without NOWAIT
        return None

    def close(self) -> None:
        os.close(self._descriptor)


class DirectoryStore:
    """One directory per series under ``series/``; deleted by way of ``trash/``."""

    is_remote = False

    def put(self, *, archive_key: str, draft: Path) -> bool:
        return layout.install_directory(draft=draft, target=layout.series_directory(archive_key))

    def exists(self, archive_key: str) -> bool:
        return (layout.series_directory(archive_key) / MANIFEST).exists()

    def size_bytes(self, archive_key: str) -> int:
        with os.scandir(layout.series_directory(archive_key)) as entries:
            return sum(entry.stat().st_size for entry in entries)

    def read(self, archive_key: str, name: str) -> bytes:
        return (layout.series_directory(archive_key) / name).read_bytes()

    def open(self, archive_key: str, name: str) -> DirectoryFile:
        return DirectoryFile(layout.series_directory(archive_key) / name)

    def delete(self, archive_key: str) -> bool:
        """The rename is what deletes; removing the files may be cut off and finished later."""
        source = layout.series_directory(archive_key)
        target = layout.trash_directory() / uuid4().hex
        try:
            source.rename(target)
        except FileNotFoundError:
            return False
        layout.sync_file(source.parent)
        shutil.rmtree(target, ignore_errors=True)
        return True

    def list_keys(self) -> Iterator[StoredSeries]:
        for shelf in _listed(layout.archive_root() / "series"):
            for entry in _listed(Path(shelf.path)):
                if layout.ARCHIVE_KEY_PATTERN.match(entry.name):
                    yield StoredSeries(entry.name, entry.stat().st_mtime)

    def sweep(self) -> int:
        leftovers = _listed(layout.trash_directory())
        for entry in leftovers:
            shutil.rmtree(entry.path, ignore_errors=True)
        return len(leftovers)


def _listed(directory: Path) -> "list[os.DirEntry[str]]":
    try:
        with os.scandir(directory) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except FileNotFoundError:
        return []
