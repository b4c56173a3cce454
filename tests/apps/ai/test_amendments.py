"""Accepting with changes: a person's mask stands for the model's, in figures and in DICOM."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from pydicom import dcmread

from apps.ai import selectors, services, storage
from apps.ai.amending import AmendedBy
from apps.ai.dicom_objects import offer_objects
from apps.ai.exceptions import CannotAmend
from apps.ai.exporting import export_accepted_finding
from apps.ai.models import FindingAmendment, FindingExport, FindingReview
from apps.annotations.segmentations.services import Origin, remove_segmentation
from apps.core.exceptions import Forbidden, NotVisible
from apps.imaging.volumes import open_volume
from tests.apps.ai.research_scene import (
    SHAPE,
    Brought,
    _house,
    axial,
    client_of,
    draw,
    export,
    find,
    team,
)
from tests.painting import paint

__all__ = ["_house", "axial", "team"]
pytestmark = pytest.mark.django_db(transaction=True)


def block(rows: slice, slices: slice = slice(1, 3)) -> Any:
    mask = np.zeros(SHAPE, bool)
    mask[slices, rows, 4:10] = True
    return mask


MODEL = block(slice(2, 6))
"""2 slices × 4 rows × 6 columns: 48 voxels."""
MINE = block(slice(3, 8))
"""60 voxels, 36 of them the model's: Dice 2·36 / (48 + 60)."""


def edit(brought: Brought, finding: Any, mask: Any = MINE, **changes: Any) -> AmendedBy:
    """Somebody takes the finding's mask and paints until it is ``mask``."""
    origin = Origin(kind="finding", id=finding.pk, label=finding.label)
    made = draw(brought, {1: MODEL}, who="radiologist", origin=origin, **changes)
    paint(brought.team.actor("radiologist"), made, {1: mask}, parent=1)
    made.refresh_from_db()
    return AmendedBy(segmentation_id=made.pk, segment=1, revision=made.head)


def accept(brought: Brought, finding: Any, by: AmendedBy, *, who: str = "radiologist") -> Any:
    return services.accept_finding(
        actor=brought.team.actor(who),
        finding_id=finding.pk,
        case_id=brought.team.case_id,
        version=1,
        amended_by=by,
    )


@pytest.fixture()
def finding(axial: Brought, tmp_path: Path) -> Any:
    return find(axial, tmp_path, MODEL, accept=False)


def described(brought: Brought, finding: Any) -> dict[str, Any]:
    found = selectors.findings_of_case(case_id=brought.team.case_id).get(pk=finding.pk)
    return selectors.describe_finding(finding=found)


def test_the_change_is_kept_in_figures(axial: Brought, finding: Any) -> None:
    review = accept(axial, finding, edit(axial, finding))
    amendment = FindingAmendment.objects.get(review=review)
    voxel_ml = abs(np.linalg.det(open_volume(series_id=axial.row.pk).affine_lps[:3, :3])) / 1000
    assert amendment.dice == pytest.approx(2 * 36 / 108)
    assert amendment.volume_before_ml == pytest.approx(48 * voxel_ml)
    assert amendment.volume_after_ml == pytest.approx(60 * voxel_ml)
    assert amendment.diameter_after_mm > amendment.diameter_before_mm > 0
    assert [one["quantity"] for one in amendment.measurements] == ["volume"]
    assert amendment.measurements[0]["value"] == pytest.approx(60 * voxel_ml)
    assert amendment.not_measured == []


def test_what_stands_is_shown_and_what_the_model_said_stays(axial: Brought, finding: Any) -> None:
    before = described(axial, finding)
    review = accept(axial, finding, edit(axial, finding))
    after = described(axial, finding)
    assert after["state"] == "accepted"
    assert after["mask_url"] == f"/api/findings/{finding.pk}/amendments/{review.pk}/mask"
    assert after["centroid_lps"] != before["centroid_lps"]
    assert after["measurements"][0]["value"] != before["measurements"][0]["value"]
    assert after["review"]["amendment"]["of_the_model"]["measurements"] == before["measurements"]
    client = client_of(axial.team)
    mine = client.get(after["mask_url"], headers={"Accept-Encoding": "identity"}).content
    models = client.get(f"/api/findings/{finding.pk}/mask").content
    assert np.array_equal(np.frombuffer(mine, np.uint8).reshape(SHAPE), MINE)
    assert np.array_equal(np.frombuffer(models, np.uint8).reshape(SHAPE), MODEL)
    geometry = client.get(after["mask_url"] + "-geometry").json()
    assert geometry["sop_instance_uids"] == [str(one.SOPInstanceUID) for one in axial.slices]
    assert client_of(axial.team, "outsider").get(after["mask_url"]).status_code == 404


def test_over_rest_as_the_browser_says_it(axial: Brought, finding: Any) -> None:
    by = edit(axial, finding)
    body = {
        "version": 1,
        "case": str(axial.team.case_id),
        "amended_by": {"segmentation": str(by.segmentation_id), "segment": 1, "revision": 2},
        "dwell_ms": 4_000,
    }
    client = client_of(axial.team, "radiologist")
    answer = client.post(f"/api/findings/{finding.pk}/accept", body, "application/json")
    assert answer.status_code == 200, answer.content
    assert answer.json()["review"]["amendment"]["dice"] == pytest.approx(2 / 3)
    said = client.get(f"/api/findings/{finding.pk}/history", {"case": axial.team.case_id}).json()
    assert [(one["kind"], one["decision"]) for one in said] == [("review", "accepted")]


def test_the_dicom_objects_say_what_was_amended_and_by_whom(
    axial: Brought, finding: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = accept(axial, finding, edit(axial, finding))
    sent: list[bytes] = []

    class Kept:
        complete = True
        failed: dict[str, str] = {}

    def store(*, objects: list[bytes], **rest: Any) -> Kept:
        sent.extend(objects)
        return Kept()

    # The objects of this finding are stand-ins: the model's own are encoded elsewhere.
    real = [_seg_of(axial, finding), _report_of(axial, finding)]
    finding.refresh_from_db()
    monkeypatch.setattr("apps.ai.exporting.store_objects", store)
    export_accepted_finding(export_id=FindingExport.objects.get().pk)
    assert FindingExport.objects.get().state == "stored"
    assert sent[:2] == real
    amended, verified = (dcmread(io.BytesIO(one)) for one in sent[2:])
    segment = amended.SegmentSequence[0]
    assert segment.SegmentAlgorithmType == "SEMIAUTOMATIC"
    assert amended.ContentLabel == "AI_AMENDED"
    assert str(amended.ContentCreatorName) == "Person^Radiologist"
    assert segment.TrackingUID == finding.tracking_uid
    assert amended.SOPInstanceUID == FindingAmendment.objects.get(review=review).segmentation_uid
    planes = np.atleast_3d(amended.pixel_array)
    assert np.array_equal(planes, MINE[1:3])
    assert verified.VerificationFlag == "VERIFIED"
    predecessor = verified.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0]
    assert predecessor.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == finding.report_uid
    assert amended.SOPInstanceUID in str(verified)
    assert finding.segmentation_uid not in str(verified.ContentSequence)

    first = list(sent)
    sent.clear()
    FindingExport.objects.update(state="queued")
    export_accepted_finding(export_id=FindingExport.objects.get().pk)
    assert sent == first, "every attempt sends the same bytes"

    states = {
        one.sop_instance_uid: str(one.state)
        for one in offer_objects(case_id=axial.team.case_id, study_ids=[finding.study_id])
    }
    assert states[finding.segmentation_uid] == "replaced"
    assert states[str(amended.SOPInstanceUID)] == "accepted"
    claimed = selectors.claim_segmentations(
        case_id=axial.team.case_id, sop_instance_uids=[str(amended.SOPInstanceUID)]
    )
    assert claimed[str(amended.SOPInstanceUID)] == {"finding": finding.pk, "state": "accepted"}


def _seg_of(brought: Brought, finding: Any) -> bytes:
    return _encode(brought, finding)[0]


def _report_of(brought: Brought, finding: Any) -> bytes:
    return _encode(brought, finding)[1]


def _encode(brought: Brought, finding: Any) -> tuple[bytes, bytes]:
    """The model's own SEG and SR, as its job would have encoded them; kept on the row."""
    from apps.ai.objects import draft_finding, rebuild_segment
    from apps.imaging.archive import read_headers

    job = finding.job
    job.refresh_from_db()
    draft = draft_finding(
        job=job,
        number=finding.number,
        result=rebuild_segment(finding=finding),
        headers=read_headers(series_id=job.series_id),
        volume=open_volume(series_id=job.series_id),
        parameters={},
    )
    finding.segmentation_uid, finding.report_uid = draft.segmentation_uid, draft.report_uid
    finding.segmentation_sha256 = draft.segmentation_sha256
    finding.report_sha256 = draft.report_sha256
    finding.save()
    return (
        storage.get_bytes(sha256=draft.segmentation_sha256),
        storage.get_bytes(sha256=draft.report_sha256),
    )


def test_research_data_take_the_amended_mask(axial: Brought, finding: Any) -> None:
    accept(axial, finding, edit(axial, finding))
    bundle = export(axial)
    record = next(one for one in bundle.sidecar.masks if one.source == "finding")
    assert record.labels[0].voxels == int(MINE.sum())
    assert record.labels[0].algorithm_type == "SEMIAUTOMATIC"
    assert gzip.decompress(bundle.file(record.file))


def test_what_cannot_stand_for_it_is_refused_by_name_and_leaves_nothing(
    axial: Brought, finding: Any, tmp_path: Path
) -> None:
    by = edit(axial, finding)

    def code(by: AmendedBy) -> str:
        with pytest.raises(CannotAmend) as caught:
            accept(axial, finding, by)
        return caught.value.error_code

    assert code(AmendedBy(by.segmentation_id, 1, 1)) == "segmentation_changed"
    assert code(AmendedBy(by.segmentation_id, 7, 2)) == "segment_missing"
    other = draw(axial, {1: MINE}, who="radiologist")
    assert code(AmendedBy(other.pk, 1, 1)) == "not_of_this_finding"
    assert code(edit(axial, finding, MODEL)) == "nothing_changed"
    assert code(edit(axial, finding, np.zeros(SHAPE, bool))) == "empty_segment"
    gone = edit(axial, finding)
    remove_segmentation(
        actor=axial.team.actor("radiologist"), segmentation_id=gone.segmentation_id, version=1
    )
    with pytest.raises(NotVisible):
        accept(axial, finding, gone)
    with pytest.raises(NotVisible):
        accept(axial, finding, AmendedBy(uuid4(), 1, 1))
    with pytest.raises(Forbidden):
        accept(axial, finding, by, who="surgeon")
    assert not FindingReview.objects.exists()


def test_a_copy_of_another_finding_does_not_pass_for_this_one(
    axial: Brought, finding: Any, tmp_path: Path
) -> None:
    second = find(axial, tmp_path, MODEL, accept=False)
    with pytest.raises(CannotAmend) as caught:
        accept(axial, finding, edit(axial, second))
    assert caught.value.error_code == "not_of_this_finding"
