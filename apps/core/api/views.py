"""The base of every REST view: deny by default, one policy function per method."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from rest_framework.pagination import CursorPagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.renderers import JSONRenderer
from rest_framework.views import APIView

from apps.core.actors import Actor
from apps.core.api.problems import CONTENT_TYPE
from apps.core.exceptions import Forbidden, InvalidInput
from apps.core.policies import Policy


class ProblemJSONRenderer(JSONRenderer):
    """JSON whose error answers say ``application/problem+json``."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        response = (renderer_context or {}).get("response")
        if response is not None and response.status_code >= 400:
            response["Content-Type"] = CONTENT_TYPE
        return super().render(data, accepted_media_type, renderer_context)


class DeclaredPolicy(BasePermission):
    """Asks the policy declared for the method; a method without one is refused."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.method == "OPTIONS":
            return True
        method = (request.method or "").lower()
        policy = getattr(view, "policies", {}).get("get" if method == "head" else method)
        if policy is None:
            raise Forbidden("No policy is declared for this method.", code="no_policy")
        policy(actor=view.actor, **view.kwargs)  # type: ignore[attr-defined]
        return True


class ConsiliumView(APIView):
    """Parse, authorise, call one service, shape the answer.

    ``policies`` maps the lower-case method to a policy function called with ``actor`` and
    the URL's keyword arguments. Policies raise ``NotVisible`` (404) or ``Forbidden`` (403).
    """

    policies: ClassVar[Mapping[str, Policy]] = {}
    permission_classes = (DeclaredPolicy,)

    @property
    def actor(self) -> Actor:
        actor = getattr(self.request, "_consilium_actor", None)
        if actor is None:
            actor = resolve_actor(self.request)
            self.request._consilium_actor = actor
        return actor

    def read_version(self) -> int:
        """The version the writer saw: ``If-Match: "3"`` or ``version`` in the body."""
        raw = self.request.headers.get("If-Match", "").strip().strip("W/").strip('"')
        if not raw and isinstance(self.request.data, Mapping):
            raw = str(self.request.data.get("version", ""))
        if not raw.isdigit():
            raise InvalidInput("Send If-Match or version.", code="version_required")
        return int(raw)


_actor_resolver: Callable[[Request], Actor] | None = None


def register_actor_resolver(resolver: Callable[[Request], Actor]) -> None:
    """Accounts tells, at start, how a request becomes an actor."""
    global _actor_resolver
    _actor_resolver = resolver


def resolve_actor(request: Request) -> Actor:
    return _actor_resolver(request) if _actor_resolver else Actor.anonymous()


class StandardCursorPagination(CursorPagination):
    """``{next, previous, results}``; a stable order ending in the primary key."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"
    ordering = ("-created_at", "id")
