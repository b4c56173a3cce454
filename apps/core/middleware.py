"""Request id in, request id out; and no patient data in any log line."""

import re
from collections.abc import Awaitable, Callable
from uuid import uuid4

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse

from apps.core import context

_ACCEPTED_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


class RequestIdMiddleware:
    """Echo a sane ``X-Request-ID`` or mint one; it is in every log line and every problem."""

    sync_capable = True
    async_capable = True

    def __init__(
        self, get_response: Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]
    ) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        if iscoroutinefunction(self):
            return self._answer_async(request)
        request_id = self._enter(request)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id  # type: ignore[index]
        return response

    async def _answer_async(self, request: HttpRequest) -> HttpResponse:
        request_id = self._enter(request)
        response: HttpResponse = await self.get_response(request)  # type: ignore[misc]
        response["X-Request-ID"] = request_id
        return response

    @staticmethod
    def _enter(request: HttpRequest) -> str:
        offered = request.headers.get("X-Request-ID", "")
        request_id = offered if _ACCEPTED_ID.match(offered) else uuid4().hex
        context.request_id.set(request_id)
        return request_id
