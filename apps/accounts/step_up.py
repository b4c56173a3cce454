"""How lately somebody proved who they are. Signing asks for it again after ten minutes.

A sign-in counts, and so does a password or a code given again in the same session
(allauth's ``auth/reauthenticate`` and ``auth/2fa/reauthenticate``). It is kept with the session,
so it says nothing of another browser, and of a client with a token it says that nobody did.
"""

from datetime import UTC, datetime, timedelta

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from django.utils import timezone
from rest_framework.request import Request

from apps.accounts.models import User
from apps.core.exceptions import Forbidden

HOLDS_FOR = timedelta(minutes=10)
WAYS = {"reauthenticate": "password", "mfa_reauthenticate": "code"}


class SignInAgain(Forbidden):
    """The session is in order; the person is asked once more before a signature."""

    code = "sign_in_again"


def proven_until(*, request: Request) -> datetime | None:
    """Until when a signature needs no new proof; ``None`` where it does now."""
    user = request.user
    if not isinstance(user, User):
        return None
    records = get_authentication_records(request._request, user)
    moments = [float(one["at"]) for one in records if isinstance(one.get("at"), int | float)]
    if not moments:
        return None
    until = datetime.fromtimestamp(max(moments), UTC) + HOLDS_FOR
    return until if until > timezone.now() else None


def require_proven(*, request: Request) -> None:
    """Raises ``SignInAgain``, with the ways there are for this person."""
    if proven_until(request=request) is None:
        raise SignInAgain(
            "Say who you are once more: a signature needs it every ten minutes.",
            details={"ways": ways_to_prove(request=request)},
        )


def ways_to_prove(*, request: Request) -> list[str]:
    """``password`` and ``code``; none for whoever only comes through the hospital's sign-in."""
    user = request.user
    if not isinstance(user, User):
        return []
    flows = get_reauthentication_flows(user)
    return [WAYS[flow["id"]] for flow in flows if flow["id"] in WAYS]
