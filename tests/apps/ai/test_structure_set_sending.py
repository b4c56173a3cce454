"""Contours for radiotherapy: of accepted findings only, by whom it may be, once, to the PACS."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import numpy as np
import pydicom
import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.choices import Discipline
from apps.ai import services, storage, sweeper
from apps.ai.dicom_objects import offer_objects
from apps.ai.exceptions import AlreadyExported, NothingAccepted
from apps.ai.models import Finding, FindingExport, StructureSet
from apps.ai.objects import read_mask
from apps.ai.services.structure_sets import STRUCTURE_SET_TASK, request_structure_sets
from apps.ai.structure_sets import send_structure_set
from apps.audit.models import AuditEntry
from apps.boards import services as boards
from apps.cases.choices import Capacity
from apps.cases.services import grant_access
from apps.core.exceptions import Forbidden, NotVisible, Unavailable
from apps.core.models import OutboxMessage
from apps.imaging.archive import read_headers
from apps.imaging.choices import SeriesKind
from apps.imaging.masks import pack_mask
from apps.imaging.models import Instance, Series
from apps.imaging.radiotherapy.rasters import Plane, rasterise
from apps.imaging.radiotherapy.selectors import read_radiotherapy
from apps.imaging.radiotherapy.structures import read_structure_set
from tests.apps.ai import world
from tests.apps.ai.phantom_files import BOXES, SHAPE
from tests.people import SYSTEM, CaseTeam, make_case_team, make_person
from tests.security.ai_scene import Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def findings(phantom_team: CaseTeam, phantom_series: Series, tmp_path: Any) -> list[Finding]:
    """Two boxes on the phantom's grid; the first is accepted."""
    found = find_boxes(phantom_team, phantom_series, tmp_path)
    accept(phantom_team, found[0])
    return found


def find_boxes(team: CaseTeam, series: Series, folder: Any) -> list[Finding]:
    """A job that ended with the phantom's boxes as masses, the first one with a hole."""
    world.request(team=team, version=world.builtin_version(folder), series=series)
    job = services.claim_next_job(worker="test")
    uids = [str(one.SOPInstanceUID) for one in read_headers(series_id=series.pk)]
    drafts = []
    for number, box in enumerate(BOXES, start=1):
        mask = np.zeros(SHAPE, dtype=np.uint8)
        mask[box] = 1
        mask[5, 10:13, 30:33] = 0
        drafts.append(
            replace(
                world.draft(label=f"Box {number}"),
                mask_sha256=storage.put_bytes(content=pack_mask(mask.tobytes())),
            )
        )
    job = services.complete_job(
        job_id=job.pk,
        fence=job.fence,
        drafts=drafts,
        grid={"shape": list(SHAPE), "sop_instance_uids": uids},
        parameters={},
    )
    return list(Finding.objects.filter(job=job).order_by("number"))


def accept(team: CaseTeam, finding: Finding) -> None:
    services.accept_finding(
        actor=team.actor("radiologist"), finding_id=finding.pk, case_id=team.case_id, version=1
    )


def request(team: CaseTeam, series: Series, *, who: str = "radiologist") -> list[StructureSet]:
    return request_structure_sets(
        actor=team.actor(who),
        case_id=team.case_id,
        study_instance_uid=series.study.study_instance_uid,
    )


def add_radiation_oncologist(team: CaseTeam) -> None:
    person = make_person(name="Rada Oncologist", discipline=Discipline.RADIATION_ONCOLOGY)
    grant_access(actor=SYSTEM, case_id=team.case_id, user_id=person.pk, capacity=Capacity.MEMBER)
    team.people["rad_onc"] = person


def client_of(team: CaseTeam, who: str) -> Client:
    client = Client()
    client.force_login(team.people[who], backend="django.contrib.auth.backends.ModelBackend")
    return client


def door(team: CaseTeam, series: Series) -> str:
    return f"/api/cases/{team.case_id}/studies/{series.study.study_instance_uid}/structure-set"


def test_it_holds_what_is_accepted_and_lies_in_the_archive_voxel_for_voxel(
    phantom_team, phantom_series, findings
):
    (row,) = request(phantom_team, phantom_series)
    assert OutboxMessage.objects.get(task=STRUCTURE_SET_TASK).kwargs == {
        "structure_set_id": str(row.pk)
    }
    send_structure_set(structure_set_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts, row.error_message) == ("stored", 1, "")
    stored = Instance.objects.get(sop_instance_uid=row.sop_instance_uid)
    assert stored.series.kind == SeriesKind.RTSTRUCT
    (shown,) = read_radiotherapy(
        actor=phantom_team.actor("surgeon"), case_id=phantom_team.case_id
    ).structure_sets
    assert shown.problems == ()
    assert shown.header.approval == "UNAPPROVED"
    (region,) = shown.header.regions
    assert region.name == "zMass"  # a mass in the liver is no GTV until somebody says so
    headers = read_headers(series_id=phantom_series.pk)
    planes = [
        Plane(
            position_lps=one.ImagePositionPatient,
            orientation=one.ImageOrientationPatient,
            pixel_spacing_mm=one.PixelSpacing,
            rows=one.Rows,
            columns=one.Columns,
        )
        for one in headers
    ]
    grid = Finding.objects.get(pk=findings[0].pk).job.grid["sop_instance_uids"]
    order = [[str(h.SOPInstanceUID) for h in headers].index(uid) for uid in grid]
    back = rasterise(region.areas, planes)[order]
    assert np.array_equal(back, read_mask(finding=findings[0]))
    actions = AuditEntry.objects.filter(action__startswith="structure_set.")
    assert set(actions.values_list("action", flat=True)) == {
        "structure_set.requested",
        "structure_set.stored",
    }


def test_asked_twice_it_is_one_and_another_acceptance_is_another(
    phantom_team, phantom_series, findings
):
    (first,) = request(phantom_team, phantom_series)
    assert request(phantom_team, phantom_series) == [first]
    send_structure_set(structure_set_id=first.pk)
    assert request(phantom_team, phantom_series) == [first]
    assert OutboxMessage.objects.filter(task=STRUCTURE_SET_TASK).count() == 1
    accept(phantom_team, findings[1])
    (second,) = request(phantom_team, phantom_series)
    assert second.sop_instance_uid != first.sop_instance_uid
    send_structure_set(structure_set_id=second.pk)
    kept = Instance.objects.filter(series__kind=SeriesKind.RTSTRUCT)
    assert kept.count() == 2
    assert kept.values("series").distinct().count() == 1
    listed = client_of(phantom_team, "radiologist").get(door(phantom_team, phantom_series)).json()
    (one,) = listed["results"]
    assert [region["name"] for region in one["regions"]] == ["zMass1", "zMass2"]
    assert (one["sending"]["state"], one["earlier"], one["approval"]) == ("stored", 1, "UNAPPROVED")


def test_what_was_asked_for_is_sent_though_more_was_accepted_since(
    phantom_team, phantom_series, findings
):
    (row,) = request(phantom_team, phantom_series)
    accept(phantom_team, findings[1])
    send_structure_set(structure_set_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.error_message) == ("stored", "")


def test_nothing_accepted_is_refused_by_name(phantom_team, phantom_series, tmp_path):
    find_boxes(phantom_team, phantom_series, tmp_path)
    with pytest.raises(NothingAccepted):
        request(phantom_team, phantom_series)
    assert not StructureSet.objects.exists()


def test_radiation_oncology_may_send_and_others_of_the_case_may_not(
    phantom_team, phantom_series, findings
):
    add_radiation_oncologist(phantom_team)
    assert request(phantom_team, phantom_series, who="rad_onc")
    for who in ("surgeon", "chair", "coordinator", "oncologist", "trainee", "consultant"):
        with pytest.raises(Forbidden):
            request(phantom_team, phantom_series, who=who)
    for who in ("outsider", "ai_admin", "system_admin", "auditor"):
        with pytest.raises(NotVisible):
            request(phantom_team, phantom_series, who=who)
    shown = client_of(phantom_team, "surgeon").get(door(phantom_team, phantom_series)).json()
    assert (shown["may_send"], len(shown["results"])) == (False, 1)


def test_a_study_of_another_case_is_not_visible(phantom_team, phantom_series, findings):
    other = make_case_team()
    with pytest.raises(NotVisible):
        request(other, phantom_series)


def test_dismissed_before_it_is_sent_it_stays_here(phantom_team, phantom_series, findings):
    (row,) = request(phantom_team, phantom_series)
    dismiss(phantom_team, findings[0])
    send_structure_set(structure_set_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("withdrawn", 0)
    assert not Instance.objects.filter(series__kind=SeriesKind.RTSTRUCT).exists()


def test_once_sent_the_finding_cannot_be_dismissed_silently(phantom_team, phantom_series, findings):
    (row,) = request(phantom_team, phantom_series)
    send_structure_set(structure_set_id=row.pk)
    assert FindingExport.objects.get().attempts == 0  # its own export has not begun
    with pytest.raises(AlreadyExported):
        dismiss(phantom_team, findings[0])


def dismiss(team: CaseTeam, finding: Finding) -> None:
    services.dismiss_finding(
        actor=team.actor("radiologist"),
        finding_id=finding.pk,
        case_id=team.case_id,
        version=2,
        reason_code="duplicate",
    )


def test_a_pacs_that_is_away_is_tried_again_with_the_same_bytes(
    phantom_team, phantom_series, findings, monkeypatch
):
    """The PACS is not part of this test: the real one is in tests/integration."""
    from apps.ai import structure_sets

    def away(**asked: Any) -> None:
        raise Unavailable("The PACS does not answer.", code="pacs_unreachable")

    (row,) = request(phantom_team, phantom_series)
    with monkeypatch.context() as patched:
        patched.setattr(structure_sets, "store_objects", away)
        send_structure_set(structure_set_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.error_code) == ("queued", "pacs_unreachable")
    assert row.not_before > timezone.now()
    sha256 = row.object_sha256
    StructureSet.objects.update(not_before=timezone.now() - timedelta(minutes=1))
    OutboxMessage.objects.all().delete()
    sweeper.ring_for_due_exports()
    assert OutboxMessage.objects.filter(task=STRUCTURE_SET_TASK).count() == 1
    send_structure_set(structure_set_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts, row.object_sha256) == ("stored", 2, sha256)


def test_what_dicom_cannot_say_waits_for_a_person_at_once(phantom_team, phantom_series, findings):
    (row,) = request(phantom_team, phantom_series)
    job = findings[0].job
    job.grid = {**job.grid, "sop_instance_uids": ["1.2.3"] * job.grid["shape"][0]}
    job.save(update_fields=["grid"])
    send_structure_set(structure_set_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.error_code, row.attempts) == ("failed", "series_changed", 1)
    (again,) = request(phantom_team, phantom_series)
    assert (again.state, again.attempts) == ("queued", 0)
    answer = client_of(phantom_team, "radiologist").get(
        f"{door(phantom_team, phantom_series)}/file?series={phantom_series.series_instance_uid}"
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "series_changed")


def test_over_rest_it_is_sent_and_downloaded_as_the_same_object(
    phantom_team, phantom_series, findings
):
    client = client_of(phantom_team, "radiologist")
    url = door(phantom_team, phantom_series)
    file_url = f"{url}/file?series={phantom_series.series_instance_uid}"
    before = client.get(file_url)
    assert (before.status_code, before["Content-Type"]) == (200, "application/dicom")
    answer = client.post(url, content_type="application/json")
    assert (answer.status_code, answer.json()["may_send"]) == (202, True)
    assert answer.json()["results"][0]["sending"]["state"] == "queued"
    send_structure_set(structure_set_id=StructureSet.objects.get().pk)
    assert client.get(file_url).content == before.content
    assert client.get(url).json()["results"][0]["sending"]["state"] == "stored"
    document = pydicom.dcmread(BytesIO(before.content))
    assert read_structure_set(document.to_json_dict()).label == "AI_ACCEPTED"
    assert client.get(f"{url}/file").status_code == 400
    assert client.get(f"{url}/file?series=1.2.3").status_code == 409
    assert AuditEntry.objects.filter(action="structure_set.downloaded").count() == 2


def test_whoever_serves_dicom_knows_that_ai_made_it(phantom_team, phantom_series, findings):
    (row,) = request(phantom_team, phantom_series)
    send_structure_set(structure_set_id=row.pk)
    offered = offer_objects(case_id=phantom_team.case_id, study_ids=[phantom_series.study_id])
    (ours,) = [one for one in offered if one.sop_instance_uid == row.sop_instance_uid]
    assert ours.state == "accepted"
    assert pydicom.dcmread(BytesIO(ours.read())).Modality == "RTSTRUCT"


def test_while_ai_is_hidden_nothing_is_sent_shown_or_taken_out(
    phantom_team, phantom_series, findings
):
    (row,) = request(phantom_team, phantom_series)
    send_structure_set(structure_set_id=row.pk)
    item = Scene._board(phantom_team)
    client, url = client_of(phantom_team, "radiologist"), door(phantom_team, phantom_series)
    file_url = f"{url}/file?series={phantom_series.series_instance_uid}"
    for answer in (
        client.get(url),
        client.post(url, content_type="application/json"),
        client.get(file_url),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "ai_hidden")
    surgeon = phantom_team.actor("surgeon")
    assert read_radiotherapy(actor=surgeon, case_id=phantom_team.case_id).count == 0
    boards.reveal_ai(actor=phantom_team.actor("chair"), item_id=item.pk)
    assert read_radiotherapy(actor=surgeon, case_id=phantom_team.case_id).count == 1
    assert client.get(file_url).status_code == 200
