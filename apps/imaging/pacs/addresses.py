"""SSRF: a PACS is reached only at addresses an admin allowed, resolved anew on each connect.

The address that was checked is the address that is connected to (no second look-up in
between), redirects are never followed.
"""

import ipaddress
import socket
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from apps.core.exceptions import InvalidInput
from apps.imaging.exceptions import AddressNotAllowed, PacsError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
DEFAULT_PORTS = {"http": 80, "https": 443}

# Never a PACS, whatever the allow-list says: cloud metadata services and the like.
FORBIDDEN_NETWORKS = tuple(
    ipaddress.ip_network(text)
    for text in ("169.254.0.0/16", "fe80::/10", "0.0.0.0/8", "224.0.0.0/4", "ff00::/8")
)
FORBIDDEN_ADDRESSES = frozenset({ipaddress.ip_address("fd00:ec2::254")})


def check_root(url: str) -> str:
    """A DICOMweb root without credentials, query or fragment; no trailing slash.

    Raises
    ------
    InvalidInput
        ``invalid_pacs_url``.
    """
    parts = urlsplit(url.strip())
    sound = (
        parts.scheme in DEFAULT_PORTS
        and parts.hostname
        and not parts.query
        and not parts.fragment
        and parts.username is None
    )
    if not sound:
        raise InvalidInput(
            "The DICOMweb root is http(s)://host[:port]/path, without credentials.",
            code="invalid_pacs_url",
        )
    return url.strip().rstrip("/")


def resolve(url: str) -> list[Address]:
    """All addresses of the URL's host.

    Raises
    ------
    PacsError
        ``pacs_name_unknown``.
    """
    parts = urlsplit(url)
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except OSError:
        raise PacsError("The PACS's name is not known.", code="pacs_name_unknown") from None
    return list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))


def choose_address(*, url: str, allowed_networks: Sequence[str]) -> Address:
    """The first resolved address, all of them being allowed.

    Raises
    ------
    AddressNotAllowed
        One resolved address lies outside the allow-list.
    """
    networks = parse_networks(allowed_networks)
    addresses = resolve(url)
    for address in addresses:
        if not _is_allowed(address, networks):
            raise AddressNotAllowed(
                "The PACS's name leads to an address that is not allowed.",
                details={"address": str(address)},
            )
    return addresses[0]


def parse_networks(
    texts: Iterable[str],
) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Networks of an allow-list.

    Raises
    ------
    InvalidInput
        ``invalid_network``.
    """
    try:
        return [ipaddress.ip_network(text.strip(), strict=False) for text in texts]
    except ValueError as error:
        raise InvalidInput(f"{error}", code="invalid_network") from None


def networks_of(url: str) -> list[str]:
    """What a new connection allows when its admin names nothing else: just these addresses."""
    addresses = resolve(url)
    for address in addresses:
        if _is_forbidden(address):
            raise AddressNotAllowed(
                "This address can never be a PACS.", details={"address": str(address)}
            )
    return [str(ipaddress.ip_network(str(address))) for address in addresses]


def _is_allowed(
    address: Address, networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network]
) -> bool:
    return not _is_forbidden(address) and any(address in network for network in networks)


def _is_forbidden(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address in FORBIDDEN_ADDRESSES or any(
        address in network for network in FORBIDDEN_NETWORKS
    )
