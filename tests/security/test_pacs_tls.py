"""TLS to a PACS: an untrusted, foreign or expired certificate is refused, whatever is asked."""

from __future__ import annotations

import datetime
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from apps.core.exceptions import DomainError
from apps.imaging import services
from apps.imaging.models import PacsConnection
from tests.people import SYSTEM

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


class Made:
    """A certificate with its key: signed by `issuer`, or by itself."""

    def __init__(
        self,
        name: str,
        *,
        issuer: Made | None = None,
        host: str = "127.0.0.1",
        until: datetime.datetime = NOW + DAY,
    ) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        signer = issuer or self
        builder = (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(signer._name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - 2 * DAY)
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), False
            )
        )
        made = builder.sign(signer._key, hashes.SHA256())
        self.pem = made.public_bytes(serialization.Encoding.PEM).decode()
        self.key = self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()


HOUSE = Made("House authority")
SERVER = Made("pacs", issuer=HOUSE)
CLIENT = Made("consilium", issuer=HOUSE)


class TlsPacs:
    """Answers every request with an empty list, over TLS; may ask for a client certificate."""

    def __init__(self, folder: Path, certificate: Made, *, asks_client: bool = False) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        chain = folder / "server.pem"
        chain.write_text(certificate.pem + certificate.key)
        self.context.load_cert_chain(chain)
        if asks_client:
            self.context.verify_mode = ssl.CERT_REQUIRED
            self.context.load_verify_locations(cadata=HOUSE.pem)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.listener.getsockname()[1]}/dicom-web"
        self.answered = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            try:
                with self.context.wrap_socket(raw, server_side=True) as peer:
                    peer.settimeout(5)
                    if not peer.recv(65536):
                        continue
                    self.answered += 1
                    body = json.dumps([]).encode()
                    head = f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                    peer.sendall(b"HTTP/1.1 200 OK\r\n" + head.encode() + body)
            except OSError:
                continue

    def close(self) -> None:
        self.listener.close()


@pytest.fixture()
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path


def ask(pacs: TlsPacs, **fields: str) -> str:
    """What the test button says: ``ok`` or the error's code."""
    try:
        row = services.create_connection(actor=SYSTEM, name=pacs.url, base_url=pacs.url, **fields)
    except DomainError as error:
        return error.error_code
    told = services.test_connection(actor=SYSTEM, pacs_id=row.pk)
    pacs.close()
    return "ok" if told["ok"] else str(told["error"]["code"])


@pytest.mark.django_db
def test_only_named_authorities_are_trusted(folder: Path) -> None:
    untrusted = "pacs_certificate_untrusted"
    assert ask(TlsPacs(folder, SERVER)) == untrusted
    assert ask(TlsPacs(folder, SERVER), ca_certificates=Made("Other").pem) == untrusted
    assert ask(TlsPacs(folder, SERVER), ca_certificates=HOUSE.pem) == "ok"
    own = Made("self-signed")
    assert ask(TlsPacs(folder, own), ca_certificates=own.pem) == "ok"
    foreign = Made("elsewhere", issuer=HOUSE, host="127.0.0.2")
    assert ask(TlsPacs(folder, foreign), ca_certificates=HOUSE.pem) == untrusted
    old = Made("old", issuer=HOUSE, until=NOW - DAY)
    pacs = TlsPacs(folder, old)
    assert ask(pacs, ca_certificates=HOUSE.pem) == untrusted
    assert pacs.answered == 0  # not one request, with its credentials, went out


@pytest.mark.django_db
def test_our_certificate_is_shown_where_it_is_asked_for(folder: Path) -> None:
    assert ask(TlsPacs(folder, SERVER, asks_client=True), ca_certificates=HOUSE.pem) != "ok"
    told = ask(
        TlsPacs(folder, SERVER, asks_client=True),
        ca_certificates=HOUSE.pem,
        client_certificate=CLIENT.pem,
        client_key=CLIENT.key,
    )
    assert told == "ok"
    row = PacsConnection.objects.exclude(client_certificate="").get()
    assert b"PRIVATE" not in bytes(row.client_key_encrypted)
    services.update_connection(  # the key that is there is kept
        actor=SYSTEM, pacs_id=row.pk, changes={"client_certificate": CLIENT.pem}
    )
    services.update_connection(actor=SYSTEM, pacs_id=row.pk, changes={"client_certificate": ""})
    row.refresh_from_db()
    assert bytes(row.client_key_encrypted) == b""


@pytest.mark.django_db
def test_what_is_no_certificate_is_refused_before_it_is_stored(folder: Path) -> None:
    pacs = TlsPacs(folder, SERVER)
    assert ask(pacs, ca_certificates="hello") == "invalid_ca_certificates"
    assert ask(pacs, client_certificate="hello") == "invalid_client_certificate"
    assert ask(pacs, client_certificate=CLIENT.pem) == "invalid_client_key"
    other = ask(pacs, client_certificate=CLIENT.pem, client_key=SERVER.key)
    assert other == "client_key_differs"
    assert not PacsConnection.objects.exists()
    pacs.close()


@pytest.mark.django_db
def test_the_last_error_is_kept_until_the_pacs_answers_again(folder: Path) -> None:
    pacs = TlsPacs(folder, SERVER)
    row = services.create_connection(actor=SYSTEM, name="p", base_url=pacs.url)
    services.test_connection(actor=SYSTEM, pacs_id=row.pk)
    row.refresh_from_db()
    assert "not trusted" in row.last_error
    assert row.last_error_at and row.unreachable_since and row.last_latency_ms is None
    services.update_connection(actor=SYSTEM, pacs_id=row.pk, changes={"ca_certificates": HOUSE.pem})
    services.test_connection(actor=SYSTEM, pacs_id=row.pk)
    row.refresh_from_db()
    assert (row.last_error, row.last_error_at, row.unreachable_since) == ("", None, None)
    assert row.last_latency_ms is not None
    pacs.close()
