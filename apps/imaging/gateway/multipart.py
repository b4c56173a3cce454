"""multipart/related answers, streamed part by part."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from uuid import uuid4

from django.http import StreamingHttpResponse


@dataclass(frozen=True, slots=True)
class Part:
    """``read`` gives the bytes when it is the part's turn."""

    content_type: str
    location: str
    read: Callable[[], bytes]


def multipart_response(parts: Sequence[Part], *, inner: str) -> StreamingHttpResponse:
    boundary = uuid4().hex
    response = StreamingHttpResponse(
        _stream(parts, boundary=boundary),
        content_type=f'multipart/related; type="{inner}"; boundary={boundary}',
    )
    response["Cache-Control"] = "private, no-store"
    return response


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
