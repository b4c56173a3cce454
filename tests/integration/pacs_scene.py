"""A case with one study archived from a real Orthanc, and hands to change either side."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from pydicom.uid import generate_uid

from apps.imaging import archive, services
from apps.imaging.choices import StudyState
from apps.imaging.completeness import summarise_images
from apps.imaging.models import Instance, PacsConnection, Series, Study
from tests.apps.imaging.dicom import make_series, make_slice, to_bytes
from tests.integration.test_orthanc_ingest import connect, link, own, run_queued
from tests.orthanc import OrthancUnderTest
from tests.people import SYSTEM, CaseTeam, make_case_team


class Scene:
    """One case with one study of two series, three objects each, archived from the PACS."""

    def __init__(self, orthanc: OrthancUnderTest) -> None:
        self.orthanc = orthanc
        self.team: CaseTeam = make_case_team()
        self.study_uid = generate_uid()
        self.frame_of_reference_uid = generate_uid()
        self.series_uids = [generate_uid(), generate_uid()]
        self.originals = [
            raw
            for seed, uid in enumerate(self.series_uids)
            for raw in make_series(count=3, **self.fields(uid, seed=seed))
        ]
        for raw in self.originals:
            orthanc.store(raw)
        self.pacs: PacsConnection = connect(orthanc)
        self.study_id = link(self.team, self.pacs, self.study_uid).study_id
        run_queued()
        assert self.study.state == StudyState.READY

    @property
    def study(self) -> Study:
        return Study.objects.get(pk=self.study_id)

    def fields(self, series_uid: str, **more: Any) -> dict[str, Any]:
        known = {"study_uid": self.study_uid, "FrameOfReferenceUID": self.frame_of_reference_uid}
        return own(self.team, series_uid=series_uid, **(known | more))

    def series(self, number: int = 0) -> Series:
        return Series.objects.get(series_instance_uid=self.series_uids[number])

    def orthanc_id(self, level: str, **query: str) -> str:
        (found,) = self.orthanc.find(level=level, query=query)
        return str(found["ID"])

    def check(self, *, fully: bool = False) -> None:
        if fully:
            Study.objects.filter(pk=self.study_id).update(source_listed_at=None)
        services.check_study(study_id=self.study_id)

    def images(self) -> dict[str, Any]:
        shown: dict[str, Any] = summarise_images(actor=SYSTEM, case_ids=[self.team.case_id])
        return dict(shown[self.team.case_id]["images"])

    def counts(self) -> tuple[str, int, int]:
        images = self.images()
        return images["state"], images["objects_ready"], images["objects_total"]

    def codes(self, number: int = 0) -> list[str]:
        return [one["code"] for one in self.series(number).source_warnings]

    def study_codes(self) -> list[str]:
        return [one["code"] for one in self.study.source_warnings]

    def archived_bytes(self) -> list[bytes]:
        rows = Instance.objects.filter(study_id=self.study_id).order_by("sop_instance_uid")
        return [archive.read_original(instance_id=row.pk) for row in rows]

    def correct(self, **elements: Any) -> None:
        """The first series again in the PACS under its UIDs, with other elements."""
        resource = self.orthanc_id("Series", SeriesInstanceUID=self.series_uids[0])
        self.orthanc.request("DELETE", f"/series/{resource}").raise_for_status()
        for index in range(3):
            changed = make_slice(index=index, **self.fields(self.series_uids[0]))
            for name, value in elements.items():
                setattr(changed, name, value)
            self.orthanc.store(to_bytes(changed))

    def modify(self, level: str, resource: str, **body: Any) -> None:
        answer = self.orthanc.request(
            "POST", f"/{level}/{resource}/modify", json={"Force": True, "KeepSource": False} | body
        )
        assert answer.is_success, answer.text

    def forget(self) -> None:
        """Nobody has needed anything for nine days."""
        Series.objects.update(needed_at=timezone.now() - timedelta(days=9))
