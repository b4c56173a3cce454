"""A meeting that was recorded, made by the services the product uses, without sockets."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from apps.annotations import services as annotations
from apps.boards import services as boards
from apps.boards.choices import BoardRole
from apps.boards.models import AgendaItem, Board, Meeting
from apps.cases.services import create_case
from apps.imaging.models import Study
from apps.imaging.services import link_archived_study
from apps.live import services
from apps.live.models import LiveSession
from apps.live.protocol.stage import StageFrame
from apps.live.selectors import build_snapshot
from tests.live_client import stage
from tests.people import CaseTeam
from tests.scans import Scan

START = datetime(2027, 1, 12, 14, tzinfo=UTC)


def plan(team: CaseTeam) -> Meeting:
    """A board of chair and surgeon; the first case is everybody's, the second the board's."""
    coordinator = team.actor("coordinator")
    board = boards.create_board(actor=coordinator, name="Thoracic")
    for who, role in (("chair", BoardRole.CHAIR), ("surgeon", BoardRole.CORE)):
        boards.add_board_member(
            actor=coordinator, board_id=board.pk, user_id=team.people[who].pk, role=role
        )
    meeting = boards.schedule_meeting(
        actor=coordinator, board_id=board.pk, starts_at=START, ends_at=START + timedelta(hours=1)
    )
    other = create_case(actor=coordinator, patient_id=team.case.patient_id, title="Second")
    for case_id in (team.case_id, other.pk):
        boards.add_agenda_item(actor=coordinator, meeting_id=meeting.pk, case_id=case_id)
    return meeting


def board_of(session: LiveSession) -> Board:
    return Board.objects.get(meetings=session.meeting_id)


def drawing(scan: Scan, *, to_column: float = 42.0, label: str = "") -> annotations.Drawing:
    return annotations.Drawing(
        kind="length",
        study_instance_uid=scan.study_instance_uid,
        series_instance_uid=scan.series_instance_uid,
        sop_instance_uid=scan.slices[1],
        frame=1,
        frame_of_reference_uid=scan.frame_of_reference_uid,
        points_lps=[
            scan.point_lps(index=1, column=10, row=20),
            scan.point_lps(index=1, column=to_column, row=20),
        ],
        points_image=None,
        label=label,
        site="",
    )


def keyframe(*, team: CaseTeam, session: LiveSession, study: str, rev: int) -> bool:
    shown = stage(study, epoch=session.presenter_epoch, rev=rev)
    frame = StageFrame.model_validate({name: shown[name] for name in ("epoch", "rev", "state")})
    return services.write_keyframe(
        actor=team.actor("chair"), session_id=session.pk, case_id=session.case_id, frame=frame
    )


@dataclass
class Sitting:
    """People at work in a room, at random; ``truth`` has the state after each of their acts."""

    team: CaseTeam
    session: LiveSession
    scan: Scan
    rng: random.Random
    truth: dict[int, dict[str, Any]] = field(default_factory=dict)
    measured: dict[UUID, int] = field(default_factory=dict)
    revs: int = 0
    linked: bool = False

    def look(self) -> None:
        self.session = LiveSession.objects.get(pk=self.session.pk)
        self.truth[self.session.head] = build_snapshot(self.session)

    def act(self) -> None:
        getattr(self, self.rng.choice(["draw", "draw", "redraw", "erase", "say", "say", "show"]))()
        self.look()

    @property
    def on_first(self) -> bool:
        return self.session.case_id == self.team.case_id

    def draw(self) -> None:
        if not self.on_first:
            return self.say()
        pk = uuid4()
        annotations.put_measurement(
            actor=self.team.actor("surgeon"),
            case_id=self.team.case_id,
            measurement_id=pk,
            drawing=drawing(self.scan, to_column=20.0 + self.rng.random() * 40),
        )
        self.measured[pk] = 1
        return None

    def redraw(self) -> None:
        for pk, version in self.measured.items():
            annotations.revise_measurement(
                actor=self.team.actor("surgeon"),
                measurement_id=pk,
                version=version,
                label=f"node {self.rng.randint(1, 99)}",
            )
            self.measured[pk] = version + 1
            return

    def erase(self) -> None:
        for pk, version in list(self.measured.items())[:1]:
            annotations.remove_measurement(
                actor=self.team.actor("surgeon"), measurement_id=pk, version=version
            )
            del self.measured[pk]

    def say(self) -> None:
        services.post_chat(
            actor=self.team.actor("surgeon"),
            session_id=self.session.pk,
            text=f"said {self.rng.randint(1, 10**6)}",
        )

    def show(self) -> None:
        if self.on_first:
            self.revs += 1
            study = self.scan.study_instance_uid
            keyframe(team=self.team, session=self.session, study=study, rev=self.revs)

    def move(self, number: int) -> None:
        items = AgendaItem.objects.filter(meeting=self.session.meeting_id).order_by("position")
        boards.goto_agenda_item(actor=self.team.actor("chair"), item_id=items[number].pk)
        self.look()

    def link(self) -> None:
        """The first case's study, with its findings, comes to the case: no event has those."""
        study = Study.objects.get(study_instance_uid=self.scan.study_instance_uid)
        link_archived_study(
            actor=self.team.actor("coordinator"), case_id=self.session.case_id, study_id=study.pk
        )
        self.linked = True
        self.look()
