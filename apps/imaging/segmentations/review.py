"""Whether somebody answers for an automatic segmentation: a verified report that names it."""

from functools import lru_cache
from typing import Any

from apps.imaging.archive import open_series

AUTOMATIC = "AUTOMATIC"
_VERIFICATION_FLAG = "0040A493"
_CONTENT = "0040A730"
_REFERENCED_INSTANCE = "00081155"


@lru_cache(maxsize=256)
def verified_references(archive_key: str) -> frozenset[str]:
    """SOP Instance UIDs that VERIFIED reports of a series speak of (PS3.3 C.17.2, C.17.3).

    Only the content counts, not the evidence list: that names everything that was looked at.
    """
    try:
        documents = open_series(archive_key).metadata()
    except FileNotFoundError:
        return frozenset()
    named: set[str] = set()
    for document in documents:
        if (document.get(_VERIFICATION_FLAG, {}).get("Value") or [""])[0] == "VERIFIED":
            _collect(document.get(_CONTENT, {}), named)
    return frozenset(named)


def _collect(element: dict[str, Any], named: set[str]) -> None:
    for item in element.get("Value") or []:
        if not isinstance(item, dict):
            continue
        for tag, inner in item.items():
            if tag == _REFERENCED_INSTANCE:
                named.update(str(uid) for uid in inner.get("Value") or [])
            elif inner.get("vr") == "SQ":
                _collect(inner, named)
