"""The wire form of a mask, one for findings and for segments: packed values and their images.

Values are uint8, 0 or 1, (slice, row, column), gzipped; the images each slice lies on are said
beside, so that a viewer draws by image and never by index.
"""

import gzip
from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

MASK_MEDIA_TYPE = "application/octet-stream"
IMMUTABLE = "private, max-age=31536000, immutable"


def pack_mask(mask: bytes, *, level: int = 6) -> bytes:
    """Gzip without a time stamp, so that equal masks are equal files."""
    return gzip.compress(mask, compresslevel=level, mtime=0)


def mask_response(
    request: Request,
    *,
    etag: str,
    shape: Sequence[int],
    packed: Callable[[], bytes],
    cache_control: str = IMMUTABLE,
) -> HttpResponse:
    """A packed mask, sent as it lies on disk; ``packed`` is asked only when bytes are sent."""
    headers = {
        "ETag": f'"{etag}"',
        "Cache-Control": cache_control,
        "Vary": "Accept-Encoding, Cookie",
        "X-Mask-Shape": ",".join(str(extent) for extent in shape),
    }
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return HttpResponse(status=304, headers=headers)
    content = packed()
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
    else:
        content = gzip.decompress(content)
    return HttpResponse(content, content_type=MASK_MEDIA_TYPE, headers=headers)


def describe_grid(
    *, shape: Sequence[int], sop_instance_uids: Sequence[str], frames: Sequence[int] | None = None
) -> dict[str, Any]:
    """Which image (and frame of it, from 1) each slice of a mask lies on."""
    return {
        "shape": list(shape),
        "sop_instance_uids": list(sop_instance_uids),
        "frames": list(frames) if frames is not None else [1] * len(sop_instance_uids),
    }
