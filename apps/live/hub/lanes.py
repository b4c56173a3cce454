"""The fast lanes of a room: stage, presence, people, and who presents."""

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

from apps.core.actors import Actor
from apps.core.exceptions import DomainError
from apps.live import limits, selectors, services
from apps.live.exceptions import StagePlaceUnknown
from apps.live.hub.bus import Bus
from apps.live.hub.database import run_db
from apps.live.hub.member import Member
from apps.live.hub.presence import PresenceBoard, Throttle
from apps.live.hub.roster import Roster
from apps.live.hub.stage import StageState, ViewedStudies, studies_on
from apps.live.hub.wire import encode
from apps.live.models import LiveSession
from apps.live.projections import View, project_presence, project_stage
from apps.live.protocol.stage import StageFrame

logger = logging.getLogger(__name__)

Json = dict[str, Any]


class Lanes:
    """Everything of a room that may be lost: kept in memory and on the bus."""

    case_id: UUID
    chair_id: UUID

    def __init__(self, *, session_id: UUID, bus: Bus) -> None:
        loop = asyncio.get_running_loop()
        self.session_id = session_id
        self.bus = bus
        self.members: list[Member] = []
        self.presenter: Json = {"user": None, "epoch": 0}
        self.stage = StageState()
        self.presence = PresenceBoard()
        self.roster = Roster()
        self.followers = 0
        self.realtime = True
        self.absent_since: float | None = None
        self._viewed = ViewedStudies(seen=set())
        self._studies: frozenset[str] = frozenset()
        self._studies_read_at = -1e9
        self._settle: asyncio.TimerHandle | None = None
        self._waiting_frame: Json | None = None
        self._writing_stage = False
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
        self._presence_out.cancel()
        self._presence_in.cancel()
        if self._settle is not None:
            self._settle.cancel()

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

    def set_following(self, member: Member, *, following: bool) -> None:
        member.following = following
        if following and self.stage.frame is not None:
            self._send_stage_to([member])
        self.people_changed()

    # ── stage ─────────────────────────────────────────────────────────────────────────

    async def take_stage(self, member: Member, *, frame: StageFrame, keyframe: bool) -> None:
        """A frame from the presenter; from anybody else, or of an old epoch, it is ignored.

        Raises
        ------
        StagePlaceUnknown
            It shows a study that is not of the current case.
        """
        epoch = self.presenter["epoch"]
        if str(member.user_id) != self.presenter_id or frame.epoch != epoch:
            return
        body = frame.model_dump(mode="json")
        await self._require_known_studies(body)
        waiting = self._waiting_frame
        if (frame.epoch, frame.rev) <= self.stage.position():
            return
        if waiting is not None and (frame.epoch, frame.rev) <= (waiting["epoch"], waiting["rev"]):
            return
        self._waiting_frame = body
        if not self._writing_stage:
            self.spawn(self._write_stage(member))
        self._restart_settling(member, after_s=0.0 if keyframe else limits.STAGE_SETTLE_S)

    async def _write_stage(self, member: Member) -> None:
        """Write the newest frame; frames that came while writing collapse into one."""
        self._writing_stage = True
        try:
            while self._waiting_frame is not None:
                frame, self._waiting_frame = self._waiting_frame, None
                await self.bus.write_stage(
                    self.session_id,
                    {
                        "k": "stage",
                        "case": str(self.case_id),
                        "client": str(member.client_id),
                        "frame": frame,
                    },
                )
        finally:
            self._writing_stage = False

    def hear_stage(self, message: Json) -> None:
        if message["case"] != str(self.case_id):
            return
        if not self.stage.accept(message["frame"], epoch=self.presenter["epoch"]):
            return
        self._send_stage_to(
            [
                member
                for member in self.members
                if member.following and str(member.client_id) != message["client"]
            ]
        )

    def _send_stage_to(self, members: list[Member]) -> None:
        frame = self.stage.frame
        if frame is None:
            return
        texts: dict[View, str] = {}
        viewers: dict[UUID, Actor] = {}
        for member in members:
            if not member.welcomed:
                continue
            shown = project_stage(frame, view=member.view)
            if member.view not in texts:
                texts[member.view] = encode({"type": "stage", "frame": shown})
            member.outbox.put_stage(texts[member.view])
            if shown is not None:
                viewers[member.user_id] = member.actor
        self._record_views(viewers=viewers, frame=frame)

    def _record_views(self, *, viewers: dict[UUID, Actor], frame: Json) -> None:
        fresh = self._viewed.new_views(case_id=self.case_id, user_ids=set(viewers), frame=frame)
        if fresh:
            self.spawn(
                run_db(
                    services.record_studies_viewed,
                    viewers=[(viewers[user_id], study) for user_id, study in fresh],
                    session_id=self.session_id,
                    case_id=self.case_id,
                )
            )

    async def _require_known_studies(self, frame: Json) -> None:
        wanted = studies_on(frame)
        if wanted <= self._studies:
            return
        if time.monotonic() - self._studies_read_at > limits.POLL_INTERVAL_S:
            self._studies_read_at = time.monotonic()
            self._studies = await run_db(selectors.studies_of_case, case_id=self.case_id)
        if not wanted <= self._studies:
            raise StagePlaceUnknown("The stage shows a study that is not of this case.")

    def _restart_settling(self, member: Member, *, after_s: float) -> None:
        if self._settle is not None:
            self._settle.cancel()
        self._settle = asyncio.get_running_loop().call_later(
            after_s, lambda: self.spawn(self._write_keyframe(member))
        )

    async def _write_keyframe(self, member: Member) -> None:
        """The stage has settled: it goes into the log, once per position."""
        if self._waiting_frame is not None or self._writing_stage:
            self._restart_settling(member, after_s=limits.STAGE_SETTLE_S / 10)
            return
        if not self.stage.needs_keyframe() or self.stage.frame is None:
            return
        frame, position = self.stage.frame, self.stage.position()
        written = await run_db(
            services.write_keyframe,
            actor=member.actor,
            session_id=self.session_id,
            case_id=self.case_id,
            frame=StageFrame.model_validate(frame),
        )
        if written:
            self.stage.keyframed = position

    async def newest_stage(self, *, fallback: Json | None) -> Json | None:
        """From the register, else as last seen here, else the last keyframe of the log."""
        message = await self.bus.read_stage(self.session_id)
        if message is not None and message["case"] == str(self.case_id):
            self.stage.accept(message["frame"], epoch=0)
            return message["frame"]  # type: ignore[no-any-return]
        return self.stage.frame or fallback

    def clear_stage(self) -> None:
        """The room went to another case: what was on stage is of the old one."""
        self.stage.clear()
        self._waiting_frame = None
        self._studies = frozenset()
        self._studies_read_at = -1e9
        if self._settle is not None:
            self._settle.cancel()

    async def restore_register(self) -> None:
        """The register is gone though a stage was shown: go on under a new epoch (LIVE-C2)."""
        if self.stage.frame is None or not self.presenter_is_here:
            return
        if self.stage.frame["epoch"] != self.presenter["epoch"]:
            return
        if await self.bus.has_stage(self.session_id) is False:
            await run_db(
                services.renew_epoch,
                session_id=self.session_id,
                epoch=self.presenter["epoch"],
            )

    # ── presence ──────────────────────────────────────────────────────────────────────

    def take_presence(self, member: Member, person: Json) -> None:
        """Presence names places in images: nobody speaks of images they do not see."""
        shown = project_presence({**person, "user": str(member.user_id)}, view=member.view)
        self.presence.say(shown)
        self._presence_out.poke()

    def _publish_presence(self) -> None:
        batch = self.presence.take_outgoing()
        if batch:
            self.spawn(self.bus.publish(self.session_id, {"k": "presence", "people": batch}))

    def hear_presence(self, message: Json) -> None:
        now = time.monotonic()
        for person in message["people"]:
            self.presence.hear(person, now=now)
        self._presence_in.poke()

    def expire_presence(self) -> None:
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
            if member.view not in texts:
                texts[member.view] = encode(
                    {
                        "type": "presence.delta",
                        "changed": [project_presence(p, view=member.view) for p in changed],
                        "removed": removed,
                        "t": time.time(),
                    }
                )
            member.outbox.put_presence(texts[member.view])

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
