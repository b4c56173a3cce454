"""An accepted finding goes home to a real Orthanc; a dismissed one never does."""

from collections.abc import Callable
from datetime import timedelta

import httpx
import pydicom
import pytest
from django.utils import timezone

from apps.ai import execution, services
from apps.ai.exporting import export_accepted_finding
from apps.ai.models import FindingExport, StructureSet
from apps.ai.services.structure_sets import request_structure_sets
from apps.ai.structure_sets import send_structure_set
from apps.core.models import OutboxMessage
from apps.imaging import services as imaging
from apps.imaging.choices import AuthKind
from apps.imaging.models import Series
from apps.imaging.services import ingesting
from tests.apps.ai import world
from tests.apps.ai.conftest import approved_bundle, fresh_runner, house, phantom_team
from tests.apps.ai.phantom_files import write_ct
from tests.orthanc import OrthancUnderTest
from tests.people import SYSTEM, CaseTeam

__all__ = ["approved_bundle", "fresh_runner", "house", "phantom_team"]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("fresh_runner"),
    pytest.mark.orthanc,
    pytest.mark.slow,
]


@pytest.fixture
def series(phantom_team: CaseTeam, orthanc: OrthancUnderTest, house) -> Series:
    """The phantom in Orthanc, linked to the case and ingested over DICOMweb."""
    for path in sorted(write_ct(house / "ct", patient_id="PH-1", birth_date="19610504").iterdir()):
        orthanc.store(path.read_bytes())
        study_uid = pydicom.dcmread(path, stop_before_pixels=True).StudyInstanceUID
    pacs = imaging.create_connection(
        actor=SYSTEM,
        name="Orthanc",
        base_url=orthanc.base_url,
        auth_kind=AuthKind.BASIC,
        username=orthanc.username,
        secret=orthanc.password,
    )
    imaging.link_study(
        actor=phantom_team.actor("coordinator"),
        case_id=phantom_team.case_id,
        pacs_id=pacs.pk,
        study_instance_uid=study_uid,
    )
    for message in OutboxMessage.objects.filter(task=ingesting.INGEST_TASK):
        imaging.run_ingest(job_id=message.kwargs["job_id"])
    return Series.objects.get(study__study_instance_uid=study_uid)


@pytest.fixture
def held(orthanc: OrthancUnderTest) -> Callable[[str], set[str]]:
    """SOP Instance UIDs that Orthanc lists for a study."""

    def ask(study_uid: str) -> set[str]:
        answer = httpx.get(
            f"{orthanc.base_url}/studies/{study_uid}/instances",
            auth=(orthanc.username, orthanc.password),
            headers={"Accept": "application/dicom+json", "Accept-Encoding": "identity"},
        )
        return {one["00080018"]["Value"][0] for one in answer.json()}

    return ask


def test_accepted_goes_home_dismissed_does_not_and_an_absent_pacs_is_waited_for(
    phantom_team, approved_bundle, series, held, orthanc
):
    study_uid = series.study.study_instance_uid
    images = held(study_uid)
    job = world.request(team=phantom_team, version=approved_bundle, series=series)
    execution.run_waiting_jobs(worker="test")
    kept, dropped = job.findings.order_by("number")
    radiologist = phantom_team.actor("radiologist")
    services.dismiss_finding(
        actor=radiologist,
        finding_id=dropped.pk,
        case_id=phantom_team.case_id,
        version=1,
        reason_code="wrong-class",
    )
    services.accept_finding(
        actor=radiologist, finding_id=kept.pk, case_id=phantom_team.case_id, version=1
    )
    assert held(study_uid) == images, "nothing leaves before the export"
    export = FindingExport.objects.get()

    orthanc.stop()
    export_accepted_finding(export_id=export.pk)
    export.refresh_from_db()
    assert (export.state, export.attempts) == ("queued", 1)
    assert export.error_code.startswith("pacs_")
    assert export.not_before > timezone.now()

    orthanc.start()
    FindingExport.objects.update(not_before=timezone.now() - timedelta(seconds=1))
    export_accepted_finding(export_id=export.pk)
    export.refresh_from_db()
    assert (export.state, export.error_message) == ("stored", "")
    ours = held(study_uid) - images
    assert ours == {kept.segmentation_uid, kept.report_uid, export.verified_report_uid}
    assert dropped.segmentation_uid not in ours


def test_contours_go_home_once_and_wait_for_an_absent_pacs(
    phantom_team, approved_bundle, series, held, orthanc
):
    study_uid = series.study.study_instance_uid
    images = held(study_uid)
    job = world.request(team=phantom_team, version=approved_bundle, series=series)
    execution.run_waiting_jobs(worker="test")
    radiologist = phantom_team.actor("radiologist")
    kept = job.findings.order_by("number").first()
    services.accept_finding(
        actor=radiologist, finding_id=kept.pk, case_id=phantom_team.case_id, version=1
    )

    def ask() -> StructureSet:
        (row,) = request_structure_sets(
            actor=radiologist, case_id=phantom_team.case_id, study_instance_uid=study_uid
        )
        return row

    row = ask()
    orthanc.stop()
    send_structure_set(structure_set_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("queued", 1)
    assert row.error_code.startswith("pacs_")

    orthanc.start()
    for _ in range(2):  # the second time it is there already
        StructureSet.objects.update(
            state="queued", not_before=timezone.now() - timedelta(seconds=1)
        )
        send_structure_set(structure_set_id=row.pk)
        row.refresh_from_db()
        assert (row.state, row.error_message) == ("stored", "")
        assert held(study_uid) - images == {row.sop_instance_uid}
    assert ask() == row
