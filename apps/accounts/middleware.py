"""Idle sign-off: a session that nobody used for a while ends on the server."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

LAST_SEEN = "last_seen"
REFRESH_AFTER_S = 30
BACKGROUND_HEADER = "X-Consilium-Background"


class IdleSignOffMiddleware:
    """Polling marked as background does not count as use; following a live session does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.session.session_key and request.user.is_authenticated:
            self._check(request)
        return self.get_response(request)

    @staticmethod
    def _check(request: HttpRequest) -> None:
        now = int(time.time())
        last_seen = request.session.get(LAST_SEEN)
        if last_seen is not None and now - last_seen > settings.IDLE_SIGN_OFF_S:
            logout(request)
            return
        if request.headers.get(BACKGROUND_HEADER):
            return
        if last_seen is None or now - last_seen >= REFRESH_AFTER_S:
            request.session[LAST_SEEN] = now
