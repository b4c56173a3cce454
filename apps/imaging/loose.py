"""Series whose files lie in a folder: read as the archive reads its own, without entering it.

The same parser child meets the bytes, the same rules order the slices and decode the frames; no
row, no archive key and no pack is written. For data that is compared with, never shown.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt
import orjson
import pydicom
from pydicom.dataset import Dataset

from apps.imaging.archive.pixels import decode_frame
from apps.imaging.archive.writer import StagedInstance, content_hash, in_slice_order
from apps.imaging.parsing import ParseOutcome, ParserPool, shared_pool, side_file
from apps.imaging.segmentations.unpacked import UNPACK_LIMITS, UnpackedFrames, read_unpacked


class LooseSeries:
    """One series of a folder, as ``archive.ReadableSeries`` asks; objects in slice order."""

    def __init__(self, objects: Sequence[StagedInstance]) -> None:
        ordered, _ = in_slice_order(objects)
        self._objects = {one.summary["sop_instance_uid"]: one for one in ordered}
        self.instances: list[dict[str, Any]] = [one.summary for one in ordered]
        first = self.instances[0]
        self.kind: str = first["kind"]
        self.series_instance_uid: str = first["series_instance_uid"]
        self.study_instance_uid: str = first["study_instance_uid"]
        self.content_sha256 = content_hash(self.instances)
        said = f"{self.study_instance_uid}\n{self.series_instance_uid}\n{self.content_sha256}\n"
        self.archive_key = hashlib.sha256(b"loose\n" + said.encode()).hexdigest()

    def metadata(self) -> list[dict[str, Any]]:
        """Full DICOM JSON, one document per object, in slice order."""
        return [orjson.loads(one.metadata()) for one in self._staged()]

    def decode(self, sop_instance_uid: str, frame: int = 1) -> npt.NDArray[Any]:
        """Stored values of one frame."""
        one = self._objects[sop_instance_uid]
        stored = one.summary["frames"][frame - 1]
        with side_file(one.prefix, "frames").open("rb") as stream:
            stream.seek(stored["offset"])
            body = stream.read(stored["length"])
        return decode_frame(
            body,
            transfer_syntax_uid=stored["transfer_syntax_uid"],
            rows=one.summary["rows"],
            columns=one.summary["columns"],
            samples=one.summary["samples"],
            dtype=one.summary["dtype"],
        )

    def open_frames(self) -> None:
        """Nothing is shared: each frame opens its own file."""

    def headers(self) -> list[Dataset]:
        """Headers in slice order, pixels left out."""
        return [
            pydicom.dcmread(side_file(one.prefix, "dcm"), stop_before_pixels=True)
            for one in self._staged()
        ]

    def unpack_segments(self, sop_instance_uid: str) -> UnpackedFrames | ParseOutcome:
        """The frames of one segmentation, unpacked by a parser child; or its refusal."""
        one = self._objects[sop_instance_uid]
        source = side_file(one.prefix, "dcm")
        prefix = one.prefix.with_name(f"{one.prefix.name}-segments")
        with shared_pool() as pool:
            outcome = pool.unpack_segments(
                source=source,
                offset=0,
                length=source.stat().st_size,
                prefix=prefix,
                limits=UNPACK_LIMITS,
            )
        if outcome.summary is None:
            return outcome
        return read_unpacked(side_file(prefix, "masks"))

    def _staged(self) -> list[StagedInstance]:
        return [self._objects[one["sop_instance_uid"]] for one in self.instances]


@dataclass(frozen=True, slots=True)
class LooseFiles:
    """What a folder holds.

    Attributes
    ----------
    series:
        By Series Instance UID, in the order of the UIDs.
    refused:
        Name, code and words of each file that is no usable DICOM object.
    patients:
        Patient IDs that occur.
    """

    series: dict[str, LooseSeries]
    refused: tuple[tuple[str, str, str], ...]
    patients: frozenset[str]


class DuplicateObject(Exception):
    """Two files are one SOP Instance with different content."""


def read_loose(files: Sequence[Path], *, scratch: Path) -> LooseFiles:
    """Parse files in parser children; what they write lies in ``scratch``, the caller's to remove.

    Raises
    ------
    DuplicateObject
        One SOP Instance UID is there with two contents.
    """
    with shared_pool() as pool:
        outcomes = _parse(pool, files, scratch)
    found: dict[str, StagedInstance] = {}
    refused = []
    for path, outcome in zip(files, outcomes, strict=True):
        if outcome.summary is None:
            refused.append((path.name, outcome.code, outcome.reason))
            continue
        uid = outcome.summary["sop_instance_uid"]
        known = found.get(uid)
        if known is not None and known.summary["sha256"] != outcome.summary["sha256"]:
            raise DuplicateObject(uid)
        found.setdefault(uid, StagedInstance(prefix=outcome.prefix, summary=outcome.summary))
    series: dict[str, list[StagedInstance]] = {}
    for one in found.values():
        series.setdefault(one.summary["series_instance_uid"], []).append(one)
    return LooseFiles(
        series={uid: LooseSeries(series[uid]) for uid in sorted(series)},
        refused=tuple(refused),
        patients=frozenset(one.summary["identity"]["patient_id"] for one in found.values()),
    )


def _parse(pool: ParserPool, files: Sequence[Path], scratch: Path) -> list[ParseOutcome]:
    waiting = [
        pool.submit(source=path, prefix=scratch / f"{place:06d}")
        for place, path in enumerate(files)
    ]
    return [one.result() for one in waiting]
