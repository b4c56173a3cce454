"""Accepting a detection with its box moved: the box stands, in figures and in the report."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from pydicom import dcmread

from apps.ai import selectors, services
from apps.ai.amending_boxes import AmendedBox
from apps.ai.analyses.box_regions import box_iou, draw_box
from apps.ai.exceptions import CannotAmend
from apps.ai.exporting import export_accepted_finding
from apps.ai.models import Finding, FindingAmendment, FindingExport
from apps.ai.objects import read_mask
from apps.imaging.volumes import Volume, open_volume
from tests.apps.ai.research_scene import Brought, _house, axial, client_of, find, team
from tests.apps.ai.test_amendments import _encode

__all__ = ["_house", "axial", "team"]
pytestmark = pytest.mark.django_db(transaction=True)

EDGES = ("box_left_right", "box_front_back", "box_head_foot")
CODES = {
    "box_left_right": ("103355008", "Width"),
    "box_front_back": ("131197000", "Depth"),
    "box_head_foot": ("410668003", "Length"),
}


def volume_of(brought: Brought) -> Volume:
    return open_volume(series_id=brought.row.pk)


def corners(volume: Volume, low: tuple[float, ...], high: tuple[float, ...]) -> Any:
    """[lowest, highest] in LPS mm of a box between two voxels (column, row, slice)."""
    ends = np.array([volume.affine_lps @ [*one, 1.0] for one in (low, high)])[:, :3]
    return np.round([ends.min(axis=0), ends.max(axis=0)], 3)


def detect(brought: Brought, tmp_path: Path, *, ellipsoid: bool = False) -> tuple[Finding, Any]:
    """A detection as ``runner.boxes`` describes one: its box, its edges, and the voxels inside."""
    volume = volume_of(brought)
    box = corners(volume, (4.6, 2.6, 0.6), (13.4, 9.4, 3.4))
    region = draw_box(
        low=box[0],
        high=box[1],
        shape=volume.voxels.shape,
        affine_lps=volume.affine_lps,
        ellipsoid=ellipsoid,
    )
    assert region is not None
    finding = find(brought, tmp_path, region.to_mask(), accept=False)
    (as_kept,) = finding.measurements
    measurements = [
        {
            **as_kept,
            "quantity": name,
            "value": float(edge),
            "unit": "mm",
            "concept": {"system": "SCT", "code": CODES[name][0], "display": CODES[name][1]},
            "unit_code": {"system": "UCUM", "code": "mm", "display": "mm"},
        }
        for name, edge in zip(EDGES, box[1] - box[0], strict=True)
    ]
    Finding.objects.filter(pk=finding.pk).update(measurements=measurements, bbox_lps=box.tolist())
    finding.refresh_from_db()
    return finding, box


def grown(box: Any, mm: float = 0.7) -> AmendedBox:
    """The face to the left, the back and the head moved outward by less than a slice."""
    low, high = box[0], box[1] + mm
    return AmendedBox(tuple(low), tuple(high))


def accept(brought: Brought, finding: Finding, by: AmendedBox) -> FindingAmendment:
    review = services.accept_finding(
        actor=brought.team.actor("radiologist"),
        finding_id=finding.pk,
        case_id=brought.team.case_id,
        version=1,
        amended_by=by,
    )
    return FindingAmendment.objects.get(review=review)


def test_the_moved_box_stands_with_its_own_edges_and_the_change_in_figures(
    axial: Brought, tmp_path: Path
) -> None:
    finding, box = detect(axial, tmp_path)
    by = AmendedBox(tuple(box[0]), tuple(box[1] + [0.0, 0.0, 2.5]))
    kept = accept(axial, finding, by)
    assert kept.box_lps == np.round([by.low, by.high], 3).tolist()
    assert (kept.segmentation, kept.segment, kept.revision) == (None, None, None)
    edges = box[1] - box[0]
    grown_edges = np.add(edges, (0.0, 0.0, 2.5))
    wanted = dict(zip(EDGES, grown_edges, strict=True))
    assert {one["quantity"]: one["value"] for one in kept.measurements} == pytest.approx(wanted)
    # Only one edge grew: the shared part is the model's box, the whole is the new one.
    assert kept.box_iou == pytest.approx(edges[2] / (edges[2] + 2.5))
    before, after = read_mask(finding=finding), read_mask(finding=finding, amendment=kept)
    assert kept.dice == pytest.approx(2 * (before & after).sum() / (before.sum() + after.sum()))
    voxel_ml = abs(np.linalg.det(volume_of(axial).affine_lps[:3, :3])) / 1000
    assert kept.volume_before_ml == pytest.approx(before.sum() * voxel_ml)
    assert kept.volume_after_ml == pytest.approx(after.sum() * voxel_ml)


@pytest.mark.parametrize("ellipsoid", [False, True])
def test_it_is_filled_as_the_models_own_box_was(
    axial: Brought, tmp_path: Path, ellipsoid: bool
) -> None:
    finding, box = detect(axial, tmp_path, ellipsoid=ellipsoid)
    by = grown(box, 2.0)
    kept = accept(axial, finding, by)
    volume = volume_of(axial)
    wanted = draw_box(
        low=np.array(by.low),
        high=np.array(by.high),
        shape=volume.voxels.shape,
        affine_lps=volume.affine_lps,
        ellipsoid=ellipsoid,
    )
    assert wanted is not None
    assert np.array_equal(read_mask(finding=finding, amendment=kept), wanted.to_mask())


def test_a_move_smaller_than_a_voxel_is_kept(axial: Brought, tmp_path: Path) -> None:
    """The voxels may be the same; the box is not, and the box is what was said."""
    finding, box = detect(axial, tmp_path)
    kept = accept(axial, finding, AmendedBox(tuple(box[0]), tuple(box[1] + 0.02)))
    assert kept.dice == 1.0
    assert kept.box_iou is not None and kept.box_iou < 1


def test_over_rest_with_the_models_box_beside_it(axial: Brought, tmp_path: Path) -> None:
    finding, box = detect(axial, tmp_path)
    by = grown(box)
    body = {
        "version": 1,
        "case": str(axial.team.case_id),
        "amended_box": {"low": list(by.low), "high": list(by.high)},
    }
    client = client_of(axial.team, "radiologist")
    url = f"/api/findings/{finding.pk}/accept"
    both = body | {
        "amended_by": {"segmentation": str(axial.team.case_id), "segment": 1, "revision": 1}
    }
    assert client.post(url, both, "application/json").status_code == 400
    answer = client.post(url, body, "application/json")
    assert answer.status_code == 200, answer.content
    told = answer.json()
    amendment = told["review"]["amendment"]
    assert told["bbox_lps"] == amendment["box"]["lps"] == np.round([by.low, by.high], 3).tolist()
    assert amendment["box"]["of_the_model"] == box.tolist()
    assert amendment["box"]["iou"] == pytest.approx(box_iou(box, [by.low, by.high]))
    assert amendment["segmentation"] is None
    assert told["mask_url"].endswith("/mask") and "/amendments/" in told["mask_url"]
    found = selectors.findings_of_case(case_id=axial.team.case_id).get(pk=finding.pk)
    assert found.bbox_lps == box.tolist(), "the model's own word never changes"


def test_the_verified_report_has_the_edges_of_the_moved_box(
    axial: Brought, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding, box = detect(axial, tmp_path)
    by = AmendedBox(tuple(box[0]), tuple(box[1] + [0.0, 0.0, 2.5]))
    kept = accept(axial, finding, by)
    sent: list[bytes] = []

    class Kept:
        complete = True
        failed: dict[str, str] = {}

    def store(*, objects: list[bytes], **rest: Any) -> Kept:
        sent.extend(objects)
        return Kept()

    _encode(axial, finding)
    monkeypatch.setattr("apps.ai.exporting.store_objects", store)
    export_accepted_finding(export_id=FindingExport.objects.get().pk)
    assert FindingExport.objects.get().state == "stored"
    amended, verified = (dcmread(io.BytesIO(one)) for one in sent[2:])
    assert amended.SegmentSequence[0].SegmentAlgorithmType == "SEMIAUTOMATIC"
    assert amended.SOPInstanceUID == kept.segmentation_uid
    assert verified.VerificationFlag == "VERIFIED"
    said = _numbers(verified)
    edges = box[1] - box[0] + [0.0, 0.0, 2.5]
    for name, edge in zip(EDGES, edges, strict=True):
        assert said[CODES[name][0]] == pytest.approx(edge, abs=1e-3), name


def _numbers(report: Any) -> dict[str, float]:
    """Every NUM item of a report by the code of its concept."""
    found: dict[str, float] = {}

    def walk(items: Any) -> None:
        for item in items:
            if item.ValueType == "NUM":
                code = item.ConceptNameCodeSequence[0].CodeValue
                found[code] = float(item.MeasuredValueSequence[0].NumericValue)
            walk(item.get("ContentSequence", []))

    walk(report.ContentSequence)
    return found


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda box: AmendedBox(tuple(box[0]), tuple(box[1])), "nothing_changed"),
        (lambda box: AmendedBox(tuple(box[1]), tuple(box[0])), "bad_box"),
        (lambda box: AmendedBox(tuple(box[0]), tuple(box[0] + 0.1)), "bad_box"),
        (lambda box: AmendedBox(tuple(box[0]), tuple(box[0] + 5_000)), "bad_box"),
        (lambda box: AmendedBox(tuple(box[0] + 900), tuple(box[1] + 900)), "outside_image"),
    ],
)
def test_what_is_no_change_or_no_box_is_refused_by_name(
    axial: Brought, tmp_path: Path, change: Any, code: str
) -> None:
    finding, box = detect(axial, tmp_path)
    with pytest.raises(CannotAmend) as refused:
        accept(axial, finding, change(box))
    assert refused.value.error_code == code
    assert not FindingAmendment.objects.exists()


def test_a_mask_is_no_box(axial: Brought, tmp_path: Path) -> None:
    mask = np.zeros((5, 16, 24), bool)
    mask[1:3, 2:6, 4:10] = True
    finding = find(axial, tmp_path, mask, accept=False)
    with pytest.raises(CannotAmend) as refused:
        accept(axial, finding, AmendedBox((0, 0, 0), (5, 5, 5)))
    assert refused.value.error_code == "not_a_box"


def test_an_amendment_is_a_mask_or_a_box_and_never_both(axial: Brought, tmp_path: Path) -> None:
    finding, box = detect(axial, tmp_path)
    kept = accept(axial, finding, grown(box))
    with pytest.raises(IntegrityError), transaction.atomic():
        FindingAmendment.objects.filter(pk=kept.pk).update(box_lps=None)


def test_the_overlap_of_two_boxes_is_shared_over_both() -> None:
    one = [[0, 0, 0], [2, 2, 2]]
    assert box_iou(one, one) == 1.0
    assert box_iou(one, [[1, 0, 0], [3, 2, 2]]) == pytest.approx(4 / 12)
    assert box_iou(one, [[5, 5, 5], [6, 6, 6]]) == 0.0
