"""PACS connections: made by a system admin, tested by a button."""

from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, DomainError, InvalidInput, NotVisible
from apps.imaging import policies
from apps.imaging.choices import AuthKind
from apps.imaging.models import PacsConnection
from apps.imaging.pacs import open_client
from apps.imaging.pacs.addresses import check_root, networks_of, parse_networks
from apps.imaging.pacs.secrets import decrypt_secret, encrypt_secret
from apps.imaging.pacs.tls import check_authorities, check_identity
from apps.imaging.services import sources

HOUSE_NAME = "House PACS"
EDITABLE = frozenset(
    {
        "name",
        "auth_kind",
        "username",
        "default_issuer",
        "is_active",
        "priority",
        "ca_certificates",
        "client_certificate",
    }
)
SECRETS = frozenset({"secret", "client_key"})


def create_connection(
    *,
    actor: Actor,
    name: str,
    base_url: str,
    secret: str = "",
    client_key: str = "",
    allowed_networks: list[str] | None = None,
    **fields: Any,
) -> PacsConnection:
    """Allow-list a PACS. Without ``allowed_networks`` just the addresses it has now."""
    policies.manage_pacs(actor=actor)
    root = check_root(base_url)
    networks = _networks(root, allowed_networks)
    connection = PacsConnection(
        name=name,
        base_url=root,
        allowed_networks=networks,
        secret_encrypted=encrypt_secret(secret),
        **_editable(fields),
    )
    _take_certificates(connection, client_key=client_key)
    with transaction.atomic():
        _save(connection)
        record_entry(
            actor=actor,
            action="pacs.created",
            entity="pacs",
            entity_id=connection.pk,
            details={"base_url": root, "networks": networks},
        )
    return connection


def update_connection(*, actor: Actor, pacs_id: UUID, changes: dict[str, Any]) -> PacsConnection:
    """Change a connection; a new address needs its networks named or resolved anew."""
    policies.manage_pacs(actor=actor)
    with transaction.atomic():
        connection = _locked(pacs_id)
        for name, value in _editable(changes, partial=True).items():
            setattr(connection, name, value)
        if "base_url" in changes:
            connection.base_url = check_root(changes["base_url"])
        if "base_url" in changes or changes.get("allowed_networks") is not None:
            connection.allowed_networks = _networks(
                connection.base_url, changes.get("allowed_networks")
            )
        if changes.get("secret"):
            connection.secret_encrypted = encrypt_secret(changes["secret"])
        if {"client_certificate", "client_key", "ca_certificates"} & set(changes):
            _take_certificates(connection, client_key=changes.get("client_key", ""))
        _save(connection)
        record_entry(
            actor=actor,
            action="pacs.changed",
            entity="pacs",
            entity_id=connection.pk,
            details={
                "fields": sorted(set(changes) - SECRETS),
                "secret": bool(SECRETS & set(changes)),
            },
        )
    return connection


def delete_connection(*, actor: Actor, pacs_id: UUID) -> None:
    """Remove a connection no study came from; otherwise switch it off."""
    policies.manage_pacs(actor=actor)
    with transaction.atomic():
        connection = _locked(pacs_id)
        if connection.studies.exists() or connection.origins.exists():
            raise Conflict(
                "Studies came from this PACS; switch it off instead.", code="pacs_in_use"
            )
        connection.delete()
        record_entry(actor=actor, action="pacs.deleted", entity="pacs", entity_id=pacs_id)


def test_connection(*, actor: Actor, pacs_id: UUID) -> dict[str, Any]:
    """One small query, timed: ``{ok, latency_ms, error}``."""
    policies.manage_pacs(actor=actor)
    connection = PacsConnection.objects.filter(pk=pacs_id).first()
    if connection is None:
        raise NotVisible()
    latency_ms, error = None, None
    try:
        with open_client(connection) as client:
            latency_ms = round(client.measure_latency_ms(), 1)
    except DomainError as failure:
        error = {"code": failure.error_code, "message": failure.message}
        sources.note_reached(pacs_id=pacs_id, error=failure)
    else:
        sources.note_reached(pacs_id=pacs_id, error=None)
    PacsConnection.objects.filter(pk=pacs_id).update(
        last_checked_at=timezone.now(), last_latency_ms=latency_ms
    )
    return {"ok": error is None, "latency_ms": latency_ms, "error": error}


def active_connection(pacs_id: UUID) -> PacsConnection:
    """A connection in use, or 404."""
    connection = PacsConnection.objects.filter(pk=pacs_id, is_active=True).first()
    if connection is None:
        raise NotVisible("No such PACS.")
    return connection


def ensure_connection_from_settings(*, actor: Actor) -> PacsConnection | None:
    """Make or renew the house's own connection from ``CONSILIUM_PACS_URL``.

    Credentials in the URL are split off and encrypted; the port may change between starts.
    """
    url = settings.CONSILIUM_PACS_URL
    if not url:
        return None
    parts = urlsplit(url)
    root = check_root(_without_credentials(parts))
    secret = unquote(parts.password or "")
    values = {
        "base_url": root,
        "allowed_networks": networks_of(root),
        "auth_kind": AuthKind.BASIC if parts.username else AuthKind.NONE,
        "username": unquote(parts.username or ""),
        "secret_encrypted": encrypt_secret(secret),
        "is_active": True,
    }
    with transaction.atomic():
        connection, created = PacsConnection.objects.update_or_create(
            managed_by_settings=True, defaults=values, create_defaults=values | {"name": HOUSE_NAME}
        )
        if created:
            record_entry(
                actor=actor,
                action="pacs.created",
                entity="pacs",
                entity_id=connection.pk,
                details={"base_url": root, "by": "settings"},
            )
    return connection


def _without_credentials(parts: SplitResult) -> str:
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def _take_certificates(connection: PacsConnection, *, client_key: str) -> None:
    """Checked before they are stored; the key is kept sealed, like the password."""
    check_authorities(connection.ca_certificates)
    if not connection.client_certificate:
        connection.client_key_encrypted = b""
        return
    sealed = connection.client_key_encrypted
    key = client_key or (decrypt_secret(sealed) if sealed else "")
    check_identity(certificate=connection.client_certificate, key=key)
    connection.client_key_encrypted = encrypt_secret(key)


def _networks(root: str, given: list[str] | None) -> list[str]:
    if not given:
        return networks_of(root)
    return [str(network) for network in parse_networks(given)]


def _editable(fields: dict[str, Any], *, partial: bool = False) -> dict[str, Any]:
    unknown = set(fields) - EDITABLE - SECRETS - {"base_url", "allowed_networks"}
    if unknown:
        raise InvalidInput("Unknown fields.", details={"fields": sorted(unknown)})
    if not partial and fields.get("auth_kind", AuthKind.NONE) not in AuthKind.values:
        raise InvalidInput("Unknown kind of authentication.", code="invalid_auth_kind")
    return {name: value for name, value in fields.items() if name in EDITABLE}


def _locked(pacs_id: UUID) -> PacsConnection:
    connection = PacsConnection.objects.select_for_update().filter(pk=pacs_id).first()
    if connection is None:
        raise NotVisible()
    return connection


def _save(connection: PacsConnection) -> None:
    try:
        with transaction.atomic():
            connection.save()
    except IntegrityError:
        raise Conflict("A PACS of this name is there already.", code="name_taken") from None
