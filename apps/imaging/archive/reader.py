"""A published series: everything it holds, read from its immutable directory."""

import gzip
import hashlib
import os
import weakref
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy.typing as npt
import orjson
import pydicom
from pydicom.dataset import Dataset

from apps.imaging.archive.layout import series_directory
from apps.imaging.archive.pixels import decode_frame

MANIFEST = "manifest.json"
METADATA = "metadata.json.gz"
VIEWER = "viewer.json.gz"
FRAMES = "frames.bin"
ORIGINALS = "originals.bin"
THUMBNAIL = "thumbnail.jpg"
OPEN_SERIES = 64


class SeriesArchive:
    """Read access to one archive key. Immutable content: safe to cache and to share."""

    def __init__(self, archive_key: str) -> None:
        self.archive_key = archive_key
        self.directory: Path = series_directory(archive_key)
        self.manifest: dict[str, Any] = orjson.loads((self.directory / MANIFEST).read_bytes())
        self.instances: list[dict[str, Any]] = self.manifest["instances"]
        self._position = {one["sop_instance_uid"]: n for n, one in enumerate(self.instances)}
        self._descriptors: dict[str, int] = {}
        weakref.finalize(self, _close_all, self._descriptors)

    def instance(self, sop_instance_uid: str) -> dict[str, Any] | None:
        position = self._position.get(sop_instance_uid)
        return None if position is None else self.instances[position]

    def position(self, sop_instance_uid: str) -> int | None:
        """Place in slice order, from 0."""
        return self._position.get(sop_instance_uid)

    def descriptor(self, name: str) -> int:
        """A read-only file descriptor, kept open as long as this object."""
        if name not in self._descriptors:
            self._descriptors[name] = os.open(self.directory / name, os.O_RDONLY | os.O_CLOEXEC)
        return self._descriptors[name]

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
        return os.pread(self.descriptor(FRAMES), length, offset), syntax

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
        return os.pread(self.descriptor(ORIGINALS), length, offset)

    def read_header(self, sop_instance_uid: str) -> Dataset:
        """The header of one instance, pixels left out."""
        raw = BytesIO(self.read_original(sop_instance_uid))
        return pydicom.dcmread(raw, stop_before_pixels=True)

    def metadata_gz(self) -> bytes:
        return (self.directory / METADATA).read_bytes()

    def viewer_gz(self) -> bytes:
        return (self.directory / VIEWER).read_bytes()

    def metadata(self) -> list[dict[str, Any]]:
        """Full DICOM JSON, one document per instance, in slice order."""
        documents: list[dict[str, Any]] = orjson.loads(gzip.decompress(self.metadata_gz()))
        return documents

    def viewer_profile(self) -> list[dict[str, Any]]:
        documents: list[dict[str, Any]] = orjson.loads(gzip.decompress(self.viewer_gz()))
        return documents

    def thumbnail(self) -> bytes | None:
        path = self.directory / THUMBNAIL
        return path.read_bytes() if path.exists() else None

    def verify(self) -> list[str]:
        """Names of files whose bytes are not those of the manifest."""
        broken = []
        for name, facts in self.manifest["files"].items():
            path = self.directory / name
            if not path.exists() or _sha256(path) != facts["sha256"]:
                broken.append(name)
        return broken


def _close_all(descriptors: dict[str, int]) -> None:
    for descriptor in descriptors.values():
        os.close(descriptor)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@lru_cache(maxsize=OPEN_SERIES)
def open_series(archive_key: str) -> SeriesArchive:
    """A published series by its key.

    Raises
    ------
    FileNotFoundError
        It is not (any more) in the archive.
    ValueError
        The key is not one.
    """
    return SeriesArchive(archive_key)
