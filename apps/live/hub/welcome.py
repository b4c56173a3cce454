"""The answer to ``hello``: everything a window needs to be current (LIVE-J1)."""

from typing import Any

import orjson
from django.utils import timezone

from apps.live import limits, selectors
from apps.live.access import role_of
from apps.live.hub.database import run_db
from apps.live.hub.member import Member
from apps.live.hub.room import Room
from apps.live.hub.wire import encode
from apps.live.limits import LaneRate
from apps.live.people import board_of, so_far, video_url_of
from apps.live.projections import View, project_event, project_snapshot, project_stage
from apps.live.protocol import MAX_MESSAGE_BYTES, PROTOCOL_NAME
from apps.live.protocol.server import Limits

Json = dict[str, Any]


async def welcome(room: Room, member: Member, *, last_seq: int | None) -> None:
    """Read the room for a member that is already subscribed, and let it in.

    Events that arrive while this reads are kept for the member and follow the welcome.
    """
    await room.refresh_access_of(member)
    read = await run_db(selectors.read_room, session_id=room.session_id, after_seq=last_seq)
    role = await run_db(
        role_of, actor=member.actor, session=read.session, standing=member.access.standing
    )
    missed = await run_db(so_far, session=read.session)
    stage = await room.stage.newest(read=read)
    if member.has_left:
        return
    view = member.view_in(read.session.case_id)
    member.following = str(member.user_id) != _presenter_id(read.session)
    room.people.admit(member)
    member.outbox.put_durable(
        encode(
            {
                "type": "welcome",
                "protocol": PROTOCOL_NAME,
                "session": str(room.session_id),
                "meeting": str(read.session.meeting_id) if read.session.meeting_id else None,
                "you": {"user": member.person, "client_id": str(member.client_id)},
                "role": role,
                "can": member.can,
                "projection": view.guise,
                "ai_hidden": view.embargoed,
                "case_id": str(read.session.case_id),
                "presenter": selectors.describe_presenter(read.session),
                "head_seq": read.session.head,
                **_durable(read, view=view),
                "stage": project_stage(stage, view=view),
                "people": list(room.people.roster.people().values()),
                "followers": room.people.roster.followers(presenter_id=_presenter_id(read.session)),
                "limits": limits_message(realtime=room.bus.is_alive),
                "server_time": timezone.now().isoformat(),
                "recording": selectors.describe_recording_rules(read.session),
                "part": member.part,
                "expires_at": member.access.expires_at,
                "board": board_of(read.session),
                "video_url": video_url_of(read.session) if view.guise == "identified" else None,
                "so_far": None if view.guise == "none" else missed,
            }
        )
    )
    room.people.show()
    room.leases.tell(member)
    room.door.tell_waiting(member)
    if room.flush_pending(member, head=read.session.head):
        await room.send_snapshot([member])


def limits_message(*, realtime: bool) -> Json:
    """What a window paces itself by; a call to look is simply refused when it is too many."""
    rates = limits.lane_rates()
    return {
        "type": "limits",
        "max_message_bytes": MAX_MESSAGE_BYTES,
        **{lane: _rate(rate) for lane, rate in rates.items() if lane in Limits.model_fields},
        "realtime": realtime,
    }


def _durable(read: selectors.RoomRead, *, view: View) -> Json:
    """A snapshot or the events of the gap, all of one case, as this view sees them."""
    if read.events is None:
        shown = orjson.dumps(project_snapshot(read.snapshot, view=view))
        return {"snapshot": orjson.Fragment(shown), "events": None}
    events = [project_event(selectors.describe_event(row), view=view) for row in read.events]
    return {"snapshot": None, "events": events}


def _presenter_id(session: Any) -> str | None:
    return str(session.presenter_id) if session.presenter_id else None


def _rate(rate: LaneRate) -> Json:
    return {"per_second": rate.per_second, "burst": rate.burst}
