"""What the pixels of one image say inside a measurement: from the archive's own frames.

Nothing is resampled. A pixel counts when its centre lies inside; padding outside of the field
of view counts like any other, as the picture shows it. Where there are no values, the reason
has a code.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from apps.annotations.measures import ImagePlane, MeasuredValue, Point, in_pixels, kind_of
from apps.annotations.measures.inside import pixels_inside
from apps.annotations.planes import DrawnOn
from apps.imaging.archive import SeriesArchive, open_series
from apps.imaging.derived import apply_modality_lut
from apps.imaging.parser.reading import text
from apps.imaging.real_world import RealWorldMapping, is_parametric_map, read_real_world
from apps.imaging.suv import SuvRefused, compute_suv_scaling

MODALITY_ELEMENTS = ("ModalityLUTSequence", "RescaleIntercept", "RescaleSlope")
PER_FRAME = "PerFrameFunctionalGroupsSequence"
SHARED = "SharedFunctionalGroupsSequence"
CACHED_SERIES = 64

FloatArray = npt.NDArray[np.float64]


def measure_pixels(
    *, kind: str, points: Sequence[Point], image: DrawnOn
) -> tuple[list[MeasuredValue], str]:
    """Values inside a measurement, and why there are none, or none in SUV (``NO_PIXELS``).

    Parameters
    ----------
    points : arranged, in the space they are stored in.
    """
    region = kind_of(kind).region
    if region is None:
        return [], ""
    box, inside = pixels_inside(
        region=region,
        points=_as_pixels(points, image.plane),
        rows=image.rows,
        columns=image.columns,
    )
    if not inside.any():
        return [], "outside_image" if region == "pixel" else "no_pixel_inside"
    try:
        archive = open_series(image.archive_key)
        stored = archive.decode(image.sop_instance_uid, image.frame)
    except (FileNotFoundError, KeyError, ValueError, RuntimeError):
        return [], "pixels_unavailable"
    if stored.ndim != 2 or text(image.header, "PhotometricInterpretation") == "PALETTE COLOR":
        return [], "colour_image"
    if stored.shape != (image.rows, image.columns):
        return [], "pixels_unavailable"
    if is_parametric_map(image.header):
        mapping = read_real_world(image.header, frame=image.frame)
        if mapping is not None:
            return _of_map(mapping, stored[box][inside], region=region)
    modality_values = _after_modality_lut(stored[box], image)[inside].astype(np.float64)
    factor, unit, problem = _unit_of(archive, image)
    return _describe(modality_values * factor, region=region, unit=unit), problem


def _of_map(
    mapping: RealWorldMapping, stored: npt.NDArray[Any], *, region: str
) -> tuple[list[MeasuredValue], str]:
    """In the numbers and the unit of the quantity; what stands for nothing is not counted."""
    values = mapping.apply(stored)
    values = values[np.isfinite(values)]
    if values.size == 0:
        return [], "not_mapped"
    found = _describe(values, region=region, unit="mapped")
    for value in found:
        if value["unit"] == "mapped":
            value["ucum"] = mapping.unit
    return found, ""


def _as_pixels(points: Sequence[Point], plane: ImagePlane | None) -> list[Point]:
    if plane is None:
        return list(points)
    return [in_pixels(point=point, plane=plane) for point in points]


def _describe(values: FloatArray, *, region: str, unit: str) -> list[MeasuredValue]:
    """Mean, standard deviation (over these pixels: divided by n), extremes and their number."""
    if region == "pixel":
        return [MeasuredValue(quantity="value", value=float(values[0]), unit=unit)]
    found = {
        "mean": values.mean(),
        "standard_deviation": values.std(),
        "minimum": values.min(),
        "maximum": values.max(),
    }
    return [
        *(
            MeasuredValue(quantity=name, value=float(value), unit=unit)
            for name, value in found.items()
        ),
        MeasuredValue(quantity="count", value=float(values.size), unit="pixels"),
    ]


def _after_modality_lut(stored: npt.NDArray[Any], image: DrawnOn) -> npt.NDArray[np.float32]:
    """Only what the table or the line needs is written out, not a header of a thousand frames."""
    needed = Dataset()
    for keyword in (*MODALITY_ELEMENTS, SHARED):
        if keyword in image.header:
            needed[keyword] = image.header[keyword]
    if PER_FRAME in image.header:
        needed.PerFrameFunctionalGroupsSequence = [image.header[PER_FRAME].value[image.frame - 1]]
    return apply_modality_lut(stored, needed.to_json_dict(), frame=1)


def _unit_of(archive: SeriesArchive, image: DrawnOn) -> tuple[float, str, str]:
    """Factor on the modality's values, the unit after it, and why a PET is not in SUV."""
    header = image.header
    modality = text(header, "Modality")
    if modality == "PT":
        factors = _suv_factors(archive.archive_key)
        factor = factors.get(image.sop_instance_uid)
        if factor is not None:
            return factor, "SUVbw", ""
        return 1.0, "Bq/mL" if text(header, "Units") == "BQML" else "stored", "suv_refused"
    if modality == "RTDOSE" and "DoseGridScaling" in header:
        unit = "Gy" if text(header, "DoseUnits") == "GY" else "stored"
        return float(header.DoseGridScaling), unit, ""
    kind = text(header, "RescaleType")
    is_ct = modality == "CT" and kind in ("", "HU")  # PS3.3 C.8.2.1.1.1
    return 1.0, "HU" if is_ct or kind == "HU" else "stored", ""


@lru_cache(maxsize=CACHED_SERIES)
def _suv_factors(archive_key: str) -> dict[str, float]:
    """SUVbw factor per instance; empty where the headers do not allow one. Immutable content."""
    archive = open_series(archive_key)
    names = [one["sop_instance_uid"] for one in archive.instances]
    try:
        scaling = compute_suv_scaling(headers=[archive.read_header(name) for name in names])
    except SuvRefused:
        return {}
    return dict(zip(names, (float(factor) for factor in scaling.factors), strict=True))
