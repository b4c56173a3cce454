"""RFC 9457 problem+json: the one shape of every HTTP error."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

from apps.core import context
from apps.core.exceptions import DomainError

CONTENT_TYPE = "application/problem+json"

TITLES = {
    400: "The request cannot be used",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    412: "Precondition failed",
    413: "Too large",
    415: "Unsupported media type",
    429: "Too many requests",
    500: "Something went wrong on our side",
    503: "Temporarily unavailable",
}

DRF_CODES = {
    drf.NotAuthenticated: "not_signed_in",
    drf.AuthenticationFailed: "not_signed_in",
    drf.PermissionDenied: "forbidden",
    drf.NotFound: "not_found",
    drf.MethodNotAllowed: "method_not_allowed",
    drf.ParseError: "malformed",
    drf.UnsupportedMediaType: "unsupported_media_type",
    drf.NotAcceptable: "not_acceptable",
    drf.Throttled: "rate_limited",
    drf.ValidationError: "invalid_input",
}


def problem_body(
    *,
    status: int,
    code: str,
    detail: str,
    errors: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The document itself; ``details`` is our extension member for machine-readable facts."""
    body: dict[str, Any] = {
        "type": f"urn:consilium:problem:{code}",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "code": code,
        "detail": detail,
        "errors": dict(errors or {}),
        "request_id": context.ensure_request_id(),
    }
    if details:
        body["details"] = dict(details)
    return body


def domain_problem(error: DomainError) -> dict[str, Any]:
    return problem_body(
        status=error.status,
        code=error.error_code,
        detail=str(error.message),
        details=error.details,
    )


def handle_exception(exc: Exception, handler_context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: domain errors and DRF's own become one shape."""
    if isinstance(exc, DomainError):
        response = Response(domain_problem(exc), status=exc.status, content_type=CONTENT_TYPE)
        retry_after = exc.details.get("retry_after_s")
        if retry_after is not None:
            response["Retry-After"] = str(retry_after)
        return response
    if isinstance(exc, Http404):
        exc = drf.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = drf.PermissionDenied()
    answered = drf_exception_handler(exc, handler_context)
    if answered is None or not isinstance(exc, drf.APIException):
        return answered
    code = next((c for cls, c in DRF_CODES.items() if isinstance(exc, cls)), "error")
    errors = exc.detail if isinstance(exc, drf.ValidationError) else {}
    if isinstance(errors, list):
        errors = {"non_field_errors": errors}
    detail = "Some fields cannot be used." if errors else str(exc.detail)
    answered.data = problem_body(
        status=answered.status_code, code=code, detail=detail, errors=errors
    )
    answered.content_type = CONTENT_TYPE
    return answered


def problem_response(*, status: int, code: str, detail: str) -> JsonResponse:
    return JsonResponse(
        problem_body(status=status, code=code, detail=detail),
        status=status,
        content_type=CONTENT_TYPE,
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    return problem_response(status=404, code="not_found", detail="Not found.")


def server_error(request: HttpRequest) -> JsonResponse:
    return problem_response(
        status=500, code="internal_error", detail="An unexpected error was logged."
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> JsonResponse:
    return problem_response(
        status=403, code="csrf_failed", detail="The request lacks a valid CSRF token; reload."
    )
