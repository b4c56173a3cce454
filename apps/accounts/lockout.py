"""What a locked-out address is told: the same for known and unknown addresses."""

from typing import Any

from django.http import HttpRequest, JsonResponse

from apps.core.api.problems import problem_response

COOL_OFF_S = 900


def answer_lockout(
    request: HttpRequest, credentials: dict[str, Any] | None = None, *args: Any, **kwargs: Any
) -> JsonResponse:
    response = problem_response(
        status=429,
        code="locked_out",
        detail="Too many failed attempts. Wait 15 minutes or ask your administrator.",
    )
    response["Retry-After"] = str(COOL_OFF_S)
    return response
