"""The people of a room: who is here, who presents, who points where."""

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.core.exceptions import DomainError
from apps.live import limits, selectors, services
from apps.live.hub.bus import Bus
from apps.live.hub.database import run_db
from apps.live.hub.member import Member
from apps.live.hub.pointer_tracks import PointerTracks
from apps.live.hub.presence import PresenceBoard, Throttle, nowhere
from apps.live.hub.roster import Roster
from apps.live.hub.wire import encode
from apps.live.models import LiveSession
from apps.live.projections import View, admit_presence, project_presence
from apps.live.recordings.writing import save_pointers

logger = logging.getLogger(__name__)

Json = dict[str, Any]


class PeopleLanes:
    """What a room knows of its people: kept in memory and on the bus, and may be lost."""

    case_id: UUID
    chair_id: UUID

    def __init__(self, *, session_id: UUID, bus: Bus) -> None:
        loop = asyncio.get_running_loop()
        self.session_id = session_id
        self.bus = bus
        self.members: list[Member] = []
        self.presenter: Json = {"user": None, "epoch": 0}
        self.presence = PresenceBoard()
        self.tracks: PointerTracks | None = None
        self.roster = Roster()
        self.followers = 0
        self.realtime = True
        self.absent_since: float | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._presence_out = Throttle(
            interval_s=limits.PRESENCE_INTERVAL_S, call=self._publish_presence, loop=loop
        )
        self._presence_in = Throttle(
            interval_s=limits.PRESENCE_INTERVAL_S, call=self._send_presence, loop=loop
        )

    async def load_lanes(self) -> None:
        self.presenter = await run_db(_read_presenter, session_id=self.session_id)
        now = time.monotonic()
        for process, people in (await self.bus.read_rosters(self.session_id)).items():
            self.roster.hear(process=process, people=people, now=now)
        self.roster.update_shown()

    def close_lanes(self) -> None:
        self.keep_tracks(all_of_them=True)
        self._presence_out.cancel()
        self._presence_in.cancel()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run beside the room; a failure is logged and harms nobody."""
        task = asyncio.create_task(_guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def tell_all(self, message: Json) -> None:
        text = encode(message)
        for member in self.members:
            if member.welcomed:
                member.outbox.put_durable(text)

    # ── people ────────────────────────────────────────────────────────────────────────

    def admit(self, member: Member) -> None:
        """From now on the member counts as here; its welcome is the first thing it gets."""
        member.welcomed = True
        self.roster.set_local(one for one in self.members if one.welcomed)
        self.spawn(self.publish_roster())

    def people_changed(self) -> None:
        """Local sockets changed: tell the other processes and show it here."""
        if self.roster.set_local(m for m in self.members if m.welcomed):
            self.spawn(self.publish_roster())
        self.show_people()

    async def publish_roster(self) -> None:
        people = list(self.roster.local)
        await self.bus.write_roster(self.session_id, people)
        await self.bus.publish(self.session_id, {"k": "roster", "people": people})

    def hear_roster(self, message: Json) -> None:
        if message["p"] == self.bus.process_id:
            return
        self.roster.hear(process=message["p"], people=message["people"], now=time.monotonic())
        self.show_people()

    def show_people(self) -> None:
        changed, left = self.roster.update_shown()
        for person in changed:
            self.tell_all({"type": "participant.joined", "person": person})
        for user_id in left:
            self.presence.drop(user_id)
            self.tell_all({"type": "participant.left", "user": user_id})
        if left:
            self._presence_in.poke()
        self.count_followers()

    def count_followers(self) -> None:
        followers = self.roster.followers(presenter_id=self.presenter_id)
        if followers != self.followers:
            self.followers = followers
            self.tell_presenter()

    def tell_presenter(self) -> None:
        self.tell_all(
            {
                "type": "presenter.changed",
                "presenter": self.presenter,
                "followers": self.followers,
            }
        )

    @property
    def presenter_id(self) -> str | None:
        user = self.presenter["user"]
        return user["id"] if user else None

    @property
    def presenter_is_here(self) -> bool:
        """The presenter has a socket on this process."""
        return any(str(member.user_id) == self.presenter_id for member in self.members)

    @property
    def is_vacant(self) -> bool:
        """Nobody holds the token, or who holds it has been away past the grace."""
        if self.presenter_id is None:
            return True
        away = self.absent_since
        return away is not None and time.monotonic() - away >= limits.PRESENTER_GRACE_S

    def change_presenter(self, presenter: Json) -> None:
        """A new epoch: the new presenter leads, everybody else follows as they did."""
        before = self.presenter_id
        self.presenter = presenter
        self.absent_since = None
        for member in self.members:
            user_id = str(member.user_id)
            if user_id == self.presenter_id:
                member.following = False
            elif user_id == before:
                member.following = True
        self.followers = self.roster.followers(presenter_id=self.presenter_id)
        self.tell_presenter()
        self.people_changed()

    # ── presence ──────────────────────────────────────────────────────────────────────

    def take_presence(self, member: Member, person: Json) -> None:
        """Presence names places in images: nobody speaks of images they do not see."""
        view = member.view_in(self.case_id)
        shown = admit_presence({**person, "user": str(member.user_id)}, view=view)
        self.presence.say(shown)
        self._presence_out.poke()
        if self.tracks is not None:
            self.tracks.note(shown, case_id=self.case_id, at=timezone.now())
            self.keep_tracks()

    def keep_tracks(self, *, all_of_them: bool = False) -> None:
        """Write the pointers of the last seconds beside the room, where they are recorded."""
        now = timezone.now()
        if self.tracks is None or not (all_of_them or self.tracks.is_due(at=now)):
            return
        batch = self.tracks.take(at=now)
        if batch is not None:
            self.spawn(run_db(save_pointers, session_id=self.session_id, **batch))

    def _publish_presence(self) -> None:
        batch = self.presence.take_outgoing()
        if batch:
            message = {"k": "presence", "case": str(self.case_id), "people": batch}
            self.spawn(self.bus.publish(self.session_id, message))

    def hear_presence(self, message: Json) -> None:
        """A place in another case's images is nobody's here: its process has moved, or not yet."""
        now = time.monotonic()
        same_case = message.get("case") == str(self.case_id)
        for person in message["people"]:
            self.presence.hear(person if same_case else nowhere(person), now=now)
        self._presence_in.poke()

    def expire_presence(self) -> None:
        self.keep_tracks()
        self.presence.expire(now=time.monotonic())
        if self.presence.removed:
            self._presence_in.poke()

    def _send_presence(self) -> None:
        delta = self.presence.take_delta()
        if delta is None:
            return
        changed, removed = delta
        texts: dict[View, str] = {}
        for member in self.members:
            if not member.welcomed:
                continue
            view = member.view_in(self.case_id)
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

    # ── once a second ─────────────────────────────────────────────────────────────────

    async def watch_presenter(self) -> None:
        """Thirty seconds without the presenter: the token goes to the chair (LIVE-P2)."""
        present = self.presenter_id is None or self.presenter_id in self.roster.shown
        if present or not self.bus.is_alive:
            self.absent_since = None
            return
        now = time.monotonic()
        if self.absent_since is None:
            self.absent_since = now
        if now - self.absent_since >= limits.PRESENTER_GRACE_S:
            await run_db(
                services.return_token, session_id=self.session_id, epoch=self.presenter["epoch"]
            )

    def tell_realtime(self, text: str) -> None:
        for member in self.members:
            if member.welcomed:
                member.outbox.put_durable(text)


def _read_presenter(*, session_id: UUID) -> Json:
    session = LiveSession.objects.select_related("presenter").get(pk=session_id)
    return selectors.describe_presenter(session)


async def _guarded(work: Coroutine[Any, Any, Any]) -> None:
    try:
        await work
    except DomainError as error:
        logger.info("live: %s", error.error_code)
    except Exception:  # logged with its trace; the room goes on
        logger.exception("live: background work failed")
