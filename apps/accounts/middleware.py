"""Idle sign-off on the server; and a browser that forgets images when somebody signs out."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

LAST_SEEN = "last_seen"
REFRESH_AFTER_S = 30
SIGNED_OUT = "consilium_signed_out"
BACKGROUND_HEADER = "X-Consilium-Background"


class IdleSignOffMiddleware:
    """Polling marked as background does not count as use; following a live session does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.session.session_key and request.user.is_authenticated:
            self._check(request)
        response = self.get_response(request)
        if getattr(request, SIGNED_OUT, False):
            # Frames are cached as immutable; the next person at this machine must not find them.
            response["Clear-Site-Data"] = '"cache"'
        return response

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
