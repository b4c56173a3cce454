"""Typed readers for environment settings: one clear line for a value that does not parse."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


class EnvError(ValueError):
    """A setting in the environment cannot be used. Read by the operator at start."""


def read_str(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def read_bool(name: str, *, default: bool = False) -> bool:
    raw = os.environ.get(name, "").strip().lower()
    if not raw:
        return default
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off"}:
        return False
    raise EnvError(f"{name}={raw!r} is neither true nor false")


def read_int(name: str, default: int) -> int:
    raw = os.environ.get(name, "").strip()
    if not raw:
        return default
    try:
        return int(raw)
    except ValueError as error:
        raise EnvError(f"{name}={raw!r} is not a whole number") from error


def read_list(name: str, default: tuple[str, ...] = ()) -> list[str]:
    raw = os.environ.get(name, "")
    return [part.strip() for part in raw.split(",") if part.strip()] or list(default)


def read_rates(name: str) -> dict[str, tuple[float, int]]:
    """``op=10/30,stage=30/60``: what a name may do per second, and at once."""
    rates = {}
    for part in read_list(name):
        lane, _, numbers = part.partition("=")
        per_second, _, burst = numbers.partition("/")
        try:
            rate = float(per_second), int(burst)
        except ValueError as error:
            raise EnvError(f"{name}: {part!r} is not of the form lane=per_second/burst") from error
        if not (0 < rate[0] < float("inf") and rate[1] >= 1):
            raise EnvError(f"{name}: {part!r} allows nothing")
        rates[lane.strip()] = rate
    return rates


def read_path(name: str, default: Path) -> Path:
    raw = os.environ.get(name, "").strip()
    return Path(raw).expanduser().resolve() if raw else default


def parse_database_url(url: str) -> dict[str, Any]:
    """Translate ``postgres://user:password@host:port/name?host=/socket/dir`` for Django.

    Raises
    ------
    EnvError
        When the scheme is not PostgreSQL or the database name is missing.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise EnvError("DATABASE_URL must start with postgres:// (PostgreSQL is the only engine)")
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise EnvError("DATABASE_URL names no database")
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    host = unquote(query.pop("host", "")) or unquote(parts.hostname or "")
    options = {key: unquote(value) for key, value in query.items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }
