"""The liver's point from a segment somebody drew, over REST."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.ai.liver_points import LIVER
from apps.annotations.models import Segmentation
from apps.annotations.segmentations import services
from tests.apps.ai.research_scene import client_of
from tests.painting import begin, paint
from tests.people import CaseTeam, make_case_team, make_patient
from tests.scans import COLUMNS, ROWS, Scan, import_ct

pytestmark = pytest.mark.django_db
SLICES = 20


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team(patient=make_patient())


@pytest.fixture()
def scan(team: CaseTeam, tmp_path: Path) -> Scan:
    return import_ct(case=team.case, folder=tmp_path, slices=SLICES)


def drawn(team: CaseTeam, scan: Scan, mask: Any, kind: str = LIVER) -> Segmentation:
    draft = services.SegmentDraft(label="Liver", type=kind, colour="#59c2ff")
    made = begin(team, scan, segments=[draft])
    return paint(team.actor("surgeon"), made, {1: mask}, parent=0)


def ask(team: CaseTeam, made: Segmentation, who: str = "surgeon", number: int = 1) -> Any:
    return client_of(team, who).get(f"/api/segmentations/{made.pk}/segments/{number}/liver-point")


def test_a_drawn_liver_gives_its_point_in_patient_coordinates(team: CaseTeam, scan: Scan) -> None:
    made = drawn(team, scan, np.ones((SLICES, ROWS, COLUMNS), dtype=bool))
    answer = ask(team, made)
    assert answer.status_code == 200, answer.content
    said = answer.json()
    assert said["frame_of_reference_uid"] == scan.frame_of_reference_uid
    assert 15 <= said["depth_mm"] <= 16.5
    low = scan.point_lps(index=0, column=0, row=0)
    high = scan.point_lps(index=SLICES - 1, column=COLUMNS - 1, row=ROWS - 1)
    assert all(a + 10 < p < b - 10 for a, p, b in zip(low, said["point_lps"], high, strict=True))
    assert said["point_lps"][0] <= (low[0] + high[0]) / 2, "to the patient's right"
    assert (said["revision"], said["segment"]) == (1, 1)


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_what_is_no_liver_or_too_thin_is_refused_by_name(team: CaseTeam, scan: Scan) -> None:
    everything = np.ones((SLICES, ROWS, COLUMNS), dtype=bool)
    assert refusal(ask(team, drawn(team, scan, everything, "39607008"))) == (409, "not_a_liver")
    thin = everything.copy()
    thin[6:] = False
    assert refusal(ask(team, drawn(team, scan, thin))) == (409, "liver_segment_too_thin")


def test_others_do_not_learn_that_it_exists(team: CaseTeam, scan: Scan) -> None:
    made = drawn(team, scan, np.ones((SLICES, ROWS, COLUMNS), dtype=bool))
    assert ask(team, made, "outsider").status_code == 404
    assert ask(team, made, number=7).status_code == 404
