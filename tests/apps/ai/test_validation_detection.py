"""Matching of lesions and FROC, against numbers worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from apps.ai.analyses.results import MaskRegion
from apps.ai.validation.detection import Candidate, CaseDetection, match_case
from apps.ai.validation.froc import RATES, compute_froc, sensitivity_at
from tests.apps.ai.validation_shapes import bar

# --- matching ----------------------------------------------------------------------------------


def test_as_many_pairs_as_can_be_had_where_the_best_overlap_first_would_lose_one() -> None:
    """Candidate 0 fits both lesions and the first one best; candidate 1 fits the first alone."""
    lesions = [bar(0, 10), bar(12, 22)]
    candidates = [Candidate(bar(2, 18)), Candidate(bar(0, 3))]

    found = match_case(lesions=lesions, candidates=candidates, min_iou=0.1)

    assert found.overlaps[0, 0] == pytest.approx(8 / 18)
    assert found.overlaps[0, 1] == pytest.approx(6 / 20)
    assert found.overlaps[1, 0] == pytest.approx(3 / 10)
    assert found.hits == (1, 0)
    assert found.duplicates == found.false_positives == ()


def test_a_second_candidate_on_a_lesion_is_a_duplicate_and_no_false_positive() -> None:
    found = match_case(
        lesions=[bar(0, 10)],
        candidates=[Candidate(bar(0, 4)), Candidate(bar(1, 10)), Candidate(bar(30, 34))],
    )

    assert found.hits == (1,), "the one with the greater overlap"
    assert found.duplicates == (0,)
    assert found.false_positives == (2,)


def test_the_rules_differ_where_a_small_candidate_lies_inside() -> None:
    """One column of ten: IoU 0.05 is below the limit, but its centre is in the lesion."""
    lesion, speck = bar(0, 20), Candidate(bar(9, 10))

    by_overlap = match_case(lesions=[lesion], candidates=[speck], rule="overlap")
    by_centre = match_case(lesions=[lesion], candidates=[speck], rule="centre")

    assert by_overlap.hits == (None,)
    assert by_overlap.false_positives == (0,)
    assert by_centre.hits == (0,)


def test_nothing_there_and_nothing_named() -> None:
    none = match_case(lesions=[], candidates=[])
    missed = match_case(lesions=[bar(0, 4)], candidates=[])
    invented = match_case(lesions=[], candidates=[Candidate(bar(0, 4))])

    assert (none.lesion_count, none.false_positives) == (0, ())
    assert missed.hits == (None,)
    assert invented.false_positives == (0,)


# --- FROC --------------------------------------------------------------------------------------


def scored(
    lesions: Sequence[MaskRegion], *candidates: tuple[MaskRegion, float | None]
) -> CaseDetection:
    return match_case(
        lesions=lesions, candidates=[Candidate(region, score) for region, score in candidates]
    )


def three_cases() -> list[CaseDetection]:
    """Three lesions. In order of score: hit, FP, FP, FP, hit, hit."""
    a, b, nowhere = bar(0, 6), bar(20, 26), bar(30, 36)
    return [
        scored([a, b], (a, 0.9), (nowhere, 0.6), (b, 0.5)),
        scored([a], (nowhere, 0.8), (a, 0.4)),
        scored([], (nowhere, 0.7)),
    ]


def test_froc_by_hand() -> None:
    found = compute_froc(three_cases())

    assert found.reason == ""
    assert [(p.threshold, p.fp_per_scan, p.sensitivity) for p in found.points] == [
        (0.9, 0.0, pytest.approx(1 / 3)),
        (0.8, pytest.approx(1 / 3), pytest.approx(1 / 3)),
        (0.7, pytest.approx(2 / 3), pytest.approx(1 / 3)),
        (0.6, 1.0, pytest.approx(1 / 3)),
        (0.5, 1.0, pytest.approx(2 / 3)),
        (0.4, 1.0, 1.0),
    ]
    assert [one.sensitivity.value for one in found.rates] == pytest.approx([1 / 3] * 3 + [1.0] * 4)
    assert [one.beyond for one in found.rates] == [False, False, False, False, True, True, True]
    assert found.cpm.value == pytest.approx((3 * 1 / 3 + 4) / 7)


def test_between_points_it_is_interpolated_as_luna16_does() -> None:
    """A strictly rising curve from (0, 0): numpy's interpolation is their evaluation's."""
    rates = np.array([0.1, 0.6, 1.5, 3.0, 9.0])
    shares = np.array([0.2, 0.5, 0.7, 0.8, 0.95])

    found = sensitivity_at(rates, shares, RATES)

    assert found == pytest.approx(
        np.interp(RATES, np.concatenate([[0.0], rates]), np.concatenate([[0.0], shares]))
    )
    assert found[0] == pytest.approx(0.2 + 0.3 * (0.125 - 0.1) / 0.5)


def test_a_weak_candidate_does_not_count_for_a_strong_threshold() -> None:
    """Two candidates on one lesion: at 0.9 the strong one finds it."""
    a = bar(0, 10)
    found = compute_froc([scored([a], (bar(0, 4), 0.9), (bar(0, 10), 0.2))])

    assert [(p.threshold, p.sensitivity) for p in found.points] == [(0.9, 1.0), (0.2, 1.0)]


@pytest.mark.parametrize(
    ("cases", "reason"),
    [
        ([], "no_cases"),
        ([scored([], (bar(0, 3), 0.5))], "no_lesions"),
        ([scored([bar(0, 3)], (bar(0, 3), None))], "no_scores"),
        ([scored([bar(0, 3)], (bar(0, 3), None), (bar(9, 12), 0.3))], "no_scores"),
        ([scored([bar(0, 3)])], "no_scores"),
    ],
)
def test_where_there_is_no_curve_it_says_why(cases: list[CaseDetection], reason: str) -> None:
    found = compute_froc(cases)
    assert (found.reason, found.points, found.cpm.value) == (reason, (), None)


def test_intervals_are_the_same_each_time_and_hold_the_value() -> None:
    cases = three_cases() * 5
    first, second = compute_froc(cases), compute_froc(cases)

    assert first == second
    for one in first.rates:
        assert one.sensitivity.lower is not None
        assert one.sensitivity.upper is not None
        assert one.sensitivity.value is not None
        assert one.sensitivity.lower <= one.sensitivity.value <= one.sensitivity.upper
