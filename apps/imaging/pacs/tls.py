"""TLS towards a PACS: always verified; an own authority and an own certificate where named.

There is no way to switch verification off. A PACS with a self-signed certificate is connected
by naming that certificate as its authority.
"""

import os
import ssl
import tempfile
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from apps.core.exceptions import InvalidInput
from apps.imaging.exceptions import PacsError
from apps.imaging.models import PacsConnection
from apps.imaging.pacs.secrets import decrypt_secret

MOST_BYTES = 256 * 1024


def check_authorities(pem: str) -> None:
    """PEM certificates that may be trusted, or nothing.

    Raises
    ------
    InvalidInput
        ``invalid_ca_certificates``.
    """
    if pem:
        _read_certificates(pem, code="invalid_ca_certificates")


def check_identity(*, certificate: str, key: str) -> None:
    """A certificate and its own key, unencrypted PEM, or neither.

    Raises
    ------
    InvalidInput
        ``invalid_client_certificate``, ``invalid_client_key`` or ``client_key_differs``.
    """
    if not certificate:
        return
    (first, *_) = _read_certificates(certificate, code="invalid_client_certificate")
    try:
        private = serialization.load_pem_private_key(key.encode(), password=None)
    except (ValueError, TypeError):
        raise InvalidInput(
            "The key of the client certificate is no PEM key without a password.",
            code="invalid_client_key",
        ) from None
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if private.public_key().public_bytes(*form) != first.public_key().public_bytes(*form):
        raise InvalidInput(
            "The key does not belong to the client certificate.", code="client_key_differs"
        )


def describe(pem: str) -> list[dict[str, Any]]:
    """Whose certificates these are and until when, for the admin page."""
    if not pem:
        return []
    now = datetime.now(UTC)
    return [
        {
            "subject": one.subject.rfc4514_string()[:200],
            "not_after": one.not_valid_after_utc.isoformat(),
            "is_expired": one.not_valid_after_utc < now,
        }
        for one in _read_certificates(pem, code="invalid_certificate")
    ]


def context_of(connection: PacsConnection) -> ssl.SSLContext:
    """TLS 1.2 or newer, name and chain verified."""
    if not connection.base_url.startswith("https:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody; reading a store costs
    if not connection.ca_certificates and not connection.client_certificate:
        return _public_context()
    if connection.ca_certificates:
        context = ssl.create_default_context(cadata=connection.ca_certificates)
    else:
        context = ssl.create_default_context(cafile=certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if connection.client_certificate:
        _show_certificate(context, connection)
    return context


@lru_cache(maxsize=1)
def _public_context() -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _show_certificate(context: ssl.SSLContext, connection: PacsConnection) -> None:
    """OpenSSL reads key and certificate from a file only; this one lives a moment, 0600."""
    key = decrypt_secret(connection.client_key_encrypted)
    descriptor, path = tempfile.mkstemp(prefix="pacs-tls-")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(f"{connection.client_certificate.strip()}\n{key.strip()}\n")
        context.load_cert_chain(path)
    except (ssl.SSLError, ValueError):
        raise PacsError(
            "Our certificate for this PACS cannot be used; enter it again.",
            code="client_certificate_unusable",
        ) from None
    finally:
        os.unlink(path)  # noqa: PTH108 - as it was made


def _read_certificates(pem: str, *, code: str) -> list[x509.Certificate]:
    try:
        if len(pem) > MOST_BYTES:
            raise ValueError
        return x509.load_pem_x509_certificates(pem.encode("ascii"))
    except ValueError:
        raise InvalidInput("These are no PEM certificates.", code=code) from None
