"""Secrets at rest: Fernet with a key derived from SECRET_KEY for one purpose each.

Sealed for one purpose, a secret cannot be opened under another.
"""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class SealBroken(Exception):
    """It was sealed with another SECRET_KEY, for another purpose, or was changed since."""


def seal(secret: str, *, purpose: str) -> bytes:
    """The secret as it may be stored; nothing stays nothing."""
    return _box(purpose).encrypt(secret.encode()) if secret else b""


def unseal(sealed: bytes | memoryview, *, purpose: str) -> str:
    """The secret in clear.

    Raises
    ------
    SealBroken
    """
    if not sealed:
        return ""
    try:
        return _box(purpose).decrypt(bytes(sealed)).decode()
    except InvalidToken:
        raise SealBroken from None


def _box(purpose: str) -> Fernet:
    key = hmac.new(settings.SECRET_KEY.encode(), purpose.encode(), hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(key))
