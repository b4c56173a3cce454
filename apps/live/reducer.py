"""snapshot ⊕ event = snapshot: the fold every client does, here as the reference (LIVE-J4).

Pure. The browser's reducer runs the same fixtures (tests/contracts/live_fixtures/reducer).
Lists are ordered by id, chat by the order of the log.
"""

from typing import Any

from apps.live.gathering import gather
from apps.live.limits import CHAT_IN_SNAPSHOT

Json = dict[str, Any]

PUTS = {
    "measurement.put": ("measurements", "measurement"),
    "measurement.revised": ("measurements", "measurement"),
    "lesion.put": ("lesions", "lesion"),
    "lesion.revised": ("lesions", "lesion"),
    "key_image.added": ("key_images", "key_image"),
    "segmentation.put": ("segmentations", "segmentation"),
    "segmentation.revised": ("segmentations", "segmentation"),
    "finding.reviewed": ("findings", "finding"),
    "decision.drafted": ("decisions", "decision"),
    "decision.signed": ("decisions", "decision"),
    "decision.voted": ("decisions", "decision"),
    "votes.called": ("decisions", "decision"),
}
"""Events that bring one entity as it is now: into which list, under which name."""

REMOVALS = {
    "measurement.removed": "measurements",
    "lesion.removed": "lesions",
    "key_image.removed": "key_images",
    "segmentation.removed": "segmentations",
}

NEEDS_SNAPSHOT = frozenset({"agenda.moved", "ai.revealed", "study.linked"})
"""Events after which the server sends a snapshot: what they bring is not in them."""


def apply_event(snapshot: Json, event: Json) -> Json:
    """The snapshot after one more event; events that carry no durable state change nothing."""
    kind: str = event["kind"]
    payload: Json = event.get("payload") or {}
    if kind in PUTS:
        name, entity = PUTS[kind]
        return _upsert({name: [], **snapshot}, name, [payload[entity]])
    if kind in REMOVALS:
        name = REMOVALS[kind]
        kept = [one for one in snapshot.get(name, []) if one["id"] != payload["id"]]
        return {**snapshot, name: kept}
    if kind == "findings.added":
        return _upsert(snapshot, "findings", payload["findings"])
    if kind == "chat.posted":
        chat = [*snapshot["chat"], payload["message"]][-CHAT_IN_SNAPSHOT:]
        return {**snapshot, "chat": chat}
    if kind == "presenter.changed":
        return {**gather(snapshot, kind, payload), "presenter": payload["presenter"]}
    return gather(snapshot, kind, payload)


def _upsert(snapshot: Json, name: str, changed: list[Json]) -> Json:
    """Newer versions replace, older ones are ignored, so that a repeat does no harm."""
    known = {one["id"]: one for one in snapshot[name]}
    for one in changed:
        if one["id"] not in known or _newness(known[one["id"]]) <= _newness(one):
            known[one["id"]] = one
    return {**snapshot, name: [known[key] for key in sorted(known)]}


def _newness(one: Json) -> tuple[int, int]:
    """Voxels have a number of their own beside what is said of them; either only grows."""
    return one["version"], one.get("revision", 0)
