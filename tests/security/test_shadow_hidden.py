"""Shadow: no route, no room and no event gives anything a version in shadow found.

The walk is the one of read-first-reveal-AI: routes from the URL configuration, ids from the
database. The same walk over the same finding of a version in use hears it: it can fail.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom.uid import generate_uid

from apps.ai import selectors, services, storage
from apps.ai.dicom_objects import offer_objects
from apps.ai.models import Finding, Job
from apps.imaging.models import Series
from apps.imaging.pixels import guard as guard_module
from apps.live.models import LiveEvent
from apps.live.selectors import build_snapshot
from apps.live.services.sessions import open_ad_hoc_session
from tests.apps.ai import world
from tests.apps.ai.encoded import encode, finding, read
from tests.apps.imaging.segs import blob, make_stack, raw
from tests.apps.imaging.test_importing import patient_fields
from tests.people import CaseTeam, make_case_team
from tests.security import canary_case
from tests.security.ai_scene import Scene
from tests.security.test_ai_hidden import Reader

archive_root, guard = canary_case.archive_root, canary_case.guard

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous"),
    pytest.mark.filterwarnings("ignore:No directory at"),
]

LABEL = "Density nobody is shown"
WHY = "Watched before it comes into use."


class ShadowScene:
    """A case whose CT a version in shadow has read, and found something in."""

    def __init__(self, team: CaseTeam, found: Finding) -> None:
        self.team, self.found = team, found
        self.secrets = [
            LABEL, str(found.pk), str(found.job_id), found.segmentation_uid, found.report_uid,
        ]  # fmt: skip


@pytest.fixture()
def team(db: None) -> CaseTeam:
    return make_case_team()


@pytest.fixture()
def scene(team: CaseTeam, tmp_path: Path) -> ShadowScene:
    stack = make_stack(study_uid=generate_uid(), series_uid=generate_uid(), **patient_fields(team))
    Scene._bring(team, tmp_path / "images", stack)
    objects = encode([read(one) for one in raw(stack)], finding(blob().astype(bool), label=LABEL))
    series = Series.objects.get(series_instance_uid=stack[0].SeriesInstanceUID)
    version = world.builtin_version(tmp_path)
    services.put_into_shadow(actor=team.actor("ai_admin"), version_id=version.pk, reason=WHY)
    services.request_job(
        actor=world.INSTALLER, case_id=team.case_id, model_id=version.model_id,
        series_instance_uid=series.series_instance_uid,
    )  # fmt: skip
    job = services.claim_next_job(worker="test")
    assert job is not None and job.is_shadow
    draft = replace(
        world.draft(label=LABEL),
        segmentation_uid=str(read(objects["seg"]).SOPInstanceUID),
        segmentation_sha256=storage.put_bytes(content=objects["seg"]),
        report_uid=str(read(objects["report"]).SOPInstanceUID),
        report_sha256=storage.put_bytes(content=objects["report"]),
    )
    services.complete_job(
        job_id=job.pk, fence=job.fence, drafts=[draft], grid=world.GRID, parameters={}
    )
    return ShadowScene(team, Finding.with_shadow.get())


@pytest.mark.parametrize("who", ["radiologist", "chair"])
def test_no_route_gives_what_ran_in_shadow(
    scene: ShadowScene, guard: guard_module.TicketGuard, who: str
) -> None:
    reader = Reader(scene, who, guard)  # type: ignore[arg-type]
    reader.read_routes()
    reader.fetch_pixels()
    assert reader.heard == {}
    assert reader.answers > 60


def test_the_walk_hears_it_of_a_version_in_use(
    scene: ShadowScene, guard: guard_module.TicketGuard
) -> None:
    Job.objects.update(is_shadow=False)
    reader = Reader(scene, "radiologist", guard)  # type: ignore[arg-type]
    reader.read_routes()
    told = {LABEL, str(scene.found.pk), str(scene.found.job_id)}
    assert set(reader.heard) >= {one.encode() for one in told}


def test_ai_administration_is_told_that_it_ran_and_not_what_it_found(
    scene: ShadowScene, guard: guard_module.TicketGuard
) -> None:
    reader = Reader(scene, "ai_admin", guard)  # type: ignore[arg-type]
    reader.read_routes()
    assert set(reader.heard) <= {str(scene.found.job_id).encode()}


def test_no_room_hears_of_it(scene: ShadowScene) -> None:
    team = scene.team
    session, _ = open_ad_hoc_session(actor=team.actor("chair"), case_id=team.case_id)
    snapshot = build_snapshot(session)
    assert snapshot["findings"] == []
    told = json.dumps(
        [snapshot, list(LiveEvent.objects.values_list("payload", flat=True))], default=str
    )
    assert [one for one in scene.secrets if one in told] == []


def test_nobody_who_asks_below_is_given_it(scene: ShadowScene) -> None:
    """Sums, reports, exports, DICOMweb, the case list."""
    case_id = scene.team.case_id
    assert not selectors.findings_of_case(case_id=case_id).exists()
    assert not selectors.accepted_findings(case_id=case_id).exists()
    assert offer_objects(case_id=case_id, study_ids=[scene.found.study_id]) == []
    uids = [scene.found.segmentation_uid, scene.found.report_uid]
    assert selectors.claim_segmentations(case_id=case_id, sop_instance_uids=uids) == {}
    assert selectors.claim_reports(case_id=case_id, sop_instance_uids=uids) == set()
    summary = selectors.summarise_cases(actor=scene.team.actor("chair"), case_ids=[case_id])
    assert summary == {case_id: {"findings_unreviewed": 0}}
