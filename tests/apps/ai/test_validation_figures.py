"""Matching, FROC, calibration, subgroups and totals: each against numbers worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from apps.ai.analyses.results import AnalysisOutcome, Code, MaskRegion, SegmentResult
from apps.ai.validation.calibration import calibrate
from apps.ai.validation.cases import CaseResult, ReferenceMask, compare
from apps.ai.validation.detection import Candidate, CaseDetection, match_case
from apps.ai.validation.froc import RATES, compute_froc, sensitivity_at
from apps.ai.validation.intervals import bootstrap, mean_of
from apps.ai.validation.manifest import Manifest, ManifestRefused, read_manifest
from apps.ai.validation.subgroups import (
    Traits,
    group_cases,
    name_age,
    name_scanner,
    name_sex,
    name_thickness,
    read_age,
)
from apps.ai.validation.totals import summarise

SHAPE = (6, 20, 40)
MASS = Code("SCT", "4147007", "Mass")
NODULE = Code("SCT", "27925004", "Nodule")
CATEGORY = Code("SCT", "49755003", "Morphologically Abnormal Structure")


def bar(first: int, last: int, *, row: int = 5) -> MaskRegion:
    """Columns first to last (not with it) of two rows in two slices."""
    mask = np.zeros(SHAPE, dtype=bool)
    mask[2:4, row : row + 2, first:last] = True
    return MaskRegion.from_mask(mask)


def segment(
    region: MaskRegion, *, probability: float | None = None, code: Code = MASS
) -> SegmentResult:
    return SegmentResult(
        label="Thing", code=code, category=CATEGORY, region=region, probability=probability
    )


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
    """Two candidates on one lesion: at 0.9 the strong one finds it, though the other fits better."""
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


# --- intervals ---------------------------------------------------------------------------------


def test_the_bootstrap_of_a_mean_is_near_the_normal_one_for_many_cases() -> None:
    values = np.random.default_rng(5).normal(10.0, 2.0, 400)
    found = mean_of(list(values))
    reach = 1.96 * values.std(ddof=1) / 20

    assert found.value == pytest.approx(values.mean())
    assert found.lower == pytest.approx(values.mean() - reach, abs=0.03)
    assert found.upper == pytest.approx(values.mean() + reach, abs=0.03)


def test_it_draws_cases_and_not_lesions() -> None:
    """Ten cases of twenty lesions, five found whole, five missed whole: lesions alone would give
    half the width (Wilson of 100 in 200 is 0.43 to 0.57)."""
    found = np.array([20.0] * 5 + [0.0] * 5)

    estimate = bootstrap(10, lambda index: float(found[index].sum() / (20.0 * len(index))))

    assert estimate.value == 0.5
    assert estimate.lower == pytest.approx(0.2, abs=0.01)
    assert estimate.upper == pytest.approx(0.8, abs=0.01)


def test_of_one_case_there_is_no_interval() -> None:
    assert mean_of([0.7]).as_dict() == {"value": 0.7, "lower": None, "upper": None, "n": 1}
    assert mean_of([]).as_dict() == {"value": None, "lower": None, "upper": None, "n": 0}


# --- calibration -------------------------------------------------------------------------------


def test_ece_and_brier_by_hand() -> None:
    found = calibrate(probabilities=[0.1, 0.1, 0.9, 0.9], outcomes=[False, True, True, True])

    assert found.n == 4
    assert [(one.n, one.mean_probability, one.observed.value) for one in found.bins] == [
        (2, pytest.approx(0.1), 0.5),
        (2, pytest.approx(0.9), 1.0),
    ]
    assert found.ece == pytest.approx(0.5 * 0.4 + 0.5 * 0.1)
    assert found.brier == pytest.approx((0.01 + 0.81 + 0.01 + 0.01) / 4)


def test_perfect_and_worst_calibration() -> None:
    perfect = calibrate(probabilities=[0.0, 1.0, 1.0], outcomes=[False, True, True])
    worst = calibrate(probabilities=[1.0, 0.0], outcomes=[False, True])

    assert (perfect.ece, perfect.brier) == (0.0, 0.0)
    assert (worst.ece, worst.brier) == (1.0, 1.0)
    assert [one.lower for one in perfect.bins] == [0.0, 0.9], "1.0 belongs to the last bin"


def test_without_probabilities_there_is_no_number() -> None:
    found = calibrate(probabilities=[], outcomes=[])
    assert (found.n, found.ece, found.brier, found.bins) == (0, None, None, ())


@pytest.mark.parametrize("wrong", [[-0.1], [1.1], [float("nan")]])
def test_what_is_no_probability_is_refused(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        calibrate(probabilities=wrong, outcomes=[True])


# --- subgroups ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "years"), [("063Y", 63), ("018M", 1.5), ("010D", 10 / 365.25), ("63Y", None), ("", None)]
)
def test_patients_age(said: str, years: float | None) -> None:
    found = read_age(said)
    assert found == (None if years is None else pytest.approx(years, abs=0.01))


@pytest.mark.parametrize(
    ("years", "band"),
    [(0, "0-17"), (17.9, "0-17"), (18, "18-39"), (59.5, "40-59"), (80, "80+"), (101, "80+"),
     (None, "unknown"), (-1, "unknown"), (400, "unknown")],
)  # fmt: skip
def test_age_bands(years: float | None, band: str) -> None:
    assert name_age(years) == band


@pytest.mark.parametrize(
    ("mm", "band"),
    [(0.6, "up to 1 mm"), (1.0, "up to 1 mm"), (1.25, "1-2 mm"), (3.0, "2-3 mm"), (5.0, "3-5 mm"),
     (7.5, "over 5 mm"), (None, "unknown"), (0.0, "unknown")],
)  # fmt: skip
def test_slice_thickness_bands(mm: float | None, band: str) -> None:
    assert name_thickness(mm) == band


def test_what_a_header_does_not_say_is_unknown() -> None:
    assert name_sex("f ") == "F"
    assert name_sex("female") == "unknown"
    assert name_scanner("ACME\n", " One\x00") == "ACME One"
    assert name_scanner("", "") == "unknown"


def test_groups_of_fewer_than_ten_are_suppressed() -> None:
    traits = [Traits(sex="F")] * 10 + [Traits(sex="M")] * 9
    groups = {(one.axis, one.value): one for one in group_cases(traits)}

    assert not groups["sex", "F"].is_suppressed
    assert groups["sex", "M"].is_suppressed
    assert len(groups["site", "unknown"].members) == 19


# --- totals ------------------------------------------------------------------------------------


def evaluated(name: str, *, lesions: int, found: int, sex: str = "F") -> CaseResult:
    places = [bar(10 * n, 10 * n + 6) for n in range(lesions)]
    detection = match_case(
        lesions=places, candidates=[Candidate(place) for place in places[:found]]
    )
    return CaseResult(
        study=name,
        state="evaluated",
        outcome="findings",
        traits=Traits(sex=sex),
        reference_lesions=lesions,
        detection=detection,
    )


def test_out_of_scope_and_failed_are_no_misses() -> None:
    """Six lesions evaluated, four found; nine more lie in studies that were not."""
    cases = [
        evaluated("a", lesions=3, found=3),
        evaluated("b", lesions=3, found=1),
        CaseResult("c", "out_of_scope", "modality", "CT only.", reference_lesions=4),
        CaseResult("d", "failed", "time_limit", "Too long.", reference_lesions=5),
        CaseResult("e", "refused", "link", "A link."),
    ]

    found = summarise(cases)

    assert found["detection"]["sensitivity"]["value"] == pytest.approx(4 / 6)
    assert found["detection"]["scans"] == 2
    studies = found["studies"]
    assert [studies[key] for key in ("total", "evaluated", "out_of_scope", "failed", "refused")] == [
        5, 2, 1, 1, 1,
    ]  # fmt: skip
    assert [
        (one["state"], one["code"], one["reference_lesions"], one["lesions_unknown_in"])
        for one in studies["left_out"]
    ] == [
        ("out_of_scope", "modality", 4, 0),
        ("failed", "time_limit", 5, 0),
        ("refused", "link", 0, 1),
    ]


def test_suppressed_groups_carry_no_figure() -> None:
    cases = [evaluated(f"f{n}", lesions=1, found=1) for n in range(10)]
    cases += [evaluated(f"m{n}", lesions=1, found=0, sex="M") for n in range(9)]

    rows = {(one["axis"], one["value"]): one for one in summarise(cases)["subgroups"]}

    assert rows["sex", "F"]["sensitivity"]["value"] == 1.0
    assert rows["sex", "F"]["studies"] == 10
    assert rows["sex", "M"] == {"axis": "sex", "value": "M", "is_suppressed": True}


def test_empty_masks_are_counted_apart_and_only_a_named_figure_counts_them_as_zero() -> None:
    mask = bar(0, 10).to_mask()
    nothing = np.zeros(SHAPE, dtype=bool)
    results = []
    for name, reference, regions in [
        ("same", mask, [bar(0, 10)]),
        ("missed", mask, []),
        ("invented", nothing, [bar(0, 10)]),
        ("neither", nothing, []),
    ]:
        found = compare(
            outcome=AnalysisOutcome.from_segments(
                segments=[segment(one) for one in regions], parameters={}
            ),
            references=[ReferenceMask("Mass", reference, MASS)],
            spacing_mm=(1.0, 1.0, 1.0),
            manifest=Manifest(),
        )
        results.append(
            CaseResult(name, "evaluated", overlaps=found.overlaps, detection=found.detection)
        )

    (overlap,) = summarise(results)["overlap"]

    assert [overlap[key] for key in ("both", "only_reference", "only_model", "both_empty")] == [1] * 4
    assert overlap["dice"]["median"] == 1.0
    assert overlap["dice"]["mean"]["n"] == 1
    assert overlap["dice_missed_as_zero"]["value"] == pytest.approx(1 / 3)
    assert overlap["dice_missed_as_zero"]["n"] == 3
    assert sum(overlap["dice_histogram"]) == 1


def test_a_result_of_another_code_is_neither_right_nor_wrong() -> None:
    found = compare(
        outcome=AnalysisOutcome.from_segments(
            segments=[
                segment(bar(0, 10), probability=0.8),
                segment(bar(0, 10), probability=0.9, code=NODULE),
                segment(bar(30, 34), probability=0.3),
            ],
            parameters={},
        ),
        references=[ReferenceMask("GTV", bar(0, 10).to_mask(), MASS)],
        spacing_mm=(1.0, 1.0, 1.0),
        manifest=Manifest(),
    )

    assert found.left_out == 1
    assert found.detection.hits == (0,)
    assert found.detection.false_positives == (1,)
    assert (found.probabilities, found.outcomes) == ((0.8, 0.3), (True, False))


def test_a_lesion_of_one_code_is_not_found_by_another() -> None:
    """Both codes are compared; the nodule lies on the mass's reference and must not count."""
    found = compare(
        outcome=AnalysisOutcome.from_segments(
            segments=[segment(bar(0, 10), code=NODULE)], parameters={}
        ),
        references=[
            ReferenceMask("GTV", bar(0, 10).to_mask(), MASS),
            ReferenceMask("nodule", bar(20, 24).to_mask(), NODULE),
        ],
        spacing_mm=(1.0, 1.0, 1.0),
        manifest=Manifest(),
    )

    assert found.detection.hits == (None, None)
    assert found.detection.false_positives == (0,)


def test_pieces_of_a_mask_are_lesions_unless_the_folder_says_labels() -> None:
    mask = bar(0, 4).to_mask() | bar(20, 24).to_mask()
    common = {
        "outcome": AnalysisOutcome.from_segments(segments=[segment(bar(0, 4))], parameters={}),
        "references": [ReferenceMask("GTV", mask)],
        "spacing_mm": (1.0, 1.0, 1.0),
    }

    pieces = compare(**common, manifest=Manifest())
    whole = compare(**common, manifest=Manifest(lesions="labels"))

    assert (pieces.detection.lesion_count, pieces.detection.found_count) == (2, 1)
    assert (whole.detection.lesion_count, whole.detection.found_count) == (1, 1)


# --- validation.json ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{",
        b'{"labels": [{"code": null}]}',
        b'{"labels": [{"label": "a", "value": 1}]}',
        b'{"min_iou": 0}',
        b'{"min_iou": NaN}',
        b'{"labels": [{"label": "<b>"}]}',
        b'{"matching": "best"}',
        b'{"unknown": 1}',
        b'{"studies": {"a": {"series": "1.2; rm"}}}',
        b"[" * 100_000,
        b'{"name": "' + b"a" * 1024 * 1024 + b'"}',
    ],
)
def test_a_validation_json_that_is_wrong_is_refused(body: bytes) -> None:
    with pytest.raises(ManifestRefused):
        read_manifest(body)


def test_labels_are_found_by_name_without_case_or_by_value() -> None:
    manifest = read_manifest(
        b'{"labels": [{"label": "gtv", "code": {"system": "SCT", "code": "1", "display": "x"}},'
        b' {"value": 3}]}'
    )

    assert manifest.rule_of(label="GTV", value=1) is manifest.labels[0]
    assert manifest.rule_of(label="other", value=3) is manifest.labels[1]
    assert manifest.rule_of(label="other", value=None) is None
    assert Manifest().rule_of(label="anything", value=None) is not None
