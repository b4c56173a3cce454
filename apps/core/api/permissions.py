"""Deny by default: a request passes only through the policy its view declares."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.core.exceptions import Forbidden


class DeclaredPolicy(BasePermission):
    """Asks the policy declared for the method; a method without one is refused."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.method == "OPTIONS":
            return True
        method = (request.method or "").lower()
        policy = getattr(view, "policies", {}).get("get" if method == "head" else method)
        if policy is None:
            raise Forbidden("No policy is declared for this method.", code="no_policy")
        if view.actor.is_place and method not in view.open_to_places:
            raise Forbidden("A screen only shows the meeting.", code="place")
        policy(actor=view.actor, **view.kwargs)
        return True
