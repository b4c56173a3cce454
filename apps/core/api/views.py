"""The base of every REST view: deny by default, one policy function per method."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core.actors import Actor
from apps.core.api.permissions import DeclaredPolicy
from apps.core.exceptions import InvalidInput
from apps.core.policies import Policy


class ConsiliumView(APIView):
    """Parse, authorise, call one service, shape the answer.

    ``policies`` maps the lower-case method to a policy function called with ``actor`` and
    the URL's keyword arguments. Policies raise ``NotVisible`` (404) or ``Forbidden`` (403).
    """

    policies: ClassVar[Mapping[str, Policy]] = {}
    open_to_places: ClassVar[frozenset[str]] = frozenset()
    """Methods that the screen on a room's wall may call: nothing, unless said here."""

    permission_classes = (DeclaredPolicy,)

    @property
    def actor(self) -> Actor:
        known: Actor | None = getattr(self.request, "consilium_actor", None)
        if known is None:
            known = resolve_actor(self.request)
            setattr(self.request, "consilium_actor", known)  # noqa: B010 - kept on the request
        return known

    def read_version(self) -> int:
        """The version the writer saw: ``If-Match: "3"`` or ``version`` in the body."""
        raw = self.request.headers.get("If-Match", "").strip().strip("W/").strip('"')
        if not raw and isinstance(self.request.data, Mapping):
            raw = str(self.request.data.get("version", ""))
        if not raw.isdigit():
            raise InvalidInput("Send If-Match or version.", code="version_required")
        return int(raw)


_actor_resolvers: list[Callable[[Request], Actor]] = []


def register_actor_resolver(resolver: Callable[[Request], Actor]) -> None:
    """Accounts tells, at start, how a request becomes an actor."""
    _actor_resolvers[:] = [resolver]


def resolve_actor(request: Request) -> Actor:
    return _actor_resolvers[0](request) if _actor_resolvers else Actor.anonymous()
