"""What the OpenAPI document says about our conventions: pages, problems, the session cookie."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem document; `code` is stable and machine-readable.",
    "required": ["type", "title", "status", "code", "detail", "errors", "request_id"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:consilium:problem:not_found"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "examples": ["stale_version"]},
        "detail": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": True},
        "details": {"type": "object", "additionalProperties": True},
        "request_id": {"type": "string"},
    },
}


def page_of(
    row: type[serializers.Serializer[Any]], *, hides_ai: bool = False
) -> serializers.Serializer[Any]:
    """The shape of a cursor-paginated list of ``row``: ``{next, previous, results}``.

    ``hides_ai``: the list leaves AI results out while the images are to be read first, and
    says so in ``ai_hidden``.
    """
    name = row.__name__.removesuffix("Serializer")
    fields: dict[str, serializers.Field[Any, Any, Any, Any]] = {
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": row(many=True),
    }
    if hides_ai:
        fields["ai_hidden"] = serializers.BooleanField()
    return inline_serializer(f"{name}Page", fields)


def add_problems(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Postprocessing hook: every operation may answer with a problem document."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    answer = {
        "description": "Refused or failed",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
    for operations in result.get("paths", {}).values():
        for operation in operations.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"].setdefault("default", answer)
    return result


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The browser's session cookie, with the CSRF token on writes."""

    target_class = "apps.accounts.authentication.SessionAuthentication401"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "Sign in through /_allauth/; send X-CSRFToken with every write.",
        }
