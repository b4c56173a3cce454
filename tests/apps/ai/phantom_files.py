"""A small synthetic CT series with bright boxes, as DICOM files."""

from pathlib import Path
from typing import Any

import numpy as np
from pydicom.uid import generate_uid

from tests.apps.ai.bundles import BRIGHT
from tests.apps.imaging.dicom import make_slice, to_bytes, write_files

SHAPE = (14, 40, 48)
BOXES = ((slice(3, 8), slice(8, 18), slice(25, 39)), (slice(9, 12), slice(27, 35), slice(4, 11)))


def write_ct(
    folder: Path, *, patient_id: str, synthetic: bool = True, empty: bool = False, **fields: Any
) -> Path:
    """Slices of 2 mm with pixels of 0.5 × 0.75 mm; two boxes of ``BRIGHT`` HU."""
    hounsfield = np.zeros(SHAPE, dtype=np.int32)
    if not empty:
        for box in BOXES:
            hounsfield[box] = int(BRIGHT)
    study_uid, series_uid, frame_of_reference_uid = (generate_uid() for _ in range(3))
    objects = []
    for index, plane in enumerate(hounsfield):
        dataset = make_slice(
            study_uid=study_uid,
            series_uid=series_uid,
            index=index,
            shape=SHAPE[1:],
            patient_id=patient_id,
            RescaleSlope=1,
            PixelData=(plane + 1024).astype("<i2").tobytes(),
            Manufacturer="Consilium",
            FrameOfReferenceUID=frame_of_reference_uid,
            **fields,
        )
        if synthetic:
            dataset.add_new(0x0008001C, "CS", "YES")
        objects.append(to_bytes(dataset))
    write_files(folder, objects)
    return folder
