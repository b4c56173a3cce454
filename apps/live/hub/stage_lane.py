"""The stage lane of a room: from the presenter through Redis to whoever follows."""

import asyncio
import time
from typing import Any
from uuid import UUID

from apps.core.actors import Actor
from apps.live import limits, selectors, services
from apps.live.exceptions import StagePlaceUnknown
from apps.live.hub.context import RoomContext
from apps.live.hub.database import run_db
from apps.live.hub.member import Member
from apps.live.hub.people_lane import PeopleLane
from apps.live.hub.stage import StageState, ViewedStudies, studies_on
from apps.live.hub.wire import encode
from apps.live.projections import View, project_stage
from apps.live.protocol.stage import StageFrame

Json = dict[str, Any]


class StageLane:
    """Latest value wins; frames that cannot be sent in time collapse into the newest."""

    def __init__(self, room: RoomContext, *, people: PeopleLane) -> None:
        self._room = room
        self._people = people
        self.shown = StageState()
        self._viewed = ViewedStudies(seen=set())
        self._studies: frozenset[str] = frozenset()
        self._studies_read_at = -1e9
        self._settle: asyncio.TimerHandle | None = None
        self._waiting: Json | None = None
        self._writing = False

    def close(self) -> None:
        if self._settle is not None:
            self._settle.cancel()

    def set_following(self, member: Member, *, following: bool) -> None:
        member.following = following
        if following and self.shown.frame is not None:
            self._send_to([member])
        self._people.look()

    async def take(self, member: Member, *, frame: StageFrame, keyframe: bool) -> None:
        """A frame from the presenter; from anybody else, or of an old epoch, it is ignored.

        Raises
        ------
        StagePlaceUnknown
            It shows a study that is not of the current case.
        """
        epoch = self._people.presenter["epoch"]
        if not self._people.is_presenter(member) or frame.epoch != epoch:
            return
        # As it was sent: a field that came later is not put before an older client.
        body = frame.model_dump(mode="json", exclude_unset=True)
        case_id = self._room.case_id
        await self._require_known_studies(body)
        if self._room.case_id != case_id:
            return  # the room moved on while the frame was checked
        waiting = self._waiting
        if (frame.epoch, frame.rev) <= self.shown.position():
            return
        if waiting is not None and (frame.epoch, frame.rev) <= (waiting["epoch"], waiting["rev"]):
            return
        self._waiting = body
        self._show_at_once(member, frame=body)
        if not self._writing:
            self._room.spawn(self._write(member))
        self._restart_settling(member, after_s=0.0 if keyframe else limits.STAGE_SETTLE_S)

    async def _write(self, member: Member) -> None:
        """Write the newest frame; frames that came while writing collapse into one."""
        self._writing = True
        try:
            while self._waiting is not None:
                frame, self._waiting = self._waiting, None
                written = await self._room.bus.write_stage(
                    self._room.session_id,
                    {
                        "k": "stage",
                        "case": str(self._room.case_id),
                        "client": str(member.client_id),
                        "frame": frame,
                    },
                )
                if written is False:
                    await self.follow_register()
        finally:
            self._writing = False

    def _show_at_once(self, member: Member, *, frame: Json) -> None:
        """Followers on this process need not wait for Redis; its echo is not newer, and goes by.

        Only while Redis is heard (LIVE-C2: without it the stage pauses for all alike), and only
        where no other window of the presenter may be ahead: between two the register decides.
        """
        here = self._people.roster.shown.get(str(member.user_id))
        if here is None or here["windows"] != 1 or not self._room.bus.is_alive:
            return
        if self.shown.accept(frame, epoch=self._people.presenter["epoch"]):
            self._send_to(self._followers(without=str(member.client_id)))

    async def follow_register(self) -> None:
        """The register may have a newer frame, which nobody here knew of: that one counts."""
        message = await self._room.bus.read_stage(self._room.session_id)
        if message is None or message["case"] != str(self._room.case_id):
            return
        frame = message["frame"]
        is_older = (frame["epoch"], frame["rev"]) < self.shown.position()
        is_over = frame["epoch"] < self._people.presenter["epoch"]
        if is_older or is_over or frame == self.shown.frame:
            return
        self.shown.frame = frame
        self._send_to(self._followers(without=message["client"]))

    def hear(self, message: Json) -> None:
        if message["case"] != str(self._room.case_id):
            return
        if self.shown.accept(message["frame"], epoch=self._people.presenter["epoch"]):
            self._send_to(self._followers(without=message["client"]))

    def _followers(self, *, without: str) -> list[Member]:
        return [
            member
            for member in self._room.members
            if member.following and str(member.client_id) != without
        ]

    def _send_to(self, members: list[Member]) -> None:
        frame = self.shown.frame
        if frame is None:
            return
        texts: dict[View, tuple[str, bool]] = {}
        viewers: dict[UUID, Actor] = {}
        for member in members:
            if not member.welcomed:
                continue
            view = member.view_in(self._room.case_id)
            if view not in texts:
                shown = project_stage(frame, view=view)
                texts[view] = encode({"type": "stage", "frame": shown}), shown is not None
            text, is_seen = texts[view]
            member.outbox.put_stage(text)
            if is_seen:
                viewers[member.user_id] = member.actor
        self._record_views(viewers=viewers, frame=frame)

    def _record_views(self, *, viewers: dict[UUID, Actor], frame: Json) -> None:
        fresh = self._viewed.new_views(
            case_id=self._room.case_id, user_ids=set(viewers), frame=frame
        )
        if fresh:
            self._room.spawn(
                run_db(
                    services.record_studies_viewed,
                    viewers=[(viewers[user_id], study) for user_id, study in fresh],
                    session_id=self._room.session_id,
                    case_id=self._room.case_id,
                )
            )

    async def _require_known_studies(self, frame: Json) -> None:
        wanted = studies_on(frame)
        if wanted <= self._studies:
            return
        if time.monotonic() - self._studies_read_at > limits.POLL_INTERVAL_S:
            self._studies_read_at = time.monotonic()
            case_id = self._room.case_id
            studies = await run_db(selectors.studies_of_case, case_id=case_id)
            if self._room.case_id == case_id:
                self._studies = studies
        if not wanted <= self._studies:
            raise StagePlaceUnknown("The stage shows a study that is not of this case.")

    def _restart_settling(self, member: Member, *, after_s: float) -> None:
        if self._settle is not None:
            self._settle.cancel()
        self._settle = asyncio.get_running_loop().call_later(
            after_s, lambda: self._room.spawn(self._write_keyframe(member))
        )

    async def _write_keyframe(self, member: Member) -> None:
        """The stage has settled: it goes into the log, once per position."""
        if self._waiting is not None or self._writing:
            self._restart_settling(member, after_s=limits.STAGE_SETTLE_S / 10)
            return
        if not self.shown.needs_keyframe() or self.shown.frame is None:
            return
        frame, position = self.shown.frame, self.shown.position()
        written = await run_db(
            services.write_keyframe,
            actor=member.actor,
            session_id=self._room.session_id,
            case_id=self._room.case_id,
            frame=StageFrame.model_validate(frame),
        )
        if written:
            self.shown.keyframed = position

    async def newest(self, *, read: selectors.RoomRead) -> Json | None:
        """Of the case that was read, which this room may not know yet to be the current one.

        From the register, else as last seen here, else the last keyframe of the log.
        """
        message = await self._room.bus.read_stage(self._room.session_id)
        is_here = read.session.case_id == self._room.case_id
        if message is not None and message["case"] == str(read.session.case_id):
            if is_here:
                self.shown.accept(message["frame"], epoch=0)
            return message["frame"]  # type: ignore[no-any-return]
        return (self.shown.frame if is_here else None) or read.last_keyframe

    def clear(self) -> None:
        """The room went to another case: what was shown is of the old one."""
        self.shown.clear()
        self._waiting = None
        self._studies = frozenset()
        self._studies_read_at = -1e9
        if self._settle is not None:
            self._settle.cancel()

    @property
    def keeps_register(self) -> bool:
        """The presenter is here and a stage was shown: the register must hold one."""
        frame = self.shown.frame
        return (
            frame is not None
            and frame["epoch"] == self._people.presenter["epoch"]
            and self._people.presenter_is_here
        )

    async def restore_register(self) -> None:
        """The register is gone though a stage was shown: go on under a new epoch (LIVE-C2)."""
        await run_db(
            services.renew_epoch,
            session_id=self._room.session_id,
            epoch=self._people.presenter["epoch"],
        )
