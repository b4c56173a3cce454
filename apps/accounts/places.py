"""What the screen of a room may not reach although it has a sign-in session."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.accounts.choices import AccountKind
from apps.core.api.problems import problem_response


class PlaceMiddleware:
    """The screen of a room has a sign-in session and no account to manage: no password to set."""

    CLOSED = ("/_allauth/", "/accounts/", "/dicomweb/")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(self.CLOSED) and _is_place(request):
            return problem_response(
                status=403, code="place", detail="A screen only shows the meeting."
            )
        return self.get_response(request)


def _is_place(request: HttpRequest) -> bool:
    user = request.user
    return user.is_authenticated and user.kind == AccountKind.PLACE
