"""Slice geometry: order, spacing, stacks, and every oddity by name. Pure; LPS millimetres.

Order follows the slice normal, never InstanceNumber. An oddity is a named warning that the
viewer shows; nothing is resampled or repaired here (PS3.3 C.7.6.2).
"""

from apps.imaging.geometry.dimensions import Facet
from apps.imaging.geometry.oddities import GeometryWarning
from apps.imaging.geometry.poses import FramePose, is_orthonormal, slice_normal
from apps.imaging.geometry.series import SeriesGeometry, describe_frames, instance_order
from apps.imaging.geometry.stacks import Stack, tilted_affine

__all__ = [
    "Facet",
    "FramePose",
    "GeometryWarning",
    "SeriesGeometry",
    "Stack",
    "describe_frames",
    "instance_order",
    "is_orthonormal",
    "slice_normal",
    "tilted_affine",
]
