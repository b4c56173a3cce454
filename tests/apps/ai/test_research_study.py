"""Research data of a study: told before it leaves, and matched before it comes in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.annotations.models import Segmentation
from apps.audit.models import AuditEntry
from apps.imaging.models import Series
from tests.apps.ai.research_scene import (
    SHAPE,
    Brought,
    _house,
    axial,
    client_of,
    draw,
    export,
    find,
    mask_of,
    send,
    team,
    tilted,
)
from tests.apps.imaging.nifti_files import as_ijk, nifti, random_labels
from tests.people import CaseTeam

__all__ = ["_house", "axial", "team", "tilted"]

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous"),
]


def contents(brought: Brought, who: str = "surgeon") -> Any:
    return client_of(brought.team, who).get(_study(brought) + "/nifti")


def match(
    brought: Brought, mask: bytes, *, sidecar: bytes | None = None, who: str = "surgeon"
) -> Any:
    data = {"mask": SimpleUploadedFile("mask.nii.gz", mask)}
    if sidecar is not None:
        data["sidecar"] = SimpleUploadedFile("sidecar.json", sidecar)
    return client_of(brought.team, who).post(_study(brought) + "/nifti-mask/match", data)


def _study(brought: Brought) -> str:
    return f"/api/cases/{brought.team.case_id}/studies/{brought.study_uid}"


# --- out ---------------------------------------------------------------------------------


def test_what_would_leave_is_told_and_is_what_leaves(axial: Brought, tmp_path: Path) -> None:
    draw(axial, {1: random_labels(most=1) == 1}, name="Target")
    find(axial, tmp_path, random_labels(most=1) == 1)
    find(axial, tmp_path, random_labels(most=1) == 1, accept=False)
    answer = contents(axial)
    assert answer.status_code == 200, answer.content
    (one,) = answer.json()["results"]
    assert answer.json()["is_deidentified"] is False
    assert one["series_instance_uid"] == axial.series_uid
    assert (one["stack"], one["shape"], one["refusal"]) == (1, list(SHAPE[::-1]), None)
    drawn, accepted = one["masks"]
    assert drawn == {
        "source": "segmentation",
        "name": "Target",
        "labels": ["Lesion S1"],
        "by": "Surgeon Person",
    }
    assert (accepted["source"], accepted["by"]) == ("finding", "Radiologist Person")
    left = export(axial).sidecar
    assert [mask.name for mask in left.masks] == [mask["name"] for mask in one["masks"]]
    assert list(left.geometry.spacing_mm) == one["spacing_mm"]


def test_a_look_at_what_would_leave_is_no_export(axial: Brought) -> None:
    contents(axial)
    assert not AuditEntry.objects.filter(action="export.nifti").exists()


def test_a_series_that_no_affine_holds_is_named_with_its_reason(
    team: CaseTeam, tmp_path: Path
) -> None:
    brought = Brought(team, tmp_path, "axial", places=(0, 1, 2, 3.5, 4.6))
    (one,) = contents(brought).json()["results"]
    assert one["refusal"]["code"] in ("irregular_spacing", "missing_slices")
    assert (one["shape"], one["masks"]) == (None, [])
    assert client_of(team).get(f"{brought.url}/nifti").json()["code"] == one["refusal"]["code"]


def test_an_evicted_series_is_named_and_not_fetched_for_a_look(axial: Brought) -> None:
    from django.utils import timezone

    Series.objects.update(evicted_at=timezone.now())
    (one,) = contents(axial).json()["results"]
    assert one["refusal"]["code"] == "series_evicted"
    assert axial.row.wanted_at is None


def test_a_guest_without_identity_is_told_nothing(axial: Brought) -> None:
    answer = contents(axial, "consultant")
    assert (answer.status_code, answer.json()["code"]) == (403, "deidentified_only")


# --- back --------------------------------------------------------------------------------


def test_a_mask_names_the_series_it_lies_on(axial: Brought) -> None:
    answer = match(axial, mask_of(axial, random_labels(most=2)))
    assert answer.status_code == 200, answer.content
    body = answer.json()
    (one,) = body["results"]
    assert one == {
        "series_instance_uid": axial.series_uid,
        "stack": 1,
        "fits": True,
        "refusal": None,
    }
    assert [(row["value"], row["label"]) for row in body["labels"]] == [
        (1, "Label 1"),
        (2, "Label 2"),
    ]
    assert body["from_sidecar"] is False
    assert not Segmentation.objects.exists(), "a look keeps nothing"


def test_a_match_says_what_the_import_then_does(axial: Brought, tilted: Brought) -> None:
    """The same verdict for the same file on the same series, by either door."""
    affine = np.array(export(axial).sidecar.geometry.affine_ras)
    moved = affine.copy()
    moved[:3, 3] += 3.0
    other = np.zeros((7, 16, 24), np.uint16)
    other[3, 4, 5] = 1
    for brought, mask in (
        (axial, mask_of(axial)),
        (axial, nifti(as_ijk(random_labels()), moved)),
        (axial, nifti(as_ijk(other), affine)),
        (tilted, mask_of(axial)),
        (tilted, mask_of(tilted)),
    ):
        (one,) = match(brought, mask).json()["results"]
        done = send(brought, mask)
        assert one["fits"] == (done.status_code == 201), done.content
        if not one["fits"]:
            assert one["refusal"]["code"] == done.json()["code"]


def test_a_side_car_names_its_labels_and_no_other_series(axial: Brought, tilted: Brought) -> None:
    draw(axial, {1: random_labels(most=1) == 1}, name="Target")
    found = export(axial)
    (record,) = found.sidecar.masks
    data = {
        "mask": SimpleUploadedFile("segmentation-1.nii.gz", found.file(record.file)),
        "sidecar": SimpleUploadedFile("sidecar.json", found.raw),
    }
    body = client_of(axial.team).post(_study(axial) + "/nifti-mask/match", data).json()
    assert body["from_sidecar"] is True
    assert [row["label"] for row in body["labels"]] == ["Lesion S1"]
    (one,) = match(tilted, mask_of(tilted), sidecar=found.raw).json()["results"]
    assert one["refusal"]["code"] == "sidecar_other_series"


@pytest.mark.parametrize("body", [b"no nifti at all", b"\x1f\x8b damaged"])
def test_a_file_that_is_no_mask_is_refused_as_a_whole(axial: Brought, body: bytes) -> None:
    answer = match(axial, body)
    assert answer.status_code == 400
    assert answer.json()["code"] in ("truncated", "bad_gzip", "not_nifti")


def test_only_who_may_paint_may_ask(axial: Brought) -> None:
    assert match(axial, mask_of(axial), who="consultant").status_code == 403
