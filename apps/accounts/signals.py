"""Sign-in, sign-out, failures and second factors go into the audit trail.

DICOM CID 400: 110114 user authentication, 110137 user security attributes changed.
"""

from typing import Any

from allauth.account.signals import authentication_step_completed
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
    authenticator_used,
)
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from apps.accounts.middleware import SIGNED_OUT
from apps.accounts.models import User
from apps.accounts.selectors import actor_for
from apps.audit.services import record_entry
from apps.core.actors import Actor


@receiver(user_logged_in)
def audit_sign_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    record_entry(actor=actor_for(user=user), action="auth.signed_in")


@receiver(authentication_step_completed)
def audit_proof(
    sender: Any, user: User, method: str, reauthenticated: bool = False, **kwargs: Any
) -> None:
    """Somebody said again who they are, before a signature for one."""
    if reauthenticated:
        record_entry(
            actor=actor_for(user=user), action="auth.proven", details={"method": str(method)}
        )


@receiver(user_logged_out)
def audit_sign_out(
    sender: Any, request: HttpRequest | None, user: User | None = None, **kwargs: Any
) -> None:
    if user is not None:
        record_entry(actor=actor_for(user=user), action="auth.signed_out")
    if request is not None:
        setattr(request, SIGNED_OUT, True)


@receiver(user_login_failed)
def audit_failed_sign_in(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    """The address itself is not kept: people type passwords into that field."""
    address = str(credentials.get("email") or credentials.get("username") or "")
    known = User.objects.filter(email__iexact=address).only("id").first() if address else None
    record_entry(
        actor=Actor.anonymous(),
        action="auth.failed",
        entity="person" if known else "",
        entity_id=known.pk if known else "",
        outcome="refused",
    )


def audit_second_factor(action: str) -> Any:
    """A receiver that records what happened to one of somebody's factors, by its kind."""

    def record(sender: Any, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
        record_entry(
            actor=actor_for(user=user),
            action=action,
            entity="person",
            entity_id=user.pk,
            details={"factor": str(authenticator.type)},
        )

    return record


for _signal, _action in (
    (authenticator_added, "auth.factor_added"),
    (authenticator_removed, "auth.factor_removed"),
    (authenticator_reset, "auth.factor_renewed"),
    (authenticator_used, "auth.factor_used"),
):
    _signal.connect(audit_second_factor(_action), weak=False, dispatch_uid=_action)


@receiver(authentication_failed)
def audit_failed_factor(
    sender: Any, user: User, authenticator: Authenticator, **kwargs: Any
) -> None:
    record_entry(
        actor=Actor.anonymous(),
        action="auth.failed",
        entity="person",
        entity_id=user.pk,
        details={"factor": str(authenticator.type)},
        outcome="refused",
    )
