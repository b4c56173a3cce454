"""A series and a parametric map on it whose values follow a formula; written by highdicom."""

from __future__ import annotations

from pathlib import Path

import highdicom as hd
import numpy as np
from numpy.typing import NDArray
from pydicom.sr.coding import Code
from pydicom.uid import generate_uid

from tests.apps.imaging.dicom import make_slice, to_bytes, write_files

SHAPE = (48, 64)
SLICES = 9
SLOPE, INTERCEPT = 0.002, 0.1
FIRST, LAST = 0.0, 400.0
WINDOW_CENTRE, WINDOW_WIDTH = 200.5, 401.0
"""Of the stored values: 0 to 400, which is the whole range that is mapped."""


def stored_values() -> NDArray[np.float32]:
    """(slice, row, column): a ramp to the left of the patient, steeper towards the head."""
    slice_, row, column = np.indices((SLICES, *SHAPE), dtype=np.float32)
    values = 5 * column + 10 * slice_
    # A corner that the mapping says nothing of.
    values[:, :6, :6] = LAST + 100
    assert float(values[:, 6:].max()) < LAST
    return np.asarray(values + 0 * row, np.float32)


def build_map(root: Path, *, patient_id: str, name: str = "Map^Phantom") -> tuple[Path, str]:
    """Folder of the objects, and the UID of the map's series."""
    study_uid, series_uid, space = generate_uid(), generate_uid(), generate_uid()
    images = [
        make_slice(
            study_uid=study_uid,
            series_uid=series_uid,
            index=index,
            patient_id=patient_id,
            name=name,
            shape=SHAPE,
            FrameOfReferenceUID=space,
            StudyID="1",
        )
        for index in range(SLICES)
    ]
    mapping = hd.pm.RealWorldValueMapping(
        lut_label="Ktrans",
        lut_explanation="Volume transfer constant (Ktrans)",
        unit=Code("/min", "UCUM", "per minute"),
        value_range=(FIRST, LAST),
        slope=SLOPE,
        intercept=INTERCEPT,
    )
    found = hd.pm.ParametricMap(
        source_images=images,
        pixel_array=stored_values(),
        series_instance_uid=generate_uid(),
        series_number=900,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="Consilium",
        manufacturer_model_name="Phantom",
        software_versions="1",
        device_serial_number="1",
        contains_recognizable_visual_features=False,
        real_world_value_mappings=[mapping],
        voi_lut_transformations=[
            hd.VOILUTTransformation(window_center=WINDOW_CENTRE, window_width=WINDOW_WIDTH)
        ],
        content_label="KTRANS",
    )
    folder = root / "map"
    write_files(folder, [to_bytes(one) for one in images])
    write_files(folder, [to_bytes(found)], prefix="map")
    return folder, str(found.SeriesInstanceUID)
