"""A frame as a lossy 8-bit picture, for machines that cannot decode the frame itself."""

import io
from functools import lru_cache
from threading import BoundedSemaphore
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from apps.imaging.archive.pixels import draw_picture, first_value
from apps.imaging.archive.reader import SeriesArchive, open_series
from apps.imaging.pixels.asking import PreviewRange

#: Names the stored values that are black and white in the answer.
RANGE_HEADER = b"x-consilium-range"
QUALITY = 90
#: Where the range is ours to choose, single bright pixels do not flatten everything else.
AUTO_PERCENTILES = (0.1, 99.9)
#: Decoding takes a core each; frames of everybody else come first.
_AT_ONCE = BoundedSemaphore(2)


def draw_preview(
    archive: SeriesArchive, sop_instance_uid: str, frame: int, wanted: PreviewRange
) -> tuple[bytes, str]:
    """JPEG of one frame without any metadata, and its range as ``lower,upper``.

    The range counts stored values, before any LUT. MONOCHROME1 is not inverted: the viewer reads
    values back from the greys. Colour has no range, its answer says ``colour``.
    """
    with _AT_ONCE:
        values = archive.decode(sop_instance_uid, frame)
        profile = _colours(archive.archive_key).get(archive.position(sop_instance_uid))
        if profile is not None:
            drawn = draw_picture(values, profile=profile, form="JPEG", side=None, quality=QUALITY)
            return drawn, "colour"
        lower, upper = _range(values, wanted)
        shares = (np.nan_to_num(values.astype(np.float64)) - lower) / (upper - lower)
        greys = np.clip(shares * 255.0 + 0.5, 0, 255).astype(np.uint8)
        return _jpeg(greys), f"{lower},{upper}"


@lru_cache(maxsize=64)
def _colours(archive_key: str) -> dict[int | None, dict[str, Any]]:
    """Headers of the images in colour, by their position; most series have none."""
    profiles = open_series(archive_key).viewer_profile()
    return {
        position: profile
        for position, profile in enumerate(profiles)
        if first_value(profile, "00280004", "") == "PALETTE COLOR"
        or int(first_value(profile, "00280002", 1)) > 1
    }


def _range(values: npt.NDArray[Any], wanted: PreviewRange) -> tuple[int, int]:
    if wanted.lower is not None and wanted.upper is not None:
        return wanted.lower, wanted.upper
    low, high = np.percentile(np.nan_to_num(values.astype(np.float64)), AUTO_PERCENTILES)
    lower = int(np.floor(low))
    return lower, max(lower + 1, int(np.ceil(high)))


def _jpeg(greys: npt.NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(greys).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
