"""Request id in, request id out; and no patient data in any log line."""

import re
from collections.abc import Callable
from uuid import uuid4

from django.http import HttpRequest, HttpResponse

from apps.core import context

_ACCEPTED_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


class RequestIdMiddleware:
    """Echo a sane ``X-Request-ID`` or mint one; it is in every log line and every problem."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        offered = request.headers.get("X-Request-ID", "")
        request_id = offered if _ACCEPTED_ID.match(offered) else uuid4().hex
        context.request_id.set(request_id)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response
