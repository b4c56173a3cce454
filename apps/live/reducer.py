"""snapshot ⊕ event = snapshot: the fold every client does, here as the reference (LIVE-J4).

Pure. The browser's reducer runs the same fixtures (tests/contracts/live_fixtures/reducer).
Lists are ordered by id, chat by the order of the log.
"""

from typing import Any

from apps.live.gathering import gather
from apps.live.limits import CHAT_IN_SNAPSHOT

Json = dict[str, Any]

DECISION_KINDS = ("decision.drafted", "decision.signed", "decision.voted", "votes.called")

NEEDS_SNAPSHOT = frozenset({"agenda.moved", "ai.revealed", "study.linked"})
"""Events after which the server sends a snapshot: what they bring is not in them."""


def apply_event(snapshot: Json, event: Json) -> Json:
    """The snapshot after one more event; events that carry no durable state change nothing."""
    kind: str = event["kind"]
    payload: Json = event.get("payload") or {}
    if kind in ("measurement.put", "measurement.revised"):
        return _upsert(snapshot, "measurements", [payload["measurement"]])
    if kind == "measurement.removed":
        kept = [one for one in snapshot["measurements"] if one["id"] != payload["id"]]
        return {**snapshot, "measurements": kept}
    if kind == "key_image.added":
        return _upsert({"key_images": [], **snapshot}, "key_images", [payload["key_image"]])
    if kind == "key_image.removed":
        kept = [one for one in snapshot.get("key_images", []) if one["id"] != payload["id"]]
        return {**snapshot, "key_images": kept}
    if kind in ("segmentation.put", "segmentation.revised"):
        return _upsert(snapshot, "segmentations", [payload["segmentation"]])
    if kind == "segmentation.removed":
        left = [one for one in snapshot["segmentations"] if one["id"] != payload["id"]]
        return {**snapshot, "segmentations": left}
    if kind == "findings.added":
        return _upsert(snapshot, "findings", payload["findings"])
    if kind == "finding.reviewed":
        return _upsert(snapshot, "findings", [payload["finding"]])
    if kind in DECISION_KINDS:
        return _upsert(snapshot, "decisions", [payload["decision"]])
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
