"""How we show ourselves to a PACS."""

import httpx

from apps.imaging.choices import AuthKind
from apps.imaging.models import PacsConnection
from apps.imaging.pacs.secrets import decrypt_secret


def headers_of(connection: PacsConnection) -> dict[str, str]:
    headers = {
        "Accept": "application/dicom+json",
        "Accept-Encoding": "identity",  # Orthanc gzips every frame when it may
        "User-Agent": "consilium",
    }
    if connection.auth_kind == AuthKind.BEARER:
        headers["Authorization"] = f"Bearer {decrypt_secret(connection.secret_encrypted)}"
    return headers


def basic_auth_of(connection: PacsConnection) -> httpx.BasicAuth | None:
    if connection.auth_kind != AuthKind.BASIC:
        return None
    return httpx.BasicAuth(connection.username, decrypt_secret(connection.secret_encrypted))
