"""Pure hashing of the audit chain: the same bytes whoever computes them."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

GENESIS = "0" * 64
SEALED_FIELDS = (
    "id",
    "at",
    "actor_kind",
    "actor_id",
    "actor_label",
    "action",
    "outcome",
    "case_id",
    "patient_id",
    "entity",
    "entity_id",
    "request_id",
    "details",
)


def canonical_bytes(fields: dict[str, Any]) -> bytes:
    """The entry as UTF-8 JSON with sorted keys; times in UTC with microseconds."""
    return json.dumps(
        {name: _plain(fields[name]) for name in SEALED_FIELDS},
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode()


def link_hash(*, position: int, previous_hash: str, fields: dict[str, Any]) -> str:
    """SHA-256 over position, previous hash and the entry, as 64 hex digits."""
    digest = hashlib.sha256(f"{position}:{previous_hash}:".encode())
    digest.update(canonical_bytes(fields))
    return digest.hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, UUID):
        return str(value)
    return value
