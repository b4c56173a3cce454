"""From studies to totals, and what the folder's own document may say."""

from __future__ import annotations

import numpy as np
import pytest

from apps.ai.analyses.results import AnalysisOutcome
from apps.ai.validation.cases import CaseResult, ReferenceMask, compare
from apps.ai.validation.detection import Candidate, match_case
from apps.ai.validation.manifest import Manifest, ManifestRefused, read_manifest
from apps.ai.validation.subgroups import Traits
from apps.ai.validation.totals import summarise
from tests.apps.ai.validation_shapes import MASS, NODULE, SHAPE, bar, segment

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
    assert (studies["total"], studies["evaluated"]) == (5, 2)
    assert [studies[key] for key in ("out_of_scope", "failed", "refused")] == [1, 1, 1]
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

    assert [overlap[key] for key in ("both", "only_reference", "only_model", "both_empty")] == [
        1
    ] * 4
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
