"""PACS secrets at rest."""

from apps.core.sealing import SealBroken, seal, unseal
from apps.imaging.exceptions import PacsError

_PURPOSE = "consilium.imaging.pacs-secret.v1"


def encrypt_secret(secret: str) -> bytes:
    return seal(secret, purpose=_PURPOSE)


def decrypt_secret(sealed: bytes | memoryview) -> str:
    """The secret in clear.

    Raises
    ------
    PacsError
        ``pacs_secret_unreadable``: SECRET_KEY changed since it was stored.
    """
    try:
        return unseal(sealed, purpose=_PURPOSE)
    except SealBroken:
        raise PacsError(
            "The stored credentials cannot be read; enter them again.",
            code="pacs_secret_unreadable",
        ) from None
