"""`/pixels/<archive_key>[.<scope>]/…`: metadata, frames and thumbnails of published series.

Per request: signature, ticket in force (in memory, polled), study and guise, then bytes from the
immutable archive. A de-identified view has its grant's scope in the URL, so that the browser's
cache never shows one guise to another.
"""

import asyncio
import gzip
import json
import re
from collections.abc import Awaitable, Callable
from functools import lru_cache, partial
from typing import Any, TypeVar
from uuid import UUID

from django.db import DatabaseError, connection

from apps.imaging.archive.reader import FRAMES, SeriesArchive, open_series, series_at_hand
from apps.imaging.archive.store import StoreUnavailable
from apps.imaging.evicted import explain_absence
from apps.imaging.exceptions import SeriesEvicted
from apps.imaging.models import Series
from apps.imaging.pixels import tokens
from apps.imaging.pixels.asking import TITLES, Asked, Refusal, parse
from apps.imaging.pixels.guard import GuardUnavailable, guard
from apps.imaging.pixels.guise import (
    EXPLICIT_LE,
    decoded_frame,
    original_uids,
    projected_gz,
    projection_of,
)
from apps.imaging.pixels.preview import RANGE_HEADER, draw_preview
from apps.imaging.projection import VERSION as PROJECTION_VERSION
from apps.imaging.stacks import STACKS_VERSION, stacks_document

Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Headers = list[tuple[bytes, bytes]]
Result = TypeVar("Result")

_RANGE = re.compile(rb"^bytes=(\d*)-(\d*)$")
_TICKET_HEADER = tokens.HEADER.lower().encode("ascii")
MEDIA_TYPES = {
    "1.2.840.10008.1.2.4.201": "image/jphc",
    "1.2.840.10008.1.2.4.202": "image/jphc",
    "1.2.840.10008.1.2.4.203": "image/jphc",
}
IMMUTABLE = b"private, max-age=31536000, immutable"
REVALIDATED = b"private, no-cache"
COMMON: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; sandbox"),
]


async def pixel_app(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application for paths that start with ``/pixels/``."""
    ticket_id: UUID | None = None
    try:
        if scope["method"] not in ("GET", "HEAD"):
            raise Refusal(405, "method_not_allowed", "Only reading is possible here.")
        asked = parse(scope)
        claims = _read_ticket(asked)
        ticket_id = claims.ticket_id
        if not await guard.admit(ticket_id):
            raise Refusal(403, "ticket_revoked", "Access to these images has ended.")
        try:
            archive = await _open(asked, claims)
            await _respond(asked, claims, archive, send, head=scope["method"] == "HEAD")
        except FileNotFoundError:
            raise await _explain_absence(asked, claims) from None
        except StoreUnavailable:
            raise Refusal(503, "archive_unavailable", "The archive does not answer.") from None
    except GuardUnavailable:
        await _send_problem(
            send, Refusal(503, "unavailable", "Access cannot be checked at the moment.")
        )
    except Refusal as refusal:
        if refusal.status in (401, 403):
            guard.note_refusal(code=refusal.code, ticket_id=ticket_id)
        await _send_problem(send, refusal)


def _read_ticket(asked: Asked) -> tokens.Claims:
    try:
        claims = tokens.read(asked.headers.get(_TICKET_HEADER, b"").decode("latin-1"))
    except tokens.BadTicket as error:
        raise Refusal(401, error.code, "A valid study ticket is needed.") from None
    if tokens.session_mark_of(asked.headers.get(b"cookie", b"")) != claims.session_mark:
        raise Refusal(401, "ticket_for_other_session", "The ticket is for another session.")
    return claims


async def _open(asked: Asked, claims: tokens.Claims) -> SeriesArchive:
    archive = series_at_hand(asked.key)  # the path matched: it is a key
    if archive is None:
        archive = await _in_thread(open_series, asked.key)
    if _study_mark(archive.manifest["study_instance_uid"]) != claims.study_mark:
        raise Refusal(403, "ticket_for_other_study", "The ticket is for another study.")
    expected = projection_of(claims.grant_id).scope if claims.grant_id else ""
    if asked.scope != expected:
        raise Refusal(403, "ticket_for_other_guise", "The ticket is for another view.")
    is_open = archive.manifest["deidentifiable"] or guard.is_cleared(asked.key)
    if claims.is_deidentified and not is_open:
        raise Refusal(403, "withheld", "Not available in de-identified view.")
    if guard.is_hidden(claims.ticket_id, asked.key):
        raise Refusal(403, "ai_hidden", "AI results are hidden until the images have been read.")
    return archive


async def _explain_absence(asked: Asked, claims: tokens.Claims) -> Refusal:
    """Off the fast path: is the series only evicted? Told to holders of its study's ticket."""
    if await _in_thread(_recall, asked.key, claims.study_mark):
        return Refusal(409, "series_evicted", "The images are in the PACS and are being fetched.")
    return Refusal(404, "not_found", "Not found.")


def _recall(archive_key: str, study_mark: str) -> bool:
    """Whether it was evicted; then it is wanted back from now on."""
    try:
        study_uid = (
            Series.objects.filter(archive_key=archive_key)
            .values_list("study__study_instance_uid", flat=True)
            .first()
        )
        if study_uid is None or _study_mark(study_uid) != study_mark:
            return False
        return isinstance(explain_absence(archive_key), SeriesEvicted)
    except DatabaseError:
        return False
    finally:
        connection.close()


@lru_cache(maxsize=512)
def _study_mark(study_instance_uid: str) -> str:
    return tokens.mark_study(study_instance_uid)


async def _respond(
    asked: Asked, claims: tokens.Claims, archive: SeriesArchive, send: Send, *, head: bool
) -> None:
    if asked.document == "metadata":
        await _send_metadata(asked, claims, archive, send, head=head)
    elif asked.document == "stacks":
        await _send_stacks(asked, claims, send, head=head)
    elif asked.document == "thumbnail":
        await _send_thumbnail(asked, archive, send, head=head)
    elif asked.preview:
        await _send_preview(asked, claims, archive, send, head=head)
    else:
        await _send_frame(asked, claims, archive, send, head=head)


# --- what is sent ------------------------------------------------------------------------------


async def _send_metadata(
    asked: Asked, claims: tokens.Claims, archive: SeriesArchive, send: Send, *, head: bool
) -> None:
    wants_gzip = b"gzip" in asked.headers.get(b"accept-encoding", b"")
    form = "gz" if wants_gzip else "id"
    etag = f'"{asked.key[:32]}{asked.scope}-v{PROJECTION_VERSION}-{form}"'.encode()
    headers: Headers = [
        (b"content-type", b"application/dicom+json"),
        (b"vary", b"Accept-Encoding"),
    ]
    if _matches(asked, etag):
        await _send_not_modified(send, etag)
        return
    body = await _from_store(archive, archive.viewer_gz)
    if claims.grant_id:
        body = await _in_thread(projected_gz, asked.key, claims.grant_id)
    if wants_gzip:
        headers.append((b"content-encoding", b"gzip"))
    else:
        body = gzip.decompress(body)
    await _send_body(send, body=body, etag=etag, headers=headers, head=head)


async def _send_stacks(asked: Asked, claims: tokens.Claims, send: Send, *, head: bool) -> None:
    """Which frames belong together. Computed, so it is asked for again when it may have changed."""
    etag = f'"{asked.key[:32]}{asked.scope}-s{STACKS_VERSION}"'.encode()
    if _matches(asked, etag):
        await _send_not_modified(send, etag, cache_control=REVALIDATED)
        return
    describe = partial(stacks_document, asked.key, is_deidentified=claims.is_deidentified)
    await _send_body(
        send,
        body=await _in_thread(describe),
        etag=etag,
        headers=[(b"content-type", b"application/json")],
        head=head,
        cache_control=REVALIDATED,
    )


async def _send_thumbnail(asked: Asked, archive: SeriesArchive, send: Send, *, head: bool) -> None:
    etag = f'"{asked.key[:32]}{asked.scope}-t"'.encode()
    if _matches(asked, etag):
        await _send_not_modified(send, etag)
        return
    picture = await _from_store(archive, archive.thumbnail)
    if picture is None:
        raise Refusal(404, "not_found", "This series has no picture.")
    headers: Headers = [(b"content-type", b"image/jpeg")]
    await _send_body(send, body=picture, etag=etag, headers=headers, head=head)


async def _send_frame(
    asked: Asked, claims: tokens.Claims, archive: SeriesArchive, send: Send, *, head: bool
) -> None:
    uid = _original_uid(asked, claims)
    span = archive.frame_span(uid, asked.frame)
    if span is None:
        raise _explain_no_frame(archive, uid, in_own_words=claims.is_deidentified)
    offset, length, syntax = span
    etag = f'"{asked.key[:32]}{asked.scope}-{archive.position(uid)}-{asked.frame}"'.encode()
    if _matches(asked, etag):
        await _send_not_modified(send, etag)
        return
    written_anew = bool(claims.grant_id) and archive.keeps_source_codestream(uid)
    if written_anew:  # a codestream that came from outside may carry comments
        loop = asyncio.get_running_loop()
        decoded = await loop.run_in_executor(None, decoded_frame, archive, uid, asked.frame)
        length, syntax = len(decoded), EXPLICIT_LE
    media = MEDIA_TYPES.get(syntax, "application/octet-stream")
    headers: Headers = [
        (b"content-type", f"{media}; transfer-syntax={syntax}".encode()),
        (b"accept-ranges", b"bytes"),
    ]
    status, start, count = _range(asked, length)
    if status == 206:
        span_text = f"bytes {start}-{start + count - 1}/{length}"
        headers.append((b"content-range", span_text.encode()))
    if written_anew:
        frame: bytes | bytearray = decoded[start : start + count]
    else:
        frame = b"" if head else await _read(archive, offset + start, count)
    await _send_body(
        send, body=frame, etag=etag, headers=headers, head=head, status=status, length=count
    )


async def _send_preview(
    asked: Asked, claims: tokens.Claims, archive: SeriesArchive, send: Send, *, head: bool
) -> None:
    """A frame as JPEG in the range of stored values that the address names, so as immutable."""
    uid = _original_uid(asked, claims)
    if archive.frame_span(uid, asked.frame) is None:
        raise _explain_no_frame(archive, uid, in_own_words=claims.is_deidentified)
    assert asked.preview is not None
    place = f"{archive.position(uid)}-{asked.frame}-{asked.preview.mark}"
    etag = f'"{asked.key[:32]}{asked.scope}-{place}"'.encode()
    if _matches(asked, etag):
        await _send_not_modified(send, etag)
        return
    body, span = await _in_thread(draw_preview, archive, uid, asked.frame, asked.preview)
    headers: Headers = [(b"content-type", b"image/jpeg"), (RANGE_HEADER, span.encode())]
    await _send_body(send, body=body, etag=etag, headers=headers, head=head)


def _original_uid(asked: Asked, claims: tokens.Claims) -> str:
    if not claims.grant_id:
        return asked.uid
    return original_uids(asked.key, claims.grant_id).get(asked.uid, "")


def _explain_no_frame(
    archive: SeriesArchive, sop_instance_uid: str, *, in_own_words: bool
) -> Refusal:
    """An image that is there but could not be decoded is not one that is missing."""
    instance = archive.instance(sop_instance_uid)
    if instance is not None and instance["problem"]:
        code, detail = instance["problem"]
        return Refusal(422, code, TITLES[422] if in_own_words else detail)
    return Refusal(404, "not_found", "No such frame.")


async def _read(archive: SeriesArchive, offset: int, length: int) -> bytes | bytearray:
    """From the page cache at once; from a cold disk in a thread, so that nobody else waits."""
    if not archive.is_remote:
        body = archive.file(FRAMES).read_range_at_once(offset, length)
        if body is not None:
            return body
    return await _in_thread(lambda: archive.file(FRAMES).read_range(offset, length))


async def _from_store(archive: SeriesArchive, read_one: Callable[[], Result]) -> Result:
    """A small file: from the directory at once, from an object store in a thread."""
    return await _in_thread(read_one) if archive.is_remote else read_one()


async def _in_thread(function: Callable[..., Result], *arguments: object) -> Result:
    return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)


def _range(asked: Asked, length: int) -> tuple[int, int, int]:
    """Status, start and count; one range only, anything else is answered whole (RFC 9110)."""
    match = _RANGE.match(asked.headers.get(b"range", b""))
    if not match or match.group(0) == b"bytes=-":
        return 200, 0, length
    first, last = match.groups()
    if first:
        start = int(first)
        end = min(int(last) if last else length - 1, length - 1)
    else:
        start, end = max(0, length - int(last)), length - 1
    if start >= length or end < start:
        raise Refusal(416, "range_not_satisfiable", "No such part of the frame.")
    return 206, start, end - start + 1


def _matches(asked: Asked, etag: bytes) -> bool:
    sent = asked.headers.get(b"if-none-match", b"")
    return sent == b"*" or etag in (part.strip() for part in sent.split(b","))


# --- how it is sent ----------------------------------------------------------------------------


async def _send_not_modified(send: Send, etag: bytes, *, cache_control: bytes = IMMUTABLE) -> None:
    headers = [(b"etag", etag), (b"cache-control", cache_control), *COMMON]
    await send({"type": "http.response.start", "status": 304, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _send_body(
    send: Send,
    *,
    body: bytes | bytearray,
    etag: bytes,
    headers: Headers,
    head: bool,
    status: int = 200,
    length: int | None = None,
    cache_control: bytes = IMMUTABLE,
) -> None:
    size = len(body) if length is None else length
    start = [
        *headers,
        (b"content-length", str(size).encode()),
        (b"etag", etag),
        (b"cache-control", cache_control),
        *COMMON,
    ]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": b"" if head else body})


async def _send_problem(send: Send, refusal: Refusal) -> None:
    body = json.dumps(
        {
            "type": f"urn:consilium:problem:{refusal.code}",
            "title": TITLES[refusal.status],
            "status": refusal.status,
            "code": refusal.code,
            "detail": refusal.detail,
            "errors": {},
        }
    ).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *COMMON,
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
