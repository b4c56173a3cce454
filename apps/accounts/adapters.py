"""allauth, closed: an administrator makes accounts, or the hospital's identity provider does."""

import base64
import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest

from apps.core.sealing import SealBroken, seal, unseal

_FACTOR = "consilium.accounts.second-factor.v1"


class ClosedAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class ClosedSocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Sign-in by OIDC reaches existing accounts only, matched by verified address."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False


class SealedMFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """The seed of a second factor is sealed at rest: a copy of the database opens no account."""

    def encrypt(self, text: str) -> str:
        return seal(text, purpose=_FACTOR).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """The seed; one sealed under an earlier SECRET_KEY becomes a random one no code fits.

        Never an empty one: the codes of an empty seed can be computed by anybody.
        """
        try:
            seed = unseal(encrypted_text.encode(), purpose=_FACTOR)
        except SealBroken:
            seed = ""
        return seed or _random_seed()


def _random_seed() -> str:
    return base64.b32encode(secrets.token_bytes(20)).decode("ascii")
