"""What Consilium wrote itself comes back from the PACS as the finding it is, not as a stranger."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydicom.uid import generate_uid

from apps.ai import selectors, services
from apps.imaging.models import Series
from apps.imaging.services import import_files
from tests.apps.ai import world
from tests.apps.ai.encoded import encode, finding, read
from tests.apps.imaging.dicom import write_files
from tests.apps.imaging.segs import blob, describe_segment, make_seg, make_stack, raw
from tests.apps.imaging.test_importing import patient_fields
from tests.apps.imaging.test_segmentations import Door
from tests.people import SYSTEM, CaseTeam, make_case_team

pytestmark = pytest.mark.django_db(transaction=True)


def bring(team: CaseTeam, folder: Path, datasets: list[Any]) -> None:
    write_files(folder, raw(datasets))
    import_files(actor=SYSTEM, case_id=team.case_id, paths=[folder])


@pytest.fixture(autouse=True)
def archive_root(tmp_path: Path, settings: Any) -> None:
    settings.ARCHIVE_ROOT = tmp_path / "archive"


@pytest.fixture()
def team(db: None) -> CaseTeam:
    return make_case_team()


@pytest.fixture()
def images(team: CaseTeam, tmp_path: Path) -> list[Any]:
    made = make_stack(study_uid=generate_uid(), series_uid=generate_uid(), **patient_fields(team))
    bring(team, tmp_path / "images", made)
    return made


def test_a_findings_own_segmentation_is_that_finding_and_has_no_mask_of_its_own(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    seg = make_seg(images, blob(), segments=[describe_segment(algorithm="AUTOMATIC")])
    version = world.builtin_version(tmp_path)
    series = Series.objects.get(series_instance_uid=images[0].SeriesInstanceUID)
    world.request(team=team, version=version, series=series)
    job = services.claim_next_job(worker="test")
    assert job is not None
    own = replace(world.draft(), segmentation_uid=str(seg.SOPInstanceUID))
    job = services.complete_job(
        job_id=job.pk, fence=job.fence, drafts=[own], grid=world.GRID, parameters={}
    )
    bring(team, tmp_path / "again", [seg])
    (shown,) = Door(team).list()
    known = job.findings.get()
    assert shown["finding"] == {"finding": str(known.pk), "state": "unreviewed"}
    assert shown["segments"][0]["masks"] == []
    url = f"{Door(team).url}/{shown['id']}/segments/1/series/{series.pk}/mask"
    assert Door(team).client.get(url).status_code == 404
    services.accept_finding(
        actor=team.actor("radiologist"), finding_id=known.pk, case_id=team.case_id, version=1
    )
    assert Door(team).list()[0]["finding"]["state"] == "accepted"


def test_an_automatic_segmentation_is_unreviewed_until_a_verified_report_speaks_of_it(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    """And a report nobody verified does not count, nor does a segmentation enter any sum."""
    mask = blob().astype(bool)
    headers = [read(one) for one in raw(images)]
    objects = {name: read(data) for name, data in encode(headers, finding(mask)).items()}
    bring(team, tmp_path / "seg", [objects["seg"], objects["report"]])
    (shown,) = Door(team).list()
    assert shown["finding"] is None
    assert (shown["verified"], shown["segments"][0]["unreviewed"]) == (False, True)
    assert len(shown["segments"][0]["masks"]) == 1
    assert not selectors.accepted_findings(case_id=team.case_id).exists()
    bring(team, tmp_path / "verified", [objects["verified"]])
    (shown,) = Door(team).list()
    assert (shown["verified"], shown["segments"][0]["unreviewed"]) == (True, False)
    assert not selectors.accepted_findings(case_id=team.case_id).exists()
