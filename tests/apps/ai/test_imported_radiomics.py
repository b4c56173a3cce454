"""Radiomics of a segment of a SEG object: the very values that the same voxels have when drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.ai import segment_radiomics
from apps.imaging.models import Instance
from apps.imaging.services import import_files
from tests.apps.ai.research_scene import SHAPE, Brought, _house, axial, client_of, draw, team
from tests.apps.imaging.dicom import to_bytes, write_files
from tests.apps.imaging.segs import describe_segment, make_seg
from tests.people import SYSTEM

__all__ = ["_house", "axial", "team"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    segment_radiomics._answers.clear()


def lesion() -> Any:
    mask = np.zeros(SHAPE, bool)
    mask[1:4, 3:9, 5:15] = np.random.default_rng(1).random((3, 6, 10)) < 0.8
    return mask


def bring_seg(brought: Brought, folder: Path, mask: Any) -> str:
    """A SEG of another maker on the series; the address of its segment."""
    seg = make_seg(brought.slices, mask.astype(np.uint8), segments=[describe_segment(1)])
    write_files(folder / "seg", [to_bytes(seg)])
    import_files(actor=SYSTEM, case_id=brought.team.case_id, paths=[folder / "seg"])
    row = Instance.objects.get(sop_instance_uid=str(seg.SOPInstanceUID))
    return (
        f"/api/cases/{brought.team.case_id}/segmentations/{row.pk}/segments/1"
        f"/series/{brought.row.pk}"
    )


@pytest.mark.parametrize("query", [{}, {"bin_number": 8, "spacing_mm": 1.5}])
def test_the_same_voxels_have_the_same_values_drawn_or_brought(
    axial: Brought, tmp_path: Path, query: dict[str, Any]
) -> None:
    url = bring_seg(axial, tmp_path, lesion())
    drawn = draw(axial, {1: lesion()})
    client = client_of(axial.team)
    brought = client.get(f"{url}/radiomics", query)
    assert brought.status_code == 200, brought.content
    painted = client.get(f"/api/segmentations/{drawn.pk}/segments/1/radiomics", query)
    for part in ("values", "refusals", "settings", "processing", "analysis"):
        assert brought.json()[part] == painted.json()[part], part
    assert (brought.json()["segment"], brought.json()["revision"]) == (1, 0)


def test_it_is_refused_by_name(axial: Brought, tmp_path: Path) -> None:
    url = bring_seg(axial, tmp_path, lesion())
    answer = client_of(axial.team).get(f"{url}/radiomics", {"bin_size": 25})
    assert (answer.status_code, answer.json()["code"]) == (409, "bin_size_without_start")


def test_only_who_sees_the_case_identified_is_told(axial: Brought, tmp_path: Path) -> None:
    url = bring_seg(axial, tmp_path, lesion())
    for who, status in {"trainee": 200, "consultant": 403, "outsider": 404}.items():
        assert client_of(axial.team, who).get(f"{url}/radiomics").status_code == status, who
    gone = url.replace("/segments/1/", "/segments/9/")
    assert client_of(axial.team).get(f"{gone}/radiomics").status_code == 404
