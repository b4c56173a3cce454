"""A series to a normalised tensor: from the archive, by a loop over pydicom, by SimpleITK."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import torch
from numpy.typing import NDArray

from tests.bench.ai.scene import Files
from tests.bench.run import Figure, at_least

ROUNDS = 3
LOWEST, HIGHEST = -160.0, 240.0
Way = Callable[[], NDArray[np.float32]]


def measure_tensors(*, series: Any, files: Files) -> list[Figure]:
    """Every way gives the same Hounsfield units bit for bit, or there is no figure."""
    from apps.imaging.archive.layout import volume_directory

    def forget() -> None:
        for path in volume_directory().glob(f"{series.archive_key}.*"):
            path.unlink()

    def ours() -> NDArray[np.float32]:
        from apps.imaging.volumes import open_volume

        return open_volume(series_id=series.pk).voxels

    def ours_first() -> NDArray[np.float32]:
        forget()
        return ours()

    paths = files.paths()
    ways: dict[str, Way] = {
        "ours": ours,
        "first": ours_first,
        "pydicom": lambda: read_by_pydicom(paths),
    }
    if find_spec("SimpleITK"):
        ways["SimpleITK"] = lambda: read_by_simpleitk(files.dicom)
    expected = files.hounsfield
    for name, way in ways.items():
        if not np.array_equal(way(), expected):
            raise AssertionError(f"{name}: not the Hounsfield units of the series")
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name in ("first", "ours", *[one for one in ways if one not in {"first", "ours"}]):
            started = time.perf_counter()
            tensor = normalise(ways[name]())
            seconds[name].append(time.perf_counter() - started)
            del tensor
    middle = {name: statistics.median(values) for name, values in seconds.items()}
    title = "300 slices to a normalised tensor"
    figures = [
        Figure(f"{title}, Consilium, decoded before for any model", middle["ours"], "s"),
        Figure(f"{title}, Consilium, for the first time", middle["first"], "s"),
    ]
    for name in [one for one in ways if one not in {"first", "ours"}]:
        figures += [
            Figure(f"{title}, {_named(name)}", middle[name], "s"),
            at_least(f"{title}, faster than {_named(name)}", middle[name] / middle["ours"], "x", 5),
            Figure(
                f"{title}, for the first time, faster than {_named(name)}",
                middle[name] / middle["first"], "x",
            ),
        ]  # fmt: skip
    return figures


def _named(name: str) -> str:
    return "a loop over pydicom" if name == "pydicom" else name


def normalise(voxels: NDArray[np.float32]) -> torch.Tensor:
    """To 0 … 1 over a soft-tissue window, float32, the same for every way.

    Slice by slice, so that three operations are one pass over memory, and into an array of
    numpy's, which asks the kernel for large pages as the model runner does.
    """
    source = np.asarray(voxels, dtype=np.float32)
    # Read-only memory is only read.
    given = torch.from_numpy(source) if source.flags.writeable else _share(source)
    tensor = torch.from_numpy(np.empty(source.shape, dtype=np.float32))
    for into, plane in zip(tensor, given, strict=True):
        torch.sub(plane, LOWEST, out=into).mul_(1 / (HIGHEST - LOWEST)).clamp_(0, 1)
    return tensor


def _share(source: NDArray[np.float32]) -> torch.Tensor:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return torch.from_numpy(source)


def read_by_pydicom(paths: Sequence[Path]) -> NDArray[np.float32]:
    """As it is found in tutorials: read, sort, rescale, stack."""
    images = [pydicom.dcmread(path) for path in paths]
    images.sort(key=lambda image: float(image.ImagePositionPatient[2]))
    return np.stack(
        [
            image.pixel_array.astype(np.float32) * np.float32(image.RescaleSlope)
            + np.float32(image.RescaleIntercept)
            for image in images
        ]
    )


def read_by_simpleitk(folder: Path) -> NDArray[np.float32]:
    """SimpleITK's series reader."""
    import SimpleITK  # type: ignore[import-not-found]

    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    reader.SetOutputPixelType(SimpleITK.sitkFloat32)
    voxels: NDArray[np.float32] = SimpleITK.GetArrayFromImage(reader.Execute())
    return voxels
