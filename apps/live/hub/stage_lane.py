"""The stage lane of a room: from the presenter through Redis to whoever follows."""

import asyncio
import time
from typing import Any
from uuid import UUID

from apps.core.actors import Actor
from apps.live import limits, selectors, services
from apps.live.exceptions import StagePlaceUnknown
from apps.live.hub.bus import Bus
from apps.live.hub.database import run_db
from apps.live.hub.lease_lane import LeaseLane
from apps.live.hub.member import Member
from apps.live.hub.stage import StageState, ViewedStudies, studies_on
from apps.live.hub.wire import encode
from apps.live.projections import View, project_stage
from apps.live.protocol.stage import StageFrame

Json = dict[str, Any]


class StageLane(LeaseLane):
    """Latest value wins; frames that cannot be sent in time collapse into the newest."""

    def __init__(self, *, session_id: UUID, bus: Bus) -> None:
        super().__init__(session_id=session_id, bus=bus)
        self.stage = StageState()
        self._viewed = ViewedStudies(seen=set())
        self._studies: frozenset[str] = frozenset()
        self._studies_read_at = -1e9
        self._settle: asyncio.TimerHandle | None = None
        self._waiting_frame: Json | None = None
        self._writing_stage = False

    def close_lanes(self) -> None:
        super().close_lanes()
        if self._settle is not None:
            self._settle.cancel()

    def set_following(self, member: Member, *, following: bool) -> None:
        member.following = following
        if following and self.stage.frame is not None:
            self._send_stage_to([member])
        self.people_changed()

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
        # As it was sent: a field that came later is not put before an older client.
        body = frame.model_dump(mode="json", exclude_unset=True)
        case_id = self.case_id
        await self._require_known_studies(body)
        if self.case_id != case_id:
            return  # the room moved on while the frame was checked
        waiting = self._waiting_frame
        if (frame.epoch, frame.rev) <= self.stage.position():
            return
        if waiting is not None and (frame.epoch, frame.rev) <= (waiting["epoch"], waiting["rev"]):
            return
        self._waiting_frame = body
        self._show_at_once(member, frame=body)
        if not self._writing_stage:
            self.spawn(self._write_stage(member))
        self._restart_settling(member, after_s=0.0 if keyframe else limits.STAGE_SETTLE_S)

    async def _write_stage(self, member: Member) -> None:
        """Write the newest frame; frames that came while writing collapse into one."""
        self._writing_stage = True
        try:
            while self._waiting_frame is not None:
                frame, self._waiting_frame = self._waiting_frame, None
                written = await self.bus.write_stage(
                    self.session_id,
                    {
                        "k": "stage",
                        "case": str(self.case_id),
                        "client": str(member.client_id),
                        "frame": frame,
                    },
                )
                if written is False:
                    await self._follow_register()
        finally:
            self._writing_stage = False

    def _show_at_once(self, member: Member, *, frame: Json) -> None:
        """Followers on this process need not wait for Redis; its echo is not newer, and goes by.

        Only while Redis is heard (LIVE-C2: without it the stage pauses for all alike), and only
        where no other window of the presenter may be ahead: between two the register decides.
        """
        here = self.roster.shown.get(str(member.user_id))
        if here is None or here["windows"] != 1 or not self.bus.is_alive:
            return
        if self.stage.accept(frame, epoch=self.presenter["epoch"]):
            self._send_stage_to(self._followers(without=str(member.client_id)))

    async def _follow_register(self) -> None:
        """The register had a newer frame, of a window that nobody here knew of: that one counts."""
        message = await self.bus.read_stage(self.session_id)
        if message is None or message["case"] != str(self.case_id):
            return
        frame = message["frame"]
        is_older = (frame["epoch"], frame["rev"]) < self.stage.position()
        if is_older or frame == self.stage.frame or frame["epoch"] < self.presenter["epoch"]:
            return
        self.stage.frame = frame
        self._send_stage_to(self._followers(without=message["client"]))

    def hear_stage(self, message: Json) -> None:
        if message["case"] != str(self.case_id):
            return
        if self.stage.accept(message["frame"], epoch=self.presenter["epoch"]):
            self._send_stage_to(self._followers(without=message["client"]))

    def _followers(self, *, without: str) -> list[Member]:
        return [
            member
            for member in self.members
            if member.following and str(member.client_id) != without
        ]

    def _send_stage_to(self, members: list[Member]) -> None:
        frame = self.stage.frame
        if frame is None:
            return
        texts: dict[View, str] = {}
        viewers: dict[UUID, Actor] = {}
        for member in members:
            if not member.welcomed:
                continue
            view = member.view_in(self.case_id)
            shown = project_stage(frame, view=view)
            if view not in texts:
                texts[view] = encode({"type": "stage", "frame": shown})
            member.outbox.put_stage(texts[view])
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
            case_id = self.case_id
            studies = await run_db(selectors.studies_of_case, case_id=case_id)
            if self.case_id == case_id:
                self._studies = studies
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

    async def newest_stage(self, *, read: selectors.RoomRead) -> Json | None:
        """Of the case that was read, which this room may not know yet to be the current one.

        From the register, else as last seen here, else the last keyframe of the log.
        """
        message = await self.bus.read_stage(self.session_id)
        is_here = read.session.case_id == self.case_id
        if message is not None and message["case"] == str(read.session.case_id):
            if is_here:
                self.stage.accept(message["frame"], epoch=0)
            return message["frame"]  # type: ignore[no-any-return]
        return (self.stage.frame if is_here else None) or read.last_keyframe

    def clear_stage(self) -> None:
        """The room went to another case: what was shown and pointed at is of the old one."""
        self.stage.clear()
        self.keep_tracks(all_of_them=True)
        self.presence.forget_places()
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
