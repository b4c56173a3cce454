"""PACS secrets at rest: Fernet with a key derived from SECRET_KEY for this use only."""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from apps.imaging.exceptions import PacsError

_PURPOSE = b"consilium.imaging.pacs-secret.v1"


def encrypt_secret(secret: str) -> bytes:
    return _box().encrypt(secret.encode()) if secret else b""


def decrypt_secret(sealed: bytes | memoryview) -> str:
    """The secret in clear.

    Raises
    ------
    PacsError
        ``pacs_secret_unreadable``: SECRET_KEY changed since it was stored.
    """
    if not sealed:
        return ""
    try:
        return _box().decrypt(bytes(sealed)).decode()
    except InvalidToken:
        raise PacsError(
            "The stored credentials cannot be read; enter them again.",
            code="pacs_secret_unreadable",
        ) from None


def _box() -> Fernet:
    key = hmac.new(settings.SECRET_KEY.encode(), _PURPOSE, hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(key))
