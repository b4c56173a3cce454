"""From people to actors."""

from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Q, QuerySet
from rest_framework.request import Request

from apps.accounts.choices import AccountKind
from apps.accounts.models import User
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible

TRAINEE_ROLE = "trainee"


def actor_for(*, user: User, session_key: str = "") -> Actor:
    """The acting person with global roles; ``trainee`` is added from the person's record."""
    roles = {row.role for row in user.roles.all()}
    if user.is_trainee:
        roles.add(TRAINEE_ROLE)
    return Actor(
        kind="place" if user.kind == AccountKind.PLACE else "user",
        id=user.pk,
        label=user.display_name,
        system_roles=frozenset(roles),
        discipline=user.discipline,
        session_key=session_key,
    )


def actor_for_request(request: Request) -> Actor:
    user = request.user
    if not isinstance(user, User) or not user.is_active:
        return Actor.anonymous()
    session = getattr(request, "session", None)
    return actor_for(user=user, session_key=(session.session_key or "") if session else "")


def search_people(*, text: str = "") -> "QuerySet[User]":
    """Active people by name or address, for invitations and memberships."""
    people = User.objects.filter(is_active=True, kind=AccountKind.PERSON).select_related(
        "institution"
    )
    if text:
        people = people.filter(Q(display_name__icontains=text) | Q(email__icontains=text))
    return people.order_by("display_name", "id")


def draw_totp_qr(*, user: User, session: SessionBase) -> str:
    """SVG of the ``otpauth`` address that the session's enrolment is about.

    Raises
    ------
    NotVisible
        No enrolment is under way.
    """
    secret = session.get(SECRET_SESSION_KEY)
    if not secret:
        raise NotVisible("No second factor is being set up.")
    adapter = get_adapter()
    return str(adapter.build_totp_svg(adapter.build_totp_url(user, secret)))
