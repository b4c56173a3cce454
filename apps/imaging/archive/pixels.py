"""Stored frames back to values, and a picture of one."""

import io
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut

HTJ2K_SYNTAXES = frozenset(
    {
        "1.2.840.10008.1.2.4.201",
        "1.2.840.10008.1.2.4.202",
        "1.2.840.10008.1.2.4.203",
    }
)
THUMBNAIL_SIDE = 160
JPEG_QUALITY = 85
IMPOSSIBLY_WIDE = 4
ROBUST_PERCENTILES = (1.0, 99.0)
#: Descriptors and data of the red, green and blue tables.
PALETTE_TAGS = ("00281101", "00281102", "00281103", "00281201", "00281202", "00281203")


def decode_frame(
    body: bytes, *, transfer_syntax_uid: str, rows: int, columns: int, samples: int, dtype: str
) -> npt.NDArray[Any]:
    """(row, column) or (row, column, sample) as stored, before any LUT."""
    if transfer_syntax_uid in HTJ2K_SYNTAXES:
        decoded: npt.NDArray[Any] = imagecodecs.htj2k_decode(body)
        return decoded
    values = np.frombuffer(body, dtype=np.dtype(dtype).newbyteorder("<"))
    shape = (rows, columns) if samples == 1 else (rows, columns, samples)
    return values.reshape(shape)


def draw_thumbnail(values: npt.NDArray[Any], *, profile: dict[str, Any]) -> bytes:
    """A small JPEG of one frame."""
    return draw_picture(values, profile=profile, form="JPEG", side=THUMBNAIL_SIDE)


def draw_picture(
    values: npt.NDArray[Any],
    *,
    profile: dict[str, Any],
    form: str,
    side: int | None,
    quality: int = JPEG_QUALITY,
) -> bytes:
    """One frame in 8 bits: Modality LUT, the header's first window, MONOCHROME1 inverted."""
    photometric = str(first_value(profile, "00280004", "MONOCHROME2"))
    if values.ndim == 3:
        more_bits = max(0, int(first_value(profile, "00280101", 8)) - 8)
        grey = np.clip(values >> more_bits, 0, 255).astype(np.uint8)
    elif photometric == "PALETTE COLOR":
        grey = _coloured(values, profile)
    else:
        rescaled = values.astype(np.float64) * float(first_value(profile, "00281053", 1.0))
        rescaled += float(first_value(profile, "00281052", 0.0))
        grey = _stretch(rescaled, _window(profile))
        if photometric == "MONOCHROME1":
            grey = 255 - grey
    picture = Image.fromarray(grey)
    if side is not None:
        picture.thumbnail((side, side))
    out = io.BytesIO()
    mode = "RGB" if grey.ndim == 3 else "L"
    picture.convert(mode).save(out, form, **({"quality": quality} if form == "JPEG" else {}))
    return out.getvalue()


def _coloured(values: npt.NDArray[Any], profile: dict[str, Any]) -> npt.NDArray[np.uint8]:
    """Indices through the palette (PS3.3 C.7.6.3.1.5) to RGB; grey where it is incomplete."""
    try:
        palette = Dataset.from_json({tag: profile[tag] for tag in PALETTE_TAGS})
        colours = apply_color_lut(values, palette)
    except (ValueError, AttributeError, KeyError, TypeError):
        return _stretch(values.astype(np.float64), None)
    shift = 8 if colours.dtype.itemsize > 1 else 0
    eight: npt.NDArray[np.uint8] = (colours >> shift).astype(np.uint8)
    return eight


def first_value(profile: dict[str, Any], tag: str, default: Any) -> Any:
    values = profile.get(tag, {}).get("Value") or [default]
    return default if values[0] is None else values[0]


def _window(profile: dict[str, Any]) -> tuple[float, float] | None:
    """Centre and width of the file, after the Modality LUT (PS3.3 C.11.2).

    ``None`` where there is none, or none that can be meant (``names_impossible_window``).
    """
    centre, width = first_value(profile, "00281050", None), first_value(profile, "00281051", None)
    try:
        centre, width = float(centre), float(width)
    except (TypeError, ValueError):
        return None
    return (centre, width) if width >= 1 and not names_impossible_window(profile) else None


def names_impossible_window(profile: dict[str, Any]) -> bool:
    """Whether the file's window is several times wider than all values its pixels can hold.

    Then it was written in stored values and would blacken the picture. The viewer judges the same
    (``viewer/frames.ts``), and the series carries the warning ``window_not_usable``.
    """
    try:
        width = float(first_value(profile, "00281051", 0.0))
        slope = abs(float(first_value(profile, "00281053", 1.0)))
        possible = slope * 2.0 ** int(first_value(profile, "00280101", 16))
    except (TypeError, ValueError, OverflowError):
        return False
    return width > IMPOSSIBLY_WIDE * possible


def _stretch(
    values: npt.NDArray[np.float64], window: tuple[float, float] | None
) -> npt.NDArray[np.uint8]:
    values = np.nan_to_num(values, posinf=0.0, neginf=0.0)
    if window is None:
        low, high = np.percentile(values, ROBUST_PERCENTILES)
    else:
        low, high = window[0] - window[1] / 2, window[0] + window[1] / 2
    span = float(high - low) or 1.0
    scaled: npt.NDArray[np.uint8] = np.clip((values - low) / span * 255.0, 0, 255).astype(np.uint8)
    return scaled
