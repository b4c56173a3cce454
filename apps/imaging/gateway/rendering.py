"""Pictures in consumer formats with window, viewport and quality (PS3.18 8.3.5)."""

import io
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.http import QueryDict
from PIL import Image

from apps.core.exceptions import InvalidInput
from apps.imaging.archive.pixels import JPEG_QUALITY, THUMBNAIL_SIDE, draw_picture, first_value

FORMS = {"image/jpeg": "JPEG", "image/png": "PNG"}
FUNCTIONS = frozenset({"linear", "linear-exact", "sigmoid"})
LONGEST_SIDE = 4096
UNSUPPORTED = ("annotation", "iccprofile")


@dataclass(frozen=True, slots=True)
class Look:
    """What was asked for; ``None`` where the header decides."""

    window: tuple[float, float, str] | None = None
    viewport: tuple[int, int] | None = None
    source: tuple[float, float, float, float] | None = None
    quality: int = JPEG_QUALITY
    warnings: tuple[str, ...] = ()


def read_look(params: QueryDict, *, thumbnail: bool) -> Look:
    """The query parameters, checked.

    Raises
    ------
    InvalidInput
        ``bad_parameter``.
    """
    window, viewport, source = None, None, None
    if "window" in params:
        parts = str(params["window"]).split(",")
        function = parts[2].strip().lower() if len(parts) == 3 else "linear"
        if len(parts) not in (2, 3) or function not in FUNCTIONS:
            raise _bad("window")
        window = (_decimal(parts[0], "window"), _decimal(parts[1], "window"), function)
        if window[1] < (1 if function == "linear" else 1e-6):
            raise _bad("window")
    if "viewport" in params:
        parts = str(params["viewport"]).split(",")
        if len(parts) not in (2, 6):
            raise _bad("viewport")
        sides = [_decimal(part, "viewport") for part in parts[:2]]
        if not all(1 <= side <= LONGEST_SIDE for side in sides):
            raise _bad("viewport")
        viewport = (int(sides[0]), int(sides[1]))
        if len(parts) == 6:
            x, y, w, h = (_decimal(part or "0", "viewport") for part in parts[2:])
            source = (x, y, w, h)
    elif thumbnail:
        viewport = (THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    quality = params.get("quality", str(JPEG_QUALITY))
    if not (quality.isascii() and quality.isdigit() and 1 <= int(quality[:9]) <= 100):
        raise _bad("quality")
    ignored = [name for name in UNSUPPORTED if name in params]
    warnings = tuple(f"The {name} parameter is not supported and was ignored." for name in ignored)
    return Look(window, viewport, source, int(quality), warnings)


def render(values: npt.NDArray[Any], *, profile: dict[str, Any], media: str, look: Look) -> bytes:
    """One decoded frame as it was asked for."""
    if look.window is not None and values.ndim == 2 and _is_grey(profile):
        picture = Image.fromarray(_windowed(values, profile, look.window))
    else:
        drawn = draw_picture(values, profile=profile, form="PNG", side=None)
        picture = Image.open(io.BytesIO(drawn))
    picture = _fitted(picture, look)
    out = io.BytesIO()
    options = {"quality": look.quality} if media == "image/jpeg" else {}
    picture.save(out, FORMS[media], **options)
    return out.getvalue()


def _is_grey(profile: dict[str, Any]) -> bool:
    return str(first_value(profile, "00280004", "MONOCHROME2")).startswith("MONOCHROME")


def _windowed(
    values: npt.NDArray[Any], profile: dict[str, Any], window: tuple[float, float, str]
) -> npt.NDArray[np.uint8]:
    """Modality LUT, then the VOI function asked for (PS3.3 C.11.2.1)."""
    centre, width, function = window
    x = values.astype(np.float64) * float(first_value(profile, "00281053", 1.0))
    x += float(first_value(profile, "00281052", 0.0))
    if function == "sigmoid":
        y = 1.0 / (1.0 + np.exp(np.clip(-4.0 * (x - centre) / width, -500, 500)))
    elif function == "linear-exact":
        y = (x - centre) / width + 0.5
    else:
        y = (x - (centre - 0.5)) / max(width - 1.0, 1e-6) + 0.5
    grey = np.clip(np.nan_to_num(y) * 255.0 + 0.5, 0, 255).astype(np.uint8)
    if str(first_value(profile, "00280004", "")) == "MONOCHROME1":
        grey = 255 - grey
    return grey


def _fitted(picture: Image.Image, look: Look) -> Image.Image:
    """The source region scaled into the viewport, its shape kept; a negative size mirrors."""
    if look.source is not None:
        x, y, w, h = look.source
        w, h = w or picture.width - x, h or picture.height - y
        right, bottom = min(x + abs(w), picture.width), min(y + abs(h), picture.height)
        if not (0 <= x < right and 0 <= y < bottom):
            raise _bad("viewport")
        picture = picture.crop((int(x), int(y), math.ceil(right), math.ceil(bottom)))
        if w < 0:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if h < 0:
            picture = picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    if look.viewport is None:
        return picture
    scale = min(look.viewport[0] / picture.width, look.viewport[1] / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.BILINEAR)


def _decimal(text: str, name: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise _bad(name) from None
    if not math.isfinite(number) or abs(number) > 1e9:
        raise _bad(name)
    return number


def _bad(name: str) -> InvalidInput:
    return InvalidInput(
        f"The parameter {name} cannot be used.", code="bad_parameter", details={"parameter": name}
    )
