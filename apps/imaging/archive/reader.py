"""A published series: everything it holds, read from its immutable directory."""

import gzip
import hashlib
import threading
import time
import weakref
from collections import OrderedDict
from io import BytesIO
from typing import Any, Protocol

import numpy.typing as npt
import orjson
import pydicom
from pydicom.dataset import Dataset

from apps.imaging.archive.pixels import HTJ2K_SYNTAXES, decode_frame
from apps.imaging.archive.place import series_store
from apps.imaging.archive.store import MANIFEST, StoredFile

METADATA = "metadata.json.gz"
VIEWER = "viewer.json.gz"
FRAMES = "frames.bin"
ORIGINALS = "originals.bin"
THUMBNAIL = "thumbnail.jpg"
OPEN_SERIES = 64
LOOK_AGAIN_S = 2.0
CHUNK_BYTES = 8 * 1024 * 1024


class ReadableSeries(Protocol):
    """What computing needs of a series: an archived one, or one that lies in a folder."""

    archive_key: str
    instances: list[dict[str, Any]]

    def metadata(self) -> list[dict[str, Any]]: ...

    def decode(self, sop_instance_uid: str, frame: int = 1) -> npt.NDArray[Any]: ...

    def open_frames(self) -> None:
        """Before several threads decode at once: what they share is opened by one."""


class SeriesArchive:
    """Read access to one archive key. Immutable content: safe to cache and to share."""

    def __init__(self, archive_key: str) -> None:
        self.archive_key = archive_key
        self._store = series_store()
        self.is_remote = self._store.is_remote
        self.manifest: dict[str, Any] = orjson.loads(self._store.read(archive_key, MANIFEST))
        self.instances: list[dict[str, Any]] = self.manifest["instances"]
        self._position = {one["sop_instance_uid"]: n for n, one in enumerate(self.instances)}
        self._files: dict[str, StoredFile] = {}
        weakref.finalize(self, _close_all, self._files)

    def instance(self, sop_instance_uid: str) -> dict[str, Any] | None:
        position = self._position.get(sop_instance_uid)
        return None if position is None else self.instances[position]

    def position(self, sop_instance_uid: str) -> int | None:
        """Place in slice order, from 0."""
        return self._position.get(sop_instance_uid)

    def file(self, name: str) -> StoredFile:
        """Kept open as long as this object: eviction does not disturb who reads.

        Raises
        ------
        FileNotFoundError
            Evicted since this object was made.
        """
        if name not in self._files:
            self._files[name] = self._store.open(self.archive_key, name)
        return self._files[name]

    def open_frames(self) -> None:
        self.file(FRAMES)

    def frame_span(self, sop_instance_uid: str, frame: int) -> tuple[int, int, str] | None:
        """Offset, length, transfer syntax of frame ``frame`` (from 1); ``None`` if absent."""
        one = self.instance(sop_instance_uid)
        if one is None or not 1 <= frame <= len(one["frames"]):
            return None
        stored = one["frames"][frame - 1]
        return stored["offset"], stored["length"], stored["transfer_syntax_uid"]

    def read_frame(self, sop_instance_uid: str, frame: int) -> tuple[bytes, str]:
        span = self.frame_span(sop_instance_uid, frame)
        if span is None:
            raise KeyError(f"{sop_instance_uid} frame {frame}")
        offset, length, syntax = span
        return self.file(FRAMES).read_range(offset, length), syntax

    def keeps_source_codestream(self, sop_instance_uid: str) -> bool:
        """Its frames are the very bytes that came: comments in them are the maker's."""
        one = self.instance(sop_instance_uid)
        return one is not None and one["transfer_syntax_uid"] in HTJ2K_SYNTAXES

    def decode(self, sop_instance_uid: str, frame: int = 1) -> npt.NDArray[Any]:
        """Stored values of one frame, equal to what pydicom decodes from the original."""
        body, syntax = self.read_frame(sop_instance_uid, frame)
        one = self.instance(sop_instance_uid)
        assert one is not None
        return decode_frame(
            body,
            transfer_syntax_uid=syntax,
            rows=one["rows"],
            columns=one["columns"],
            samples=one["samples"],
            dtype=one["dtype"],
        )

    def read_original(self, sop_instance_uid: str) -> bytes:
        """The Part 10 file as received, its preamble zeroed."""
        one = self.instance(sop_instance_uid)
        if one is None:
            raise KeyError(sop_instance_uid)
        offset, length = one["original"]
        return self.file(ORIGINALS).read_range(offset, length)

    def read_header(self, sop_instance_uid: str) -> Dataset:
        """The header of one instance, pixels left out."""
        raw = BytesIO(self.read_original(sop_instance_uid))
        return pydicom.dcmread(raw, stop_before_pixels=True)

    def metadata_gz(self) -> bytes:
        return self._store.read(self.archive_key, METADATA)

    def viewer_gz(self) -> bytes:
        return self._store.read(self.archive_key, VIEWER)

    def metadata(self) -> list[dict[str, Any]]:
        """Full DICOM JSON, one document per instance, in slice order."""
        documents: list[dict[str, Any]] = orjson.loads(gzip.decompress(self.metadata_gz()))
        return documents

    def viewer_profile(self) -> list[dict[str, Any]]:
        documents: list[dict[str, Any]] = orjson.loads(gzip.decompress(self.viewer_gz()))
        return documents

    def thumbnail(self) -> bytes | None:
        if THUMBNAIL not in self.manifest["files"]:
            return None
        return self._store.read(self.archive_key, THUMBNAIL)

    def verify(self) -> list[str]:
        """Names of files whose bytes are not those of the manifest."""
        return [
            name
            for name, facts in self.manifest["files"].items()
            if not self._holds(name, sha256=facts["sha256"])
        ]

    def _holds(self, name: str, *, sha256: str) -> bool:
        digest, offset = hashlib.sha256(), 0
        try:
            file = self._store.open(self.archive_key, name)
        except FileNotFoundError:
            return False
        while chunk := file.read_range(offset, CHUNK_BYTES):
            digest.update(chunk)
            offset += len(chunk)
        file.close()
        return digest.hexdigest() == sha256


def _close_all(files: dict[str, StoredFile]) -> None:
    for file in files.values():
        file.close()


class _OpenSeries:
    """The series read last, kept open; dropped soon after the store has let them go."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, tuple[SeriesArchive, float]] = OrderedDict()
        self._lock = threading.Lock()

    def at_hand(self, archive_key: str) -> SeriesArchive | None:
        """From memory; ``None`` when the store has to be asked first."""
        with self._lock:
            held = self._held.get(archive_key)
            if held is None or time.monotonic() - held[1] >= LOOK_AGAIN_S:
                return None
            self._held.move_to_end(archive_key)
            return held[0]

    def get(self, archive_key: str) -> SeriesArchive:
        if (near := self.at_hand(archive_key)) is not None:
            return near
        now = time.monotonic()
        with self._lock:
            held = self._held.get(archive_key)
        if held is not None and not series_store().exists(archive_key):
            with self._lock:
                self._held.pop(archive_key, None)
            raise FileNotFoundError(archive_key)
        archive = held[0] if held is not None else SeriesArchive(archive_key)
        with self._lock:
            self._held[archive_key] = (archive, now)
            self._held.move_to_end(archive_key)
            while len(self._held) > OPEN_SERIES:
                self._held.popitem(last=False)
        return archive


_open_series = _OpenSeries()


def series_at_hand(archive_key: str) -> SeriesArchive | None:
    """What ``open_series`` would return without asking the store; for event loops."""
    return _open_series.at_hand(archive_key)


def open_series(archive_key: str) -> SeriesArchive:
    """A published series by its key.

    Raises
    ------
    FileNotFoundError
        It is not (any more) in the archive.
    ValueError
        The key is not one.
    """
    return _open_series.get(archive_key)
