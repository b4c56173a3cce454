"""The outline of a finding on its largest slice, for a report that many programs can draw.

A report that only refers to a segment is complete, and yet hardly any viewer shows its numbers:
OHIF (3.12) stops with an error where a measurement has no coordinates (decision 0257). So the
outline of the finding's largest slice stands beside, under the same tracking UID, without numbers
of its own.

It is drawn on its image where pixels are square. Where they are not, OHIF takes their two spacings
for each other and draws beside the finding; there the outline lies in patient space, of which OHIF
shows nothing: better not shown than shown elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import highdicom as hd
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from scipy import ndimage

from apps.ai.analyses.results import MaskRegion, SegmentResult
from apps.ai.encoding.concepts import concept
from apps.ai.encoding.contours import trace_plane
from apps.ai.encoding.source import place_points

#: PS3.3 C.18.6.1.2 counts from the corner of the first pixel, we from its centre.
_FIRST_PIXEL_CENTRE = 0.5
#: Spacings that differ by less move no point of an image of 1,000 pixels by a tenth of one.
_SQUARE = 1e-4
#: Of more points only the rectangle around it is drawn.
MOST_POINTS = 4_000


def outline_group(
    segment: SegmentResult,
    *,
    tracking: hd.sr.TrackingIdentifier,
    sources: Sequence[Dataset],
) -> hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations:
    """A TID 1410 group with the outline; ``sources`` has one image per slice of the mask."""
    index, points = outline_largest_slice(segment.region)
    return hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=tracking,
        referenced_region=_region(points, sources[index]),
        finding_type=concept(segment.code),
        finding_category=concept(segment.category),
    )


def _region(
    points: NDArray[np.float64], source: Dataset
) -> hd.sr.ImageRegion | hd.sr.ImageRegion3D:
    between_rows, between_columns = (float(value) for value in source.PixelSpacing)
    if abs(between_rows - between_columns) > _SQUARE * between_rows:
        return hd.sr.ImageRegion3D(
            graphic_type=hd.sr.GraphicTypeValues3D.POLYLINE,  # at a POLYGON OHIF throws
            graphic_data=place_points(points, source),
            frame_of_reference_uid=source.FrameOfReferenceUID,
        )
    return hd.sr.ImageRegion(
        graphic_type=hd.sr.GraphicTypeValues.POLYLINE,
        graphic_data=points + _FIRST_PIXEL_CENTRE,
        source_image=hd.sr.SourceImageForRegion(
            referenced_sop_class_uid=source.SOPClassUID,
            referenced_sop_instance_uid=source.SOPInstanceUID,
        ),
    )


def outline_largest_slice(region: MaskRegion) -> tuple[int, NDArray[np.float64]]:
    """Index of the slice with most voxels, and the border of the largest piece on it.

    Returns
    -------
    index, points
        ``points`` is (point, 2) as (column, row) in pixel indices, the first repeated at the end.
        Holes are not drawn.
    """
    offset = int(region.values.sum(axis=(1, 2)).argmax())
    pieces, count = ndimage.label(region.values[offset])
    sizes = ndimage.sum_labels(np.ones_like(pieces), pieces, index=range(1, count + 1))
    piece = ndimage.binary_fill_holes(pieces == int(np.argmax(sizes)) + 1)
    (points,) = trace_plane(piece)
    if len(points) > MOST_POINTS:
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        points = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    first, row, column = region.start
    placed = points + np.array([column, row])
    return first + offset, np.concatenate([placed, placed[:1]])
