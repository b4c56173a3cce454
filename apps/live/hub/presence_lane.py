"""The presence lane of a room: who points where, merged and told a few times a second."""

import asyncio
import time
from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from apps.live import limits
from apps.live.hub.context import RoomContext
from apps.live.hub.database import run_db
from apps.live.hub.member import Member
from apps.live.hub.pointer_tracks import PointerTracks
from apps.live.hub.presence import PresenceBoard, Throttle, nowhere
from apps.live.hub.wire import encode
from apps.live.projections import View, admit_presence, project_presence
from apps.live.recordings.writing import save_pointers

Json = dict[str, Any]


class PresenceLane:
    """Memory only. ``tracks`` are kept where the board records pointers, else ``None``."""

    def __init__(self, room: RoomContext) -> None:
        loop = asyncio.get_running_loop()
        interval_s = limits.PRESENCE_INTERVAL_S
        self._room = room
        self.board = PresenceBoard()
        self.tracks: PointerTracks | None = None
        self._out = Throttle(interval_s=interval_s, call=self._publish, loop=loop)
        self._in = Throttle(interval_s=interval_s, call=self._send, loop=loop)

    def close(self) -> None:
        self._keep_tracks(all_of_them=True)
        self._out.cancel()
        self._in.cancel()

    def take(self, member: Member, person: Json) -> None:
        """Presence names places in images: nobody speaks of images they do not see."""
        view = member.view_in(self._room.case_id)
        shown = admit_presence({**person, "user": str(member.user_id)}, view=view)
        self.board.say(shown)
        self._out.poke()
        if self.tracks is not None:
            self.tracks.note(shown, case_id=self._room.case_id, at=timezone.now())
            self._keep_tracks()

    def hear(self, message: Json) -> None:
        """A place in another case's images is nobody's here: its process has moved, or not yet."""
        now = time.monotonic()
        same_case = message.get("case") == str(self._room.case_id)
        for person in message["people"]:
            self.board.hear(person if same_case else nowhere(person), now=now)
        self._in.poke()

    def drop(self, user_ids: Iterable[str]) -> None:
        for user_id in user_ids:
            self.board.drop(user_id)
        self._in.poke()

    def forget_places(self) -> None:
        """The room went to another case: where people pointed is of the old one."""
        self._keep_tracks(all_of_them=True)
        self.board.forget_places()

    def tick(self) -> None:
        self._keep_tracks()
        self.board.expire(now=time.monotonic())
        if self.board.removed:
            self._in.poke()

    def _keep_tracks(self, *, all_of_them: bool = False) -> None:
        """Write the pointers of the last seconds beside the room, where they are recorded."""
        now = timezone.now()
        if self.tracks is None or not (all_of_them or self.tracks.is_due(at=now)):
            return
        batch = self.tracks.take(at=now)
        if batch is not None:
            self._room.spawn(run_db(save_pointers, session_id=self._room.session_id, **batch))

    def _publish(self) -> None:
        batch = self.board.take_outgoing()
        if batch:
            message = {"k": "presence", "case": str(self._room.case_id), "people": batch}
            self._room.spawn(self._room.bus.publish(self._room.session_id, message))

    def _send(self) -> None:
        delta = self.board.take_delta()
        if delta is None:
            return
        changed, removed = delta
        texts: dict[View, str] = {}
        for member in self._room.welcomed():
            view = member.view_in(self._room.case_id)
            if view not in texts:
                texts[view] = encode(
                    {
                        "type": "presence.delta",
                        "changed": [project_presence(p, view=view) for p in changed],
                        "removed": removed,
                        "t": time.time(),
                    }
                )
            member.outbox.put_presence(texts[view])
