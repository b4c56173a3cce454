"""Recommended Display CIELab Value as a screen colour (PS3.3 C.10.7.1.1)."""

from collections.abc import Sequence
from typing import Any

# The standard means the D50 white of the ICC connection space. Those who write segmentations
# (highdicom, dcmqi, dcmjs) take Lab relative to sRGB's own D65: theirs is the colour meant.
_WHITE_D65 = (0.950456, 1.0, 1.088754)
_LINEAR_SRGB_FROM_XYZ = (
    (3.2404542, -1.5371385, -0.4985314),
    (-0.9692660, 1.8760108, 0.0415560),
    (0.0556434, -0.2040259, 1.0572252),
)
_FULL_SCALE = 0xFFFF


def hex_from_dicom_lab(values: Sequence[Any]) -> str | None:
    """``#rrggbb`` of three unsigned 16 bit numbers; ``None`` where they are not that.

    L* is scaled from 0…100, a* and b* from -128…127 (PS3.3 C.10.7.1.1).
    """
    if len(values) != 3 or not all(isinstance(v, int) and 0 <= v <= _FULL_SCALE for v in values):
        return None
    lightness = values[0] / _FULL_SCALE * 100.0
    a = values[1] / _FULL_SCALE * 255.0 - 128.0
    b = values[2] / _FULL_SCALE * 255.0 - 128.0
    fy = (lightness + 16.0) / 116.0
    ratios = (fy + a / 500.0, fy, fy - b / 200.0)
    xyz = [white * _inverse(f) for white, f in zip(_WHITE_D65, ratios, strict=True)]
    channels = []
    for row in _LINEAR_SRGB_FROM_XYZ:
        linear = sum(factor * part for factor, part in zip(row, xyz, strict=True))
        channels.append(round(_gamma(min(1.0, max(0.0, linear))) * 255.0))
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def _inverse(f: float) -> float:
    return f**3 if f > 6.0 / 29.0 else 3.0 * (6.0 / 29.0) ** 2 * (f - 4.0 / 29.0)


def _gamma(linear: float) -> float:
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * float(linear ** (1 / 2.4)) - 0.055
