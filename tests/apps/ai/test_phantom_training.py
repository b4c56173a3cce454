"""Training of the phantom bundle: seeded, learns, and never sees a held-out phantom."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from apps.demo.training.bundle_files import BUNDLE_DIR, hash_files, write_hashes
from apps.demo.training.evaluation import dice, false_regions_ml
from apps.demo.training.phantom_cases import HELD_OUT_FROM, PhantomCase, draw_case, draw_tumours
from apps.demo.training.train_phantom_bundle import PATCH_SHAPE, Schedule, draw_batch, main, train


def blob_case(seed: int) -> PhantomCase:
    """A bright ball in noise: something a few steps can begin to learn."""
    rng = np.random.default_rng(seed)
    shape = tuple(size + 8 for size in PATCH_SHAPE)
    centre = np.array(shape)[:, None, None, None] // 2 + rng.integers(-6, 7, 3)[:, None, None, None]
    tumour = np.linalg.norm(np.indices(shape) - centre, axis=0) < 12
    hu = rng.normal(20, 10, shape) + 150 * tumour
    return PhantomCase(seed=seed, hu=hu.astype(np.float32), tumour=tumour)


def trained(steps: int, seed: int = 5) -> dict[str, torch.Tensor]:
    network = train(
        cases=[blob_case(1), blob_case(2)],
        bundle=BUNDLE_DIR,
        schedule=Schedule(steps=steps),
        seed=seed,
    )
    return network.state_dict()


def test_the_same_seed_gives_the_same_weights() -> None:
    first, second = trained(3), trained(3)
    assert all(torch.equal(first[name], second[name]) for name in first)
    other = trained(3, seed=6)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_lesions_come_often_first_and_weigh_more_first() -> None:
    schedule = Schedule(steps=101, lesion_share=(0.7, 0.4), weighted_share=0.2)
    assert [schedule.lesion_share_at(step) for step in (0, 50, 100)] == pytest.approx(
        [0.7, 0.55, 0.4]
    )
    assert [step for step in range(101) if schedule.is_weighted(step)] == list(range(21))


def test_a_batch_is_windowed_and_its_labels_lie_under_its_image() -> None:
    case = blob_case(3)
    images, labels = draw_batch(
        [case],
        [np.argwhere(case.tumour)],
        np.random.default_rng(0),
        window=(-160.0, 240.0),
        lesion_share=0.7,
    )
    assert images.shape[2:] == PATCH_SHAPE
    assert images.shape == labels.shape
    assert float(images.min()) >= 0
    assert float(images.max()) <= 1
    assert float(images[labels == 1].mean()) > float(images[labels == 0].mean()) + 0.2


def test_seeds_from_the_held_out_range_cannot_be_trained_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["--phantoms", str(HELD_OUT_FROM + 1)])
    assert "--phantoms" in capsys.readouterr().err


def test_every_sixth_phantom_has_no_lesion_and_lesions_stay_in_their_range() -> None:
    drawn = [draw_tumours(seed) for seed in range(60)]
    assert [len(tumours) == 0 for tumours in drawn] == [seed % 6 == 5 for seed in range(60)]
    specs = [spec for tumours in drawn for spec in tumours]
    assert {spec.site for spec in specs} == {"lung", "liver"}
    assert all(14 <= spec.diameter_mm <= 55 for spec in specs)
    assert drawn == [draw_tumours(seed) for seed in range(60)]


def test_a_case_is_turned_to_ras_with_its_truth() -> None:
    case = draw_case(seed=HELD_OUT_FROM + 1)
    assert case.hu.shape == case.tumour.shape == (152, 152, 123)
    inside = case.hu[case.tumour]
    assert inside.size > 50
    assert -100 < float(np.median(inside)) < 140


def test_dice_and_false_regions_by_hand() -> None:
    first = np.zeros((4, 4, 4), dtype=bool)
    second = first.copy()
    first[0, 0, :4] = True
    second[0, 0, 2:4] = second[3, 3, 3] = True
    assert dice(first, second) == pytest.approx(2 * 2 / (4 + 3))
    assert dice(first & ~first, first & ~first) == 1.0
    assert false_regions_ml(second, first, voxel_ml=0.5) == [0.5]


def test_pinning_covers_every_file_but_the_pin(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "model.pt").write_bytes(b"weights")
    (tmp_path / "consilium.json").write_text('{"name": "x", "files": {}}')
    write_hashes(bundle=tmp_path)
    manifest = json.loads((tmp_path / "consilium.json").read_text())
    assert manifest["name"] == "x"
    assert set(manifest["files"]) == {"models/model.pt"}
    (tmp_path / "models" / "model.pt").write_bytes(b"other")
    assert hash_files(bundle=tmp_path) != manifest["files"]
