"""One number for each voxel as a DICOM Parametric Map (PS3.3 A.75) with its unit.

Stored values are the numbers themselves, 32-bit floating point, and the Real World Value Mapping
says so: slope 1, intercept 0, unit and quantity by code. Nothing is rounded on the way.

Every source image has its frame, in the order of their positions along the slice normal. The
standard asks for neither: each frame says where it lies. But OHIF (3.12) lays the frames of a map
from the first image on, whatever they say, and a map of some slices only would be drawn on others
(decision 0257).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import highdicom as hd
import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from apps.ai.analyses.results import ValueMap
from apps.ai.encoding.concepts import concept
from apps.ai.encoding.errors import EncodingRefused
from apps.ai.encoding.finish import carry_flags, fix_dimension_organization, fix_times, to_bytes
from apps.ai.encoding.identity import AlgorithmIdentity, derive_uid
from apps.ai.encoding.segmentation import MODEL_NAME
from apps.ai.encoding.source import local_wall_time, prepare_sources


@dataclass(frozen=True, slots=True)
class MapUids:
    series: str
    instance: str
    dimension_organization: str

    @classmethod
    def derive(cls, *, job_key: str, number: int) -> MapUids:
        """UIDs of the map ``number`` (from 1) of the job with this key."""
        return cls(
            series=derive_uid(job_key, "map-series", str(number)),
            instance=derive_uid(job_key, "map", str(number)),
            dimension_organization=derive_uid(job_key, "map-dimensions", str(number)),
        )


def encode_parametric_map(
    *,
    source_headers: Sequence[Dataset],
    value_map: ValueMap,
    algorithm: AlgorithmIdentity,
    uids: MapUids,
    number: int,
    series_number: int,
    content_at: datetime,
) -> bytes:
    """Encode one map on the grid of its source images.

    Every slice becomes a frame, from the lowest along the slice normal; each carries its position.

    Parameters
    ----------
    source_headers:
        Headers of the single-frame source images, one per slice of the map, in slice order.
    number:
        Number of the map in its job; the Instance Number.
    content_at:
        Goes into every date and time of the object; the clock is not read.

    Raises
    ------
    EncodingRefused
        ``mask_shape_mismatch``, ``map_empty``, ``map_not_finite``, or the source images cannot
        carry a map.
    """
    sources = prepare_sources(source_headers=source_headers)
    values = np.asarray(value_map.values, dtype=np.float32)
    shape = (len(sources), int(sources[0].Rows), int(sources[0].Columns))
    if values.shape != shape:
        raise EncodingRefused(
            code="mask_shape_mismatch",
            reason=f"The map is {values.shape}, the source images are {shape}.",
        )
    if not np.isfinite(values).all():
        raise EncodingRefused(code="map_not_finite", reason="The map holds no numbers somewhere.")
    if not (values > value_map.floor).any():
        raise EncodingRefused(code="map_empty", reason="The map holds nothing above its floor.")
    low, high = float(values.min()), float(values.max())
    moment = local_wall_time(content_at, source=sources[0])
    document = hd.pm.ParametricMap(
        source_images=sources,
        pixel_array=np.ascontiguousarray(values),
        series_instance_uid=uids.series,
        series_number=series_number,
        sop_instance_uid=uids.instance,
        instance_number=number,
        manufacturer=algorithm.manufacturer,
        manufacturer_model_name=MODEL_NAME,
        software_versions=f"{algorithm.name} {algorithm.version}"[:64],
        device_serial_number="1",
        contains_recognizable_visual_features=False,
        real_world_value_mappings=[
            hd.pm.RealWorldValueMapping(
                lut_label="VALUE",
                lut_explanation=value_map.label[:64],
                unit=concept(value_map.unit),
                value_range=(low, high),
                slope=1.0,
                intercept=0.0,
                quantity_definition=concept(value_map.quantity),
            )
        ],
        voi_lut_transformations=[
            hd.VOILUTTransformation(
                window_center=(low + high) / 2,
                window_width=max(high - low, 1e-6),
                voi_lut_function=hd.VOILUTFunctionValues.LINEAR_EXACT,  # may be narrower than 1
            )
        ],
        transfer_syntax_uid=ExplicitVRLittleEndian,
        content_description=value_map.label[:64],
        content_label="AI_UNVERIFIED",
        series_description=f"AI map, not verified: {algorithm.name}"[:64],
    )
    _order_along_normal(document)
    document.Laterality = sources[0].get("Laterality") or ""
    fix_dimension_organization(document, uid=uids.dimension_organization)
    fix_times(document, content_at=moment)
    carry_flags(document, source=sources[0])
    return to_bytes(document)


def _order_along_normal(document: Dataset) -> None:
    """Frames from the lowest to the highest; the library has an order of its own."""
    axes = document.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0]
    row, column = np.array(axes.ImageOrientationPatient, dtype=float).reshape(2, 3)
    groups = list(document.PerFrameFunctionalGroupsSequence)
    positions = [group.PlanePositionSequence[0].ImagePositionPatient for group in groups]
    order = np.argsort(np.array(positions, dtype=float) @ np.cross(row, column), kind="stable")
    data = document.FloatPixelData
    size = len(data) // len(groups)
    document.PerFrameFunctionalGroupsSequence = [groups[index] for index in order]
    document.FloatPixelData = b"".join(
        data[index * size : (index + 1) * size] for index in order.tolist()
    )
