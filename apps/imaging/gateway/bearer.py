"""``Authorization: Bearer`` for machine clients; only the gateway takes it, the API never."""

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from apps.core.actors import Actor
from apps.core.exceptions import NotSignedIn
from apps.imaging.services.tokens import BadToken, actor_of_token, note_bad_token

CHALLENGE = 'Bearer realm="consilium"'


class BearerAuthentication(BaseAuthentication):
    """The token's actor is ``request.auth``; ``request.user`` stays nobody."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Actor] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            return AnonymousUser(), actor_of_token(token=token.strip())
        except BadToken as bad:
            note_bad_token(bad=bad, address=request.META.get("REMOTE_ADDR", ""))
            raise NotSignedIn("The token is not valid.", code="invalid_token") from None

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE
