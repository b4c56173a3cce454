"""Bodies sent to the gateway, before Django reads them: Django spools whatever comes, without end.

Only who holds a token or a session may send much, nobody more than the limit, and nobody may
keep a connection busy by dripping.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import close_old_connections
from django.utils import timezone

from apps.core.exceptions import RateLimited
from apps.imaging.gateway.bearer import CHALLENGE
from apps.imaging.services.importing import UPLOAD_BYTES
from apps.imaging.services.tokens import BadToken, actor_of_token, note_bad_token

Scope = Any
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

STRANGER_BYTES = 64 * 1024
IDLE_S = 30.0
TITLES = {
    401: ("invalid_token", "Send a valid bearer token, or sign in."),
    408: ("body_too_slow", "The body did not come in time."),
    413: ("too_large", "The body is larger than the limit."),
}


def limit_bodies(app: App) -> App:
    """The ASGI application with bounded request bodies."""

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        body = _Body(scope, receive, send)
        await body.judge()
        if not body.refused:
            await app(scope, body.receive, body.send)

    return limited


class _Body:
    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._headers = dict(scope["headers"])
        self._address = (scope.get("client") or ("",))[0]
        self._known = False
        self._seen = 0
        self._complete = False
        self._answering = False
        self.refused = False

    async def judge(self) -> None:
        """Refuse at once what announces too much."""
        announced = self._headers.get(b"content-length", b"0")
        length = int(announced) if announced.isdigit() and len(announced) < 19 else 2**63
        if length <= STRANGER_BYTES and b"transfer-encoding" not in self._headers:
            return
        self._known = await sync_to_async(_knows)(self._headers, self._address)
        if length > self.limit:
            await self._refuse(413 if self._known else 401)

    @property
    def limit(self) -> int:
        return UPLOAD_BYTES if self._known else STRANGER_BYTES

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), IDLE_S)
        except TimeoutError:
            return await self._refuse(408)
        if message["type"] != "http.request":
            return message
        self._seen += len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        if self._seen > self.limit:
            return await self._refuse(413 if self._known else 401)
        return message

    async def send(self, message: Message) -> None:
        if not self.refused:
            self._answering = True
            await self._send(message)

    async def _refuse(self, status: int) -> Message:
        """Answer and hang up; to the application it looks like a client that went away."""
        self.refused = True
        if not self._answering:
            code, detail = TITLES[status]
            body = json.dumps(
                {
                    "type": f"urn:consilium:problem:{code}",
                    "title": detail,
                    "status": status,
                    "code": code,
                    "detail": detail,
                    "errors": {},
                }
            ).encode()
            headers = [
                (b"content-type", b"application/problem+json"),
                (b"content-length", str(len(body)).encode()),
                (b"connection", b"close"),
                (b"cache-control", b"no-store"),
            ]
            if status == 401:
                headers.append((b"www-authenticate", CHALLENGE.encode()))
            await self._send({"type": "http.response.start", "status": status, "headers": headers})
            await self._send({"type": "http.response.body", "body": body})
        return {"type": "http.disconnect"}


def _knows(headers: dict[bytes, bytes], address: str) -> bool:
    """Whether a token or a session comes along. What it may do is decided later, by policy."""
    close_old_connections()
    try:
        scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if scheme.lower() == "bearer":
            try:
                actor_of_token(token=token.strip())
            except BadToken as bad:
                with contextlib.suppress(RateLimited):
                    note_bad_token(bad=bad, address=address)
                return False
            return True
        try:
            cookies = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1"))
        except CookieError:
            return False
        morsel = cookies.get(settings.SESSION_COOKIE_NAME)
        key = morsel.value if morsel else ""
        if not key or len(key) > 40 or "\0" in key:
            return False
        return Session.objects.filter(session_key=key, expire_date__gt=timezone.now()).exists()
    finally:
        close_old_connections()
