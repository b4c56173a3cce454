"""The unpacked frames of an archived segmentation: derived, memory-mapped, rebuilt at need."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson

from apps.imaging.archive import SeriesArchive
from apps.imaging.archive.layout import segment_directory
from apps.imaging.parser.segments import LABELS
from apps.imaging.side_files import write_side_files

UNPACK_LIMITS = {"decoded_bytes": 1024 * 1024 * 1024, "cpu_s": 60}


@dataclass(frozen=True, slots=True)
class UnpackedFrames:
    """``frames`` is (frame, byte) of packed bits, or (frame, pixel) of labels."""

    rows: int
    columns: int
    holds_labels: bool
    present: tuple[frozenset[int], ...]
    frames: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]

    def holds(self, *, frame: int, segment: int) -> bool:
        """Whether any pixel of ``frame`` (from 0) belongs to the segment."""
        return (segment if self.holds_labels else 1) in self.present[frame]

    def mask(self, *, frame: int, segment: int) -> npt.NDArray[np.uint8]:
        """(row, column), 0 or 1."""
        stored = self.frames[frame]
        flat: npt.NDArray[np.uint8]
        if self.holds_labels:
            flat = (stored == segment).astype(np.uint8)
        else:
            flat = np.unpackbits(stored.astype(np.uint8), count=self.rows * self.columns)
        shaped: npt.NDArray[np.uint8] = flat.reshape(self.rows, self.columns)
        return shaped


def open_unpacked(*, archive: SeriesArchive, sop_instance_uid: str) -> UnpackedFrames:
    """The frames of one segmentation; unpacked by a parser child when they are not there.

    Raises
    ------
    UnreadableObject
        Its pixels cannot be read, or exceed the limits.
    """
    summary = archive.instance(sop_instance_uid)
    if summary is None:
        raise KeyError(sop_instance_uid)
    path = segment_directory() / f"{summary['sha256']}.masks"
    described = path.with_suffix(".json")
    if not described.exists():
        _unpack(archive.read_original(sop_instance_uid), name=summary["sha256"])
    return read_unpacked(path)


def read_unpacked(path: Path) -> UnpackedFrames:
    """The frames that a parser child wrote to ``path`` and described beside it."""
    described = path.with_suffix(".json")
    facts = orjson.loads(described.read_bytes())
    rows, columns, count = facts["rows"], facts["columns"], len(facts["present"])
    holds_labels = facts["encoding"] == LABELS
    width = rows * columns if holds_labels else (rows * columns + 7) // 8
    return UnpackedFrames(
        rows=rows,
        columns=columns,
        holds_labels=holds_labels,
        present=tuple(frozenset(values) for values in facts["present"]),
        frames=np.memmap(
            path, dtype="<u2" if holds_labels else "u1", mode="r", shape=(count, width)
        ),
    )


def _unpack(original: bytes, *, name: str) -> None:
    write_side_files(
        original,
        directory=segment_directory(),
        name=name,
        suffixes=("masks", "json"),
        work=lambda pool, source, prefix: pool.unpack_segments(
            source=source, offset=0, length=len(original), prefix=prefix, limits=UNPACK_LIMITS
        ),
    )
