"""The fold of what the log says of the meeting's people (LIVE-J4). Pure, a part of the reducer.

The browser's twin is ``frontend/src/protocol/gathering.ts``.
"""

from typing import Any

Json = dict[str, Any]

EMPTY: Json = {"attendance": [], "needs": [], "asks": []}


def gather(snapshot: Json, kind: str, payload: Json) -> Json:
    """The snapshot after an event about people; of any other kind it stays as it is."""
    changed = _change(snapshot.get("gathering", EMPTY), kind, payload)
    return snapshot if changed is None else {**snapshot, "gathering": changed}


def _change(before: Json, kind: str, payload: Json) -> Json | None:
    if kind == "attendance.changed":
        row = payload["attendance"]
        others = _without(before["attendance"], row["user"]["id"])
        rows = sorted([*others, row], key=lambda one: str(one["user"]["id"]))
        return {**before, "attendance": rows}
    if kind == "attendance.removed":
        return {**before, "attendance": _without(before["attendance"], payload["user"])}
    if kind == "quorum.changed":
        return {**before, "needs": list(payload["needs"])}
    if kind == "presenter.asked":
        ask = payload["ask"]
        return {**before, "asks": [*_without(before["asks"], ask["user"]["id"]), ask]}
    if kind == "presenter.ask_ended":
        return {**before, "asks": _without(before["asks"], payload["user"])}
    if kind == "presenter.changed" and payload["presenter"]["user"]:
        kept = _without(before["asks"], payload["presenter"]["user"]["id"])
        return None if len(kept) == len(before["asks"]) else {**before, "asks": kept}
    return None


def _without(people: list[Json], user_id: str) -> list[Json]:
    return [one for one in people if one["user"]["id"] != user_id]
