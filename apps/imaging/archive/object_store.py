"""Published series in an object store (S3 and what speaks like it), by obstore.

An object store has no rename. So the manifest is what makes a series visible: it is written last
and deleted first. Files without a manifest are what a crash cut off; ``sweep`` removes them when
they are old enough not to be in the making.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import ObjectStore as Backend

from apps.imaging.archive.layout import ARCHIVE_KEY_PATTERN
from apps.imaging.archive.store import MANIFEST, StoredSeries, StoreUnavailable

PREFIX = "series"
#: Longer than any series takes to be written.
CUT_OFF_AFTER = timedelta(hours=6)


class RemoteFile:
    """One object; nothing is held open, so a deleted one is absent at the next read."""

    def __init__(self, backend: Backend, path: str) -> None:
        self._backend, self._path = backend, path
        with _told(path):
            self._size = obstore.head(backend, path)["size"]

    def read_range(self, offset: int, length: int) -> bytes:
        """Like ``pread``: fewer bytes, or none, at the end of the file."""
        length = min(length, self._size - offset)
        if length <= 0:
            return b""
        with _told(self._path):
            return bytes(obstore.get_range(self._backend, self._path, start=offset, length=length))

    def read_range_at_once(self, offset: int, length: int) -> None:
        """Always has to be waited for."""

    def close(self) -> None:
        pass


class ObjectStore:
    """``series/<2 letters>/<key>/<name>``; safe to be used by many processes and machines."""

    is_remote = True

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def put(self, *, archive_key: str, draft: Path) -> bool:
        if self.exists(archive_key):
            return False
        files = sorted(draft.iterdir(), key=lambda path: path.name == MANIFEST)
        with _told(archive_key):
            for path in files:  # the manifest last
                obstore.put(self._backend, _path_of(archive_key, path.name), path)
        return True

    def exists(self, archive_key: str) -> bool:
        try:
            with _told(archive_key):
                obstore.head(self._backend, _path_of(archive_key, MANIFEST))
        except FileNotFoundError:
            return False
        return True

    def size_bytes(self, archive_key: str) -> int:
        self._require(archive_key)
        return sum(size for _, size in self._files_of(archive_key))

    def read(self, archive_key: str, name: str) -> bytes:
        path = _path_of(archive_key, name)
        with _told(path):
            return bytes(obstore.get(self._backend, path).bytes())

    def open(self, archive_key: str, name: str) -> RemoteFile:
        self._require(archive_key)
        return RemoteFile(self._backend, _path_of(archive_key, name))

    def delete(self, archive_key: str) -> bool:
        if not self.exists(archive_key):
            return False
        with _told(archive_key):
            obstore.delete(self._backend, _path_of(archive_key, MANIFEST))
            obstore.delete(self._backend, [path for path, _ in self._files_of(archive_key)])
        return True

    def list_keys(self) -> Iterator[StoredSeries]:
        for path, modified_at in self._listed():
            key, _, name = path.rpartition("/")
            key = key.rpartition("/")[2]
            if name == MANIFEST and ARCHIVE_KEY_PATTERN.match(key):
                yield StoredSeries(key, modified_at.timestamp())

    def sweep(self) -> int:
        seen: dict[str, list[str]] = {}
        whole: set[str] = set()
        newest: dict[str, datetime] = {}
        for path, modified_at in self._listed():
            folder, _, name = path.rpartition("/")
            seen.setdefault(folder, []).append(path)
            newest[folder] = max(modified_at, newest.get(folder, modified_at))
            if name == MANIFEST:
                whole.add(folder)
        before = datetime.now(UTC) - CUT_OFF_AFTER
        cut_off = [folder for folder in seen if folder not in whole and newest[folder] < before]
        for folder in cut_off:
            with _told(folder):
                obstore.delete(self._backend, seen[folder])
        return len(cut_off)

    def _require(self, archive_key: str) -> None:
        if not self.exists(archive_key):
            raise FileNotFoundError(archive_key)

    def _files_of(self, archive_key: str) -> list[tuple[str, int]]:
        with _told(archive_key):
            listing = obstore.list(self._backend, _path_of(archive_key, ""))
            return [(one["path"], one["size"]) for chunk in listing for one in chunk]

    def _listed(self) -> Iterator[tuple[str, datetime]]:
        with _told(PREFIX):
            for chunk in obstore.list(self._backend, PREFIX):
                for one in chunk:
                    yield one["path"], one["last_modified"]


def _path_of(archive_key: str, name: str) -> str:
    if not ARCHIVE_KEY_PATTERN.match(archive_key):
        raise ValueError("not an archive key")
    return f"{PREFIX}/{archive_key[:2]}/{archive_key}/{name}".rstrip("/")


@contextmanager
def _told(what: str) -> Iterator[None]:
    """obstore's errors as the protocol's."""
    try:
        yield
    except (NotFoundError, FileNotFoundError) as error:
        raise FileNotFoundError(what) from error
    except BaseError as error:
        raise StoreUnavailable(f"object store: {type(error).__name__}") from error
