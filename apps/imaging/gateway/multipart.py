"""multipart/related answers, streamed part by part."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.http import StreamingHttpResponse


@dataclass(frozen=True, slots=True)
class Part:
    """``read`` gives the bytes when it is the part's turn."""

    content_type: str
    location: str
    read: Callable[[], bytes]


def multipart_response(
    parts: Sequence[Part], *, inner: str, etag: str, status: int = 200
) -> StreamingHttpResponse:
    """Equal ETags are equal bytes, so the boundary comes from it; keyed, so that no object can
    be made to contain it."""
    boundary = hmac.new(settings.SECRET_KEY.encode(), etag.encode(), hashlib.sha256).hexdigest()
    return StreamingHttpResponse(
        _stream(parts, boundary=boundary),
        content_type=f'multipart/related; type="{inner}"; boundary={boundary}',
        status=status,
    )


async def _stream(parts: Sequence[Part], *, boundary: str) -> AsyncIterator[bytes]:
    """Async, so that under ASGI parts leave one by one instead of being collected first."""
    for part in parts:
        body = await asyncio.to_thread(part.read)
        head = (
            f"--{boundary}\r\nContent-Type: {part.content_type}\r\n"
            f"Content-Location: {part.location}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode("ascii") + body + b"\r\n"
    yield f"--{boundary}--\r\n".encode("ascii")
