"""One number for what a window holds: equal numbers, equal state (LIVE-J4, LIVE-A2)."""

import json
from hashlib import sha256
from typing import Any


def canonical(value: Any) -> bytes:
    """JSON with one spelling: keys in order, no spaces, letters as they are (UTF-8)."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def state_hash(snapshot: Any) -> str:
    """Of the snapshot as its view sees it: two views of one room have two."""
    return sha256(canonical(snapshot)).hexdigest()
