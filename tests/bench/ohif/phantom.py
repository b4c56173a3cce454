"""A CT series with two known structures in a body: off centre, and like no mirror image of theirs.

Grey says which is which: one is far brighter than the body, one far darker, so a picture of the
screen tells them apart without being told where they are. A frame fills no whole number of bytes as
bits. (It has a multiple of four pixels: of other images OHIF 3.12 reads no parametric map.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from tests.apps.imaging.dicom import make_slice

BoolMask = NDArray[np.bool_]

SHAPE = (26, 126, 134)
SLICE_MM = 3.0
SQUARE_MM, OBLONG_MM = (1.25, 1.25), (1.5, 1.25)  # between rows, between columns
BODY_HU, BRIGHT_HU, DARK_HU, AIR_HU = 40, 600, -700, -1000
#: Grey on the screen is (HU - low) / width of this window.
WINDOW_CENTRE, WINDOW_WIDTH = 0, 1600


@dataclass(frozen=True)
class Phantom:
    """The images of one study, as they are sent, and the masks of its structures."""

    name: str
    images: list[Dataset]
    bright: BoolMask
    dark: BoolMask

    @property
    def voxel_ml(self) -> float:
        row_mm, column_mm = self.images[0].PixelSpacing
        return float(SLICE_MM * row_mm * column_mm / 1000)

    @property
    def has_square_pixels(self) -> bool:
        row_mm, column_mm = self.images[0].PixelSpacing
        return bool(row_mm == column_mm)

    @property
    def study_uid(self) -> str:
        return str(self.images[0].StudyInstanceUID)


def make_phantom(*, name: str, tilted: bool) -> Phantom:
    """``tilted``: rotated about two axes, as oblique acquisitions lie, its pixels oblong."""
    z, y, x = np.indices(SHAPE, dtype=float)
    body = ((y - 62) / 56) ** 2 + ((x - 66) / 60) ** 2 < 1
    bright, dark = _comma(z, y, x), _wedge(z, y, x)
    hounsfield = np.where(body, float(BODY_HU), float(AIR_HU))
    hounsfield[bright], hounsfield[dark] = BRIGHT_HU, DARK_HU
    hounsfield += np.random.default_rng(5).normal(0, 6, SHAPE)
    row, column = _directions(tilted=tilted)
    uids = {key: generate_uid() for key in ("study_uid", "series_uid", "frame")}
    images: list[Dataset] = [
        _image(index, plane, row, column, uids, name, OBLONG_MM if tilted else SQUARE_MM)
        for index, plane in enumerate(hounsfield)
    ]
    return Phantom(name=name, images=images, bright=bright, dark=dark)


def _comma(z: Any, y: Any, x: Any) -> BoolMask:
    """A ball with a tail to one side, and a hole in it: below, on the right half of the picture."""
    drift = (z - 11) * 0.6
    head = ((y - 74) / 15) ** 2 + ((x - 88 - drift) / 14) ** 2 + ((z - 11) / 7.5) ** 2 < 1
    tail = (np.abs(y - 84) < 5) & (x > 62 + drift) & (x < 88 + drift) & (np.abs(z - 10) < 4.5)
    hole = np.hypot(y - 72, x - 91 - drift) < 4
    return np.asarray((head | tail) & ~hole)


def _wedge(z: Any, y: Any, x: Any) -> BoolMask:
    """A triangle that grows towards the last slices: above, on the left half."""
    size = 12 + (z - 9) * 1.2
    inside = (y > 28) & (x > 34) & ((y - 28) + 0.7 * (x - 34) < size * 2)
    return np.asarray(inside & (z >= 9) & (z <= 19))


def _directions(*, tilted: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if not tilted:
        return np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])
    a, b = np.deg2rad(25.0), np.deg2rad(-15.0)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    turned = about_x @ about_y
    return turned[:, 0], turned[:, 1]


def _image(
    index: int,
    plane: NDArray[np.float64],
    row: NDArray[np.float64],
    column: NDArray[np.float64],
    uids: dict[str, str],
    name: str,
    pixel_mm: tuple[float, float],
) -> Dataset:
    position = np.array([-83.0, -94.0, 310.0]) + np.cross(row, column) * index * SLICE_MM
    image = make_slice(
        study_uid=uids["study_uid"],
        series_uid=uids["series_uid"],
        index=index,
        shape=SHAPE[1:],
        spacing_mm=SLICE_MM,
        patient_id="OHIF-1",
        name="Phantom^Ohif",
        FrameOfReferenceUID=uids["frame"],
        ImageOrientationPatient=[round(float(v), 10) for v in (*row, *column)],
        ImagePositionPatient=[round(float(v), 6) for v in position],
        PixelSpacing=list(pixel_mm),
        PositionReferenceIndicator="",
        InstanceNumber=index + 1,
        Manufacturer="Consilium",
        StudyID="1",
        ReferringPhysicianName="",
        SeriesDescription=f"phantom, {name}",
        StudyDescription=f"phantom, {name}",
        ImageType=["ORIGINAL", "PRIMARY", "AXIAL"],
        RescaleSlope=1,
        WindowCenter=WINDOW_CENTRE,
        WindowWidth=WINDOW_WIDTH,
        PixelData=(np.round(plane).astype(np.int32) + 1024).astype("<i2").tobytes(),
    )
    image.add_new(0x0008001C, "CS", "YES")
    return image
