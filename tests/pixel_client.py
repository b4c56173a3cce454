"""What a browser sends on the pixel path: the ticket in its header, the session in its cookie."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx
from django.conf import settings
from django.test import Client

from apps.imaging.pixels import pixel_app, tokens


def mint(client: Client, *, case_id: UUID, study_uid: str) -> dict[str, Any]:
    """A ticket as the viewer asks for it; ``headers`` holds what to send with every read."""
    answer = client.post(f"/api/cases/{case_id}/studies/{study_uid}/ticket")
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body | {"headers": pixel_headers(client, body["ticket"])}


def pixel_headers(client: Client, ticket: str) -> dict[str, str]:
    name = settings.SESSION_COOKIE_NAME
    return {tokens.HEADER: ticket, "Cookie": f"{name}={client.cookies[name].value}"}


async def get(path: str, sent: Mapping[str, str | bytes] | None = None, **more: str) -> Any:
    transport = httpx.ASGITransport(app=pixel_app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        headers: Any = dict(sent or {}) | more
        return await client.get(path, headers=headers)


def fetch(path: str, sent: Mapping[str, str | bytes] | None = None, **more: str) -> httpx.Response:
    answer: httpx.Response = asyncio.run(get(path, sent, **more))
    return answer
