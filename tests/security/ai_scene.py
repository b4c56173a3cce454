"""A case with AI results of every origin, as tests of who may see them need it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone
from pydicom.uid import generate_uid

from apps.ai import services as ai
from apps.ai import storage
from apps.ai.models import Finding, FindingExport
from apps.boards import services as boards
from apps.boards.choices import AiReading, BoardRole
from apps.boards.models import AgendaItem
from apps.followup import services as followup
from apps.imaging.models import Series
from apps.imaging.services import import_files
from apps.live.services import open_meeting_session
from tests.apps.ai import world
from tests.apps.ai.encoded import encode, finding, read
from tests.apps.ai.external_objects import make_report, of_images, read_owed
from tests.apps.ai.flagged import flagged_draft
from tests.apps.imaging.dicom import write_files
from tests.apps.imaging.segs import blob, describe_segment, make_seg, make_stack, raw
from tests.apps.imaging.test_importing import patient_fields
from tests.people import SYSTEM, CaseTeam

SECRET = "Uptake nobody may know of yet"
"""The label of the finding, in its row and its objects."""


class Scene:
    """A case with a finding whose SEG and reports came back from the PACS, and strangers' results.

    A stranger's SEG is a finding of its own; a stranger's report came last and was not read yet.
    """

    def __init__(self, team: CaseTeam, secrets: list[str], item: AgendaItem) -> None:
        self.team, self.secrets, self.item = team, secrets, item

    @classmethod
    def make(cls, team: CaseTeam, folder: Path) -> Scene:
        stack = make_stack(
            study_uid=generate_uid(), series_uid=generate_uid(), **patient_fields(team)
        )
        cls._bring(team, folder / "images", stack)
        headers = [read(one) for one in raw(stack)]
        result = finding(blob().astype(bool), label=SECRET)
        objects = {name: read(data) for name, data in encode(headers, result).items()}
        foreign = make_seg(
            stack, blob(seed=2), segments=[describe_segment(label=SECRET, algorithm="AUTOMATIC")]
        )
        row = cls._finish_job(team, folder, stack, objects)
        for name in ("seg", "report", "verified"):
            cls._bring(team, folder / name, [objects[name]])
        cls._bring(team, folder / "foreign", [foreign])
        read_owed()
        report = make_report(stack, [of_images(stack[:1])], series_description=SECRET)
        cls._bring(team, folder / "unread", [report])
        theirs = Finding.objects.get(external__pixels_uid=str(foreign.SOPInstanceUID))
        ai.accept_finding(
            actor=team.actor("radiologist"), finding_id=theirs.pk, case_id=team.case_id, version=1
        )
        cls._follow_up(team, row)
        secrets = [SECRET, *(str(one) for row in (row, theirs) for one in (row.pk, row.job_id))]
        for one in (*objects.values(), foreign, report):
            secrets += [str(one.SOPInstanceUID), str(one.SeriesInstanceUID)]
        return cls(team, secrets, cls._board(team))

    @staticmethod
    def _bring(team: CaseTeam, folder: Path, datasets: list[Any]) -> None:
        write_files(folder, raw(datasets))
        import_files(actor=SYSTEM, case_id=team.case_id, paths=[folder])

    @staticmethod
    def _finish_job(
        team: CaseTeam, folder: Path, stack: list[Any], objects: dict[str, Any]
    ) -> Finding:
        series = Series.objects.get(series_instance_uid=stack[0].SeriesInstanceUID)
        world.request(team=team, version=world.builtin_version(folder), series=series)
        job = ai.claim_next_job(worker="test")
        assert job is not None
        draft = replace(
            flagged_draft(label=SECRET),
            segmentation_uid=str(objects["seg"].SOPInstanceUID),
            report_uid=str(objects["report"].SOPInstanceUID),
        )
        job = ai.complete_job(
            job_id=job.pk, fence=job.fence, drafts=[draft], grid=world.GRID, parameters={}
        )
        found = job.findings.get()
        ai.accept_finding(
            actor=team.actor("radiologist"), finding_id=found.pk, case_id=team.case_id, version=1
        )
        FindingExport.objects.update(
            verified_report_uid=str(objects["verified"].SOPInstanceUID),
            verified_report_sha256=storage.put_bytes(content=b"SR"),
        )
        return found

    @staticmethod
    def _follow_up(team: CaseTeam, found: Finding) -> None:
        """It is outside the question, and the radiologist looks after it."""
        marked = followup.mark_incidental(
            actor=team.actor("radiologist"), case_id=team.case_id, finding_id=found.pk
        )
        followup.assign_incidental(
            actor=team.actor("coordinator"),
            incidental_id=marked.pk,
            version=marked.version,
            owner_id=team.people["radiologist"].pk,
            due=timezone.localdate() + timedelta(days=30),
        )

    @staticmethod
    def _board(team: CaseTeam) -> AgendaItem:
        coordinator = team.actor("coordinator")
        board = boards.create_board(actor=coordinator, name="Thoracic")
        boards.add_board_member(
            actor=coordinator,
            board_id=board.pk,
            user_id=team.people["chair"].pk,
            role=BoardRole.CHAIR,
        )
        boards.set_ai_reading(actor=coordinator, board_id=board.pk, ai_reading=AiReading.IN_MEETING)
        start = timezone.now()
        meeting = boards.schedule_meeting(
            actor=coordinator,
            board_id=board.pk,
            starts_at=start,
            ends_at=start + timedelta(hours=1),
        )
        item = boards.add_agenda_item(
            actor=coordinator, meeting_id=meeting.pk, case_id=team.case_id
        )
        open_meeting_session(actor=team.actor("chair"), meeting_id=meeting.pk)
        return item
