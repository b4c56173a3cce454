"""What the worker lays into the runner's inbox: the volumes of a run, and headers.

The volumes of the last run stay until other ones are handed over or no job is due: several models
read one series after another, and to copy it takes longer than many of them need before they begin.
A volume is known again by its ``content_key``.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from apps.ai.runner.volumes import RunnerVolume, strip_identity


@dataclass(slots=True)
class Inbox:
    """The ``in`` directory of one runner process, which may read it and no more."""

    path: Path
    _kept: dict[str, str] = field(default_factory=dict)

    def put_volumes(self, volumes: Sequence[RunnerVolume]) -> list[str]:
        """Names of files that hold the voxels; what is there already is not written again."""
        keys = [volume.content_key for volume in volumes]
        for key in [one for one in self._kept if one not in keys]:
            (self.path / self._kept.pop(key)).unlink(missing_ok=True)
        names = []
        for key, volume in zip(keys, volumes, strict=True):
            name = self._kept.get(key, "")
            if not name:
                name = f"{uuid4().hex}.f32"
                _lay(self.path / name, volume.voxels)
                if key:
                    self._kept[key] = name
            names.append(name)
        return names

    def put_headers(self, headers: Sequence[Dataset]) -> str:
        """Name of a file of the headers without names and identifiers, as DICOM JSON."""
        name = f"{uuid4().hex}.json"
        stripped = [strip_identity(header).to_json_dict() for header in headers]
        (self.path / name).write_text(json.dumps(stripped), encoding="utf-8")
        return name

    def end_run(self) -> None:
        """Remove what will not be asked for again."""
        wanted = set(self._kept.values())
        for left in self.path.iterdir():
            if left.name not in wanted:
                left.unlink(missing_ok=True)

    def clear(self) -> None:
        """Nothing more is due: no image stays behind that its archive may give up meanwhile."""
        self._kept.clear()
        self.end_run()


def _lay(path: Path, voxels: NDArray[np.float32]) -> None:
    source = _source_of(voxels)
    if source:
        try:
            _copy(source, path)
            return
        except OSError:  # another file system, an old kernel, evicted meanwhile
            path.unlink(missing_ok=True)
    with path.open("xb") as stream:
        stream.write(np.ascontiguousarray(voxels, dtype="<f4").data)


def _source_of(voxels: NDArray[np.float32]) -> Path | None:
    """The file that holds these voxels and nothing else, read-only; None for any other array."""
    if not isinstance(voxels, np.memmap) or voxels.mode != "r" or voxels.offset:
        return None
    if voxels.dtype != np.dtype("<f4") or not voxels.flags.c_contiguous or not voxels.filename:
        return None
    path = Path(voxels.filename)
    try:
        whole = path.stat().st_size == prod(voxels.shape) * voxels.itemsize
    except OSError:
        return None
    return path if whole else None


def _copy(source: Path, path: Path) -> None:
    """Within the kernel; file systems that share blocks between files copy nothing at all."""
    with source.open("rb") as given, path.open("xb") as taken:
        left = os.fstat(given.fileno()).st_size
        while left > 0:
            done = os.copy_file_range(given.fileno(), taken.fileno(), left)
            if done == 0:
                raise OSError(errno.EIO, "The volume became shorter while it was copied.")
            left -= done
