"""Whole-body burden: sums of accepted lesions only, each run for itself, or a reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.ai import services, storage
from apps.ai.amending import AmendedBy
from apps.ai.analyses import codes
from apps.ai.analyses.results import MeasuredValue
from apps.ai.models import Finding, Job
from apps.ai.selectors.pet_burden import pet_burdens
from apps.annotations.segmentations.services import Origin
from apps.imaging.masks import pack_mask
from tests.apps.ai import world
from tests.apps.ai.research_scene import SHAPE, Brought, _house, client_of, draw, team
from tests.apps.ai.synthetic_pet import PET_IMAGE_STORAGE
from tests.painting import paint
from tests.people import CaseTeam

__all__ = ["_house", "team"]
pytestmark = pytest.mark.django_db(transaction=True)

LIVER = {
    "point_lps": [1.0, 2.0, 3.0],
    "sphere_diameter_mm": 30.0,
    "voxels": 221,
    "suv_mean": 2.0,
    "suv_sd": 0.2,
    "threshold_suv": 3.4,
    "rule": "1.5 x mean + 2 SD (PERCIST 1.0)",
}
PRINTED = {"method": "fixed", "threshold": "SUVbw >= 4 g/mL"}


def values(mtv: float, mean: float, peak: float | None) -> tuple[MeasuredValue, ...]:
    def one(quantity: str, value: float, unit: str) -> MeasuredValue:
        return MeasuredValue(quantity, value, unit, codes.VOLUME, codes.UNIT_MILLILITRE)

    measured = [
        one("suv_max", 2 * mean, "g/mL"),
        one("suv_mean", mean, "g/mL"),
        one("metabolic_tumour_volume", mtv, "mL"),
        one("total_lesion_glycolysis", mtv * mean, "g"),
    ]
    return (*measured, *([one("suv_peak", peak, "g/mL")] if peak is not None else []))


def measured_draft(number: int, measurements: tuple[MeasuredValue, ...], mask: Any = None) -> Any:
    made = world.draft(label=f"Uptake above threshold {number}")
    if mask is not None:
        packed = storage.put_bytes(content=pack_mask(mask.astype(np.uint8).tobytes()))
        made = replace(made, mask_sha256=packed)
    return replace(made, result=replace(made.result, measurements=measurements))


LESIONS = (values(10.0, 5.0, 7.0), values(4.0, 4.5, 3.0), values(0.5, 6.0, None))


def finish(
    team: CaseTeam,
    folder: Path,
    *,
    lesions: Any = LESIONS,
    series: Any = None,
    printed: Any = PRINTED,
    masks: Any = (),
    grid: Any = world.GRID,
) -> list[Finding]:
    folder.mkdir(exist_ok=True)
    version = world.builtin_version(folder, slug=f"pet-{folder.name}"[-40:])
    world.request(team=team, version=version, series=series or world.indexed_series(team=team))
    job = services.claim_next_job(worker="test")
    assert job is not None
    drafts = [
        measured_draft(number, one, masks[number - 1] if masks else None)
        for number, one in enumerate(lesions, start=1)
    ]
    services.complete_job(
        job_id=job.pk, fence=job.fence, drafts=drafts, grid=grid, parameters=printed
    )
    return list(Job.objects.get(pk=job.pk).findings.order_by("number"))


def accept(team: CaseTeam, finding: Finding, by: AmendedBy | None = None) -> None:
    services.accept_finding(
        actor=team.actor("radiologist"),
        finding_id=finding.pk,
        case_id=team.case_id,
        version=1,
        amended_by=by,
    )


def dismiss(team: CaseTeam, finding: Finding) -> None:
    services.dismiss_finding(
        actor=team.actor("radiologist"),
        finding_id=finding.pk,
        case_id=team.case_id,
        version=1,
        reason_code="duplicate",
    )


def test_what_nobody_reviewed_is_in_no_sum(team: CaseTeam, tmp_path: Path) -> None:
    found = finish(team, tmp_path)
    (burden,) = pet_burdens(case_id=team.case_id)
    assert (burden.refusal, burden.mtv_ml, burden.tlg_g) == ("nothing_accepted", None, None)
    assert (len(burden.lesions), burden.waiting, burden.dismissed) == (0, 3, 0)
    accept(team, found[0])
    (burden,) = pet_burdens(case_id=team.case_id)
    assert (burden.mtv_ml, burden.tlg_g) == (pytest.approx(10.0), pytest.approx(50.0))
    assert (len(burden.lesions), burden.waiting) == (1, 2)
    accept(team, found[2])
    dismiss(team, found[1])
    (burden,) = pet_burdens(case_id=team.case_id)
    assert (burden.mtv_ml, burden.tlg_g) == (pytest.approx(10.5), pytest.approx(53.0))
    assert [one.finding.number for one in burden.lesions] == [1, 3]
    assert (burden.waiting, burden.dismissed) == (0, 1)
    assert burden.lesions[1].values["suv_peak"] is None


def test_deferred_is_waiting_and_all_dismissed_is_a_burden_of_zero(
    team: CaseTeam, tmp_path: Path
) -> None:
    found = finish(team, tmp_path, lesions=LESIONS[:2])
    services.defer_finding(
        actor=team.actor("radiologist"), finding_id=found[0].pk, case_id=team.case_id, version=1
    )
    dismiss(team, found[1])
    (burden,) = pet_burdens(case_id=team.case_id)
    assert (burden.refusal, burden.waiting, burden.dismissed) == ("nothing_accepted", 1, 1)
    services.dismiss_finding(
        actor=team.actor("radiologist"), finding_id=found[0].pk, case_id=team.case_id,
        version=2, reason_code="duplicate",
    )  # fmt: skip
    (burden,) = pet_burdens(case_id=team.case_id)
    assert (burden.refusal, burden.mtv_ml, burden.tlg_g) == ("", 0.0, 0.0)


def test_runs_are_never_added_up(team: CaseTeam, tmp_path: Path) -> None:
    series = world.indexed_series(team=team)
    first = finish(team, tmp_path / "first", lesions=LESIONS[:1], series=series)
    second = finish(team, tmp_path / "second", lesions=LESIONS[:1], series=series)
    accept(team, first[0])
    accept(team, second[0])
    burdens = pet_burdens(case_id=team.case_id)
    assert [one.mtv_ml for one in burdens] == [pytest.approx(10.0)] * 2
    assert [one.job.pk for one in burdens] == [second[0].job_id, first[0].job_id]


def test_findings_without_a_metabolic_volume_are_no_pet_lesions(
    team: CaseTeam, tmp_path: Path
) -> None:
    job = world.finished_job(
        team=team,
        version=world.builtin_version(tmp_path),
        series=world.indexed_series(team=team),
    )
    accept(team, job.findings.first())
    assert pet_burdens(case_id=team.case_id) == []


def test_measurable_at_baseline_needs_a_liver_and_a_peak(team: CaseTeam, tmp_path: Path) -> None:
    without = finish(team, tmp_path / "without")
    for one in without:
        accept(team, one)
    (burden,) = pet_burdens(case_id=team.case_id)
    assert [one.measurable_at_baseline for one in burden.lesions] == [None, None, None]
    liver = finish(team, tmp_path / "with", printed={**PRINTED, "liver_reference": LIVER})
    for one in liver:
        accept(team, one)
    newest = pet_burdens(case_id=team.case_id)[0]
    assert [one.measurable_at_baseline for one in newest.lesions] == [True, False, None]


def test_over_rest_with_every_lesion_and_why_there_is_no_sum(
    team: CaseTeam, tmp_path: Path
) -> None:
    found = finish(team, tmp_path, printed={**PRINTED, "liver_reference": LIVER})
    url = f"/api/cases/{team.case_id}/pet-burden"
    (before,) = client_of(team).get(url).json()["results"]
    assert before["no_sum_because"]["code"] == "nothing_accepted"
    assert (before["mtv_ml"], before["accepted"], before["waiting"]) == (None, 0, 3)
    accept(team, found[0])
    (after,) = client_of(team).get(url).json()["results"]
    assert after["no_sum_because"] is None
    assert (after["mtv_ml"], after["tlg_g"], after["accepted"]) == (10.0, 50.0, 1)
    assert after["threshold"] == "SUVbw >= 4 g/mL"
    assert after["liver"]["threshold_suv"] == 3.4
    assert after["lesions"] == [
        {
            "finding": str(found[0].pk),
            "number": 1,
            "label": "Uptake above threshold 1",
            "is_amended": False,
            "mtv_ml": 10.0,
            "tlg_g": 50.0,
            "suv_max": 10.0,
            "suv_mean": 5.0,
            "suv_peak": 7.0,
            "measurable_at_baseline": True,
        }
    ]


@pytest.mark.parametrize("who", ["outsider", "consultant", "system_admin"])
def test_whoever_does_not_see_the_results_sees_no_sum(
    team: CaseTeam, tmp_path: Path, who: str
) -> None:
    finish(team, tmp_path)
    answer = client_of(team, who).get(f"/api/cases/{team.case_id}/pet-burden")
    assert answer.status_code in (403, 404)


def block(rows: slice) -> Any:
    mask = np.zeros(SHAPE, bool)
    mask[1:3, rows, 4:10] = True
    return mask


UPPER, LOWER = block(slice(2, 6)), block(slice(8, 12))


def amended(brought: Brought, finding: Finding, mask: Any) -> AmendedBy:
    origin = Origin(kind="finding", id=finding.pk, label=finding.label)
    made = draw(brought, {1: UPPER}, who="radiologist", origin=origin)
    paint(brought.team.actor("radiologist"), made, {1: mask}, parent=1)
    made.refresh_from_db()
    return AmendedBy(segmentation_id=made.pk, segment=1, revision=made.head)


def found_on(brought: Brought, folder: Path) -> list[Finding]:
    uids = [str(one.SOPInstanceUID) for one in brought.slices]
    return finish(
        brought.team,
        folder / "job",
        lesions=LESIONS[:2],
        series=brought.row,
        masks=(UPPER, LOWER),
        grid={"shape": list(SHAPE), "sop_instance_uids": uids},
    )


SUV = {
    "SOPClassUID": PET_IMAGE_STORAGE,
    "Modality": "PT",
    "Units": "GML",
    "SUVType": "BW",
    "DecayCorrection": "START",
}


@pytest.mark.parametrize(
    ("fields", "rows", "refusal"),
    [
        (SUV, slice(2, 7), ""),
        (SUV, slice(2, 9), "lesions_overlap"),
        ({}, slice(2, 7), "value_missing"),
    ],
)
def test_amended_lesions_count_with_their_own_values_or_there_is_no_sum(
    team: CaseTeam, tmp_path: Path, fields: dict[str, str], rows: slice, refusal: str
) -> None:
    brought = Brought(team, tmp_path, "axial", **fields)
    found = found_on(brought, tmp_path)
    accept(team, found[0], amended(brought, found[0], block(rows)))
    accept(team, found[1])
    (burden,) = pet_burdens(case_id=team.case_id)
    assert burden.refusal == refusal
    assert burden.lesions[0].is_amended
    voxels = 2 * (rows.stop - rows.start) * 6
    mtv = burden.lesions[0].values["metabolic_tumour_volume"]
    per_voxel = mtv / voxels if mtv else 0.0
    assert mtv == pytest.approx(voxels * per_voxel)
    if refusal:
        assert burden.mtv_ml is None
    else:
        assert burden.mtv_ml == pytest.approx(mtv + 4.0)
        assert mtv != 10.0
