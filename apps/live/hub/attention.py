"""Calls to look at a point: told to everybody who sees the case, and kept nowhere (LIVE-V5)."""

from typing import Any
from uuid import uuid4

from apps.core.exceptions import InvalidInput
from apps.live.hub.context import RoomContext
from apps.live.hub.member import Member
from apps.live.hub.wire import encode
from apps.live.projections import View, map_identifiers

Json = dict[str, Any]


def call_to_look(room: RoomContext, member: Member, *, at: Json) -> None:
    """Tell every process where somebody wants the room to look.

    Raises
    ------
    InvalidInput
        They see images of their own numbers, and can name no place in the room's.
    """
    if member.view_in(room.case_id).guise != "identified":
        raise InvalidInput("A de-identified view names no place.", code="deidentified_only")
    message = {
        "k": "look",
        "case": str(room.case_id),
        "call": {"id": str(uuid4()), "user": member.person, "at": at},
    }
    room.spawn(room.bus.publish(room.session_id, message))


def hear_call(room: RoomContext, message: Json) -> None:
    """Encoded once per view. A place in another case's images is nobody's here."""
    if message["case"] != str(room.case_id):
        return
    texts: dict[View, str] = {}
    for member in room.welcomed():
        view = member.view_in(room.case_id)
        if view.guise == "none":
            continue
        if view not in texts:
            call = message["call"]
            at = call["at"]
            shown = at if view.mapping is None else map_identifiers(at, mapping=view.mapping)
            texts[view] = encode({"type": "look.called", **call, "at": shown})
        member.outbox.put_durable(texts[view])
