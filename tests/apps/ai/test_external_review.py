"""Another vendor's finding is reviewed like any other; its objects stay the vendor's."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import highdicom as hd
import numpy as np
import pydicom
import pytest
from django.test import Client

from apps.ai import selectors, services
from apps.ai.amending import AmendedBy
from apps.ai.exceptions import CannotAmend
from apps.ai.exporting import export_accepted_finding
from apps.ai.models import Finding, FindingExport
from apps.imaging.ai_objects import ai_made_objects
from apps.imaging.models import Instance
from apps.imaging.selectors import open_published
from tests.apps.ai import external_objects as made
from tests.apps.ai.external_objects import bring, only_finding, outcomes
from tests.apps.imaging.segs import blob, describe_segment, make_seg
from tests.apps.imaging.test_segmentations import Door
from tests.people import CaseTeam, make_case_team

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous"),
]


@pytest.fixture(autouse=True)
def archive_root(tmp_path: Path, settings: Any) -> None:
    settings.ARCHIVE_ROOT = tmp_path / "archive"


@pytest.fixture()
def team(db: None) -> CaseTeam:
    return make_case_team()


@pytest.fixture()
def images(team: CaseTeam, tmp_path: Path) -> list[Any]:
    stack = made.stack_of(team)
    bring(team, tmp_path / "images", stack)
    return stack


@pytest.fixture()
def seg(team: CaseTeam, tmp_path: Path, images: list[Any]) -> Any:
    one = make_seg(images, blob(), segments=[describe_segment(label="AI", algorithm="AUTOMATIC")])
    bring(team, tmp_path / "seg", [one])
    return one


def accept(team: CaseTeam, finding: Finding) -> FindingExport:
    services.accept_finding(
        actor=team.actor("radiologist"), finding_id=finding.pk, case_id=team.case_id, version=1
    )
    return FindingExport.objects.get()


def dismiss(team: CaseTeam, finding: Finding) -> None:
    services.dismiss_finding(
        actor=team.actor("radiologist"), finding_id=finding.pk, case_id=team.case_id,
        version=1, reason_code="false-positive-artefact",
    )  # fmt: skip


def export(team: CaseTeam, finding: Finding) -> Any:
    """Accept it, let the exporter run, and read what it sent."""
    before = set(Instance.objects.values_list("sop_instance_uid", flat=True))
    owed = accept(team, finding)
    export_accepted_finding(export_id=owed.pk)
    owed.refresh_from_db()
    assert (owed.state, owed.error_message) == ("stored", "")
    (row,) = Instance.objects.exclude(sop_instance_uid__in=before).select_related("series")
    assert row.sop_instance_uid == owed.verified_report_uid, "nothing of the vendor's is sent"
    return hd.sr.srread(BytesIO(open_published(row.series).read_original(row.sop_instance_uid)))


def sign_in(team: CaseTeam, who: str) -> Client:
    client = Client()
    client.force_login(team.people[who], backend="django.contrib.auth.backends.ModelBackend")
    return client


def gateway_uids(team: CaseTeam, who: str = "surgeon") -> set[str]:
    answer = sign_in(team, who).get(f"/dicomweb/cases/{team.case_id}/instances")
    found = answer.json() if answer.status_code == 200 else []
    return {one["00080018"]["Value"][0] for one in found}


# --- the way home --------------------------------------------------------------------------


def test_accepted_goes_home_as_one_verified_report_on_the_vendors_segment(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    theirs = make_seg(images, blob(), segments=[describe_segment(algorithm="AUTOMATIC")])
    group = made.of_segment(theirs, images, algorithm_id=made.algorithm())
    report = made.make_report([*images, theirs], [group])
    bring(team, tmp_path / "both", [theirs, report])
    found, _ = only_finding()
    document = export(team, found)
    assert document.VerificationFlag == "VERIFIED"
    (predecessor,) = document.PredecessorDocumentsSequence[0].ReferencedSeriesSequence
    named = predecessor.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
    assert named == report.SOPInstanceUID
    (said,) = document.content.get_volumetric_roi_measurement_groups()
    (reference,) = said.referenced_segment[0].ReferencedSOPSequence
    assert reference.ReferencedSOPInstanceUID == theirs.SOPInstanceUID
    assert [one.value for one in said.get_measurements()] == [523.6]
    assert said.tracking_uid == found.tracking_uid
    assert str(theirs.SOPInstanceUID) in {uid for _, _, uid, _ in document.get_evidence()}
    assert "Nodule CAD" in str(document) and "2.1" in str(document)
    assert document.Manufacturer == "Consilium"
    assert document.PatientID == team.case.patient.patient_id


def test_the_report_that_went_home_is_ours_when_it_comes_back(team: CaseTeam, seg: Any) -> None:
    found, _ = only_finding()
    document = export(team, found)
    made.read_owed()
    assert outcomes()[str(document.SOPInstanceUID)] == "own"
    assert Finding.objects.count() == 1
    assert selectors.claim_reports(
        case_id=team.case_id, sop_instance_uids=[str(document.SOPInstanceUID)]
    ) == {str(document.SOPInstanceUID)}


@pytest.mark.parametrize("what", ["outline", "outline in space", "points", "whole images", "map"])
def test_findings_without_a_segment_go_home_too(
    team: CaseTeam, tmp_path: Path, images: list[Any], what: str
) -> None:
    square = [[4.5, 3.5], [9.5, 3.5], [9.5, 7.5], [4.5, 3.5]]
    x, y, z = (float(value) for value in images[1].ImagePositionPatient)
    ring = [[x, y, z], [x + 3, y, z], [x + 3, y + 3, z], [x, y, z]]
    by = {"algorithm_id": made.algorithm(version="1")}
    group = {
        "outline": lambda: made.on_image(images[2], square, shape="POLYLINE", **by),
        "outline in space": lambda: made.in_space(ring, str(images[0].FrameOfReferenceUID), **by),
        "points": lambda: made.on_image(images[2], [square[0]], shape="POINT", **by),
        "whole images": lambda: made.of_images(images[:2], **by),
        "map": lambda: None,
    }[what]()
    one = (
        made.make_map(images, quantity=made.PROBABILITY)
        if group is None
        else made.make_report(images, [group])
    )
    bring(team, tmp_path / "one", [one])
    document = export(team, only_finding()[0])
    named = {str(uid) for uid in _uids(document)}
    if what == "map":
        assert "Tumour Likelihood" in str(document)
    else:
        assert str(one.SOPInstanceUID) in named
    if what == "outline":
        (said,) = document.content.get_planar_roi_measurement_groups()
        assert said.roi.value.tolist() == square
    if what == "outline in space":
        (said,) = document.content.get_planar_roi_measurement_groups()
        assert np.allclose(said.roi.value, ring)


def _uids(document: Any) -> set[str]:
    return {
        str(element.value)
        for element in document.iterall()
        if element.keyword == "ReferencedSOPInstanceUID"
    }


def test_dismissed_is_recorded_and_nothing_is_sent(team: CaseTeam, seg: Any) -> None:
    found, _ = only_finding()
    before = Instance.objects.count()
    dismiss(team, found)
    assert not FindingExport.objects.exists()
    assert Instance.objects.count() == before
    assert found.reviews.get().reason_code == "false-positive-artefact"
    assert not selectors.accepted_findings(case_id=team.case_id).exists()


# --- shown once ----------------------------------------------------------------------------


def test_a_segmentation_that_is_a_finding_is_not_shown_twice(
    team: CaseTeam, seg: Any, images: list[Any]
) -> None:
    found, _ = only_finding()
    door = Door(team)
    (shown,) = door.list()
    assert shown["finding"] == {"finding": str(found.pk), "state": "unreviewed"}
    assert shown["segments"][0]["masks"] == []
    row = Instance.objects.get(sop_instance_uid=str(seg.SOPInstanceUID))
    url = f"{door.url}/{row.pk}/segments/1/series/{found.job.series_id}/mask"
    assert door.client.get(url).status_code == 404
    answer = door.client.get(f"/api/findings/{found.pk}/mask-geometry").json()
    assert answer["sop_instance_uids"] == [str(one.SOPInstanceUID) for one in images]


def test_of_a_mixed_object_the_drawn_segment_stays_a_segmentation(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    pixels = np.stack([blob(), blob(seed=2)], axis=-1)
    segments = [
        describe_segment(1, label="Drawn"),
        describe_segment(2, label="AI", algorithm="AUTOMATIC"),
    ]
    bring(team, tmp_path / "seg", [make_seg(images, pixels, segments=segments)])
    (shown,) = Door(team).list()
    assert shown["finding"] is None
    assert [one["label"] for one in shown["segments"]] == ["Drawn"]
    assert len(shown["segments"][0]["masks"]) == 1
    assert only_finding()[0].label == "AI"


def test_what_was_verified_elsewhere_is_reviewed_nowhere_here(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    theirs = make_seg(images, blob(), segments=[describe_segment(algorithm="AUTOMATIC")])
    group = made.of_segment(theirs, images, algorithm_id=made.algorithm())
    report = made.make_report([*images, theirs], [group], verified_by="Rossi^Ada")
    bring(team, tmp_path / "both", [theirs, report])
    (shown,) = Door(team).list()
    assert shown["finding"]["state"] == "unreviewed"
    (listed,) = sign_in(team, "radiologist").get("/api/findings").json()["results"]
    assert listed["state"] == "unreviewed"
    external = listed["external"]
    assert (external["verification"], external["verified_by"]) == (
        "verified",
        "Rossi, Ada (Other House)",
    )
    assert (external["manufacturer"], external["algorithm"], external["version"]) == (
        "Acme",
        "Nodule CAD",
        "2.1",
    )
    assert {one["sop_instance_uid"] for one in external["sources"]} == {
        str(theirs.SOPInstanceUID),
        str(report.SOPInstanceUID),
    }
    detail = sign_in(team, "radiologist").get(f"/api/cases/{team.case_id}").json()
    assert detail["findings_unreviewed"] == 1


# --- in the guises and at the gateway ------------------------------------------------------


def test_between_arrival_and_reading_the_object_itself_says_that_it_is_ai(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    ai = make_seg(images, blob(), segments=[describe_segment(algorithm="SEMIAUTOMATIC")])
    drawn = make_seg(images, blob(), segments=[describe_segment()])
    machine = made.make_report(images, [made.of_images(images[:1])])
    person = made.make_report(images, [made.of_images(images[:1])], device=None, person="Doe^Jane")
    made.arrive(team, tmp_path / "unread", [ai, drawn, machine, person])
    study_ids = [Instance.objects.values_list("study_id", flat=True)[0]]
    hidden = ai_made_objects(case_id=team.case_id, study_ids=study_ids)
    assert hidden == {str(ai.SOPInstanceUID), str(machine.SOPInstanceUID)}
    made.read_owed()
    assert ai_made_objects(case_id=team.case_id, study_ids=study_ids) == hidden


def test_a_map_is_hidden_with_the_other_results_once_it_is_read(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    likely = made.make_map(images, quantity=made.PROBABILITY)
    other = made.make_map(images, quantity=made.VOLUME)
    study = bring(team, tmp_path / "maps", [likely, other])
    hidden = ai_made_objects(case_id=team.case_id, study_ids=[study.pk])
    assert hidden == {str(likely.SOPInstanceUID)}


def test_the_gateway_gives_the_vendors_object_once_it_is_accepted(team: CaseTeam, seg: Any) -> None:
    """As an AI object of our own that came back: unreviewed it takes a scope, dismissed none."""
    uid = str(seg.SOPInstanceUID)
    assert uid not in gateway_uids(team)
    found, _ = only_finding()
    accept(team, found)
    assert uid in gateway_uids(team)


def test_the_gateway_never_gives_a_dismissed_one(team: CaseTeam, seg: Any) -> None:
    dismiss(team, only_finding()[0])
    assert str(seg.SOPInstanceUID) not in gateway_uids(team)


def test_an_object_of_which_only_a_part_is_accepted_stays(
    team: CaseTeam, tmp_path: Path, images: list[Any]
) -> None:
    pixels = np.stack([blob(), blob(seed=2)], axis=-1)
    segments = [describe_segment(number, algorithm="AUTOMATIC") for number in (1, 2)]
    both = make_seg(images, pixels, segments=segments)
    bring(team, tmp_path / "seg", [both])
    first, second = Finding.objects.order_by("number")
    accept(team, first)
    dismiss(team, second)
    assert str(both.SOPInstanceUID) not in gateway_uids(team)


def test_a_de_identified_viewer_gets_none_of_it_before_it_is_accepted(
    team: CaseTeam, seg: Any
) -> None:
    client = sign_in(team, "consultant")
    assert Door(team, "consultant").list() == []
    assert len(gateway_uids(team, "consultant")) == 5, "the images and nothing else"
    assert client.get(f"/api/findings?case={team.case_id}").status_code in {403, 404}
    found, _ = only_finding()
    assert client.get(f"/api/findings/{found.pk}").status_code in {403, 404}


def test_pydicom_reads_what_was_sent_without_the_vendors_pixels(team: CaseTeam, seg: Any) -> None:
    document = export(team, only_finding()[0])
    assert isinstance(document, pydicom.Dataset)
    assert "PixelData" not in document


def test_another_vendors_mask_is_accepted_or_dismissed_and_never_amended(
    team: CaseTeam, seg: Any
) -> None:
    """What a person painted would be signed over an object that does not show it."""
    finding, _ = only_finding()
    assert finding.mask_sha256
    with pytest.raises(CannotAmend) as caught:
        services.accept_finding(
            actor=team.actor("radiologist"),
            finding_id=finding.pk,
            case_id=team.case_id,
            version=1,
            amended_by=AmendedBy(segmentation_id=uuid4(), segment=1, revision=2),
        )
    assert caught.value.error_code == "not_ours"
    assert not FindingExport.objects.exists()
