"""Bundles shaped like the zoo's give here what ``monai.bundle run`` gives on files.

The reference is MONAI's own evaluator, loaders and savers on NIfTI or PNG files in a process of
its own; the runner gets the same voxels from memory.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest
import torch

from apps.ai.bundle_tree import hash_tree
from apps.ai.runner.client import ModelRunner, RunnerError
from apps.ai.runner.volumes import RunnerVolume
from tests.apps.ai import zoo
from tests.apps.ai.bundles import write_side_car
from tests.apps.ai.test_runner import bundle_request, oblique_affine, run

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
AXIAL = np.array([[0.9, 0, 0, -30], [0, 0.8, 0, -20], [0, 0, 2.5, -100], [0, 0, 0, 1.0]])


@pytest.fixture(scope="module")
def warm_runner(tmp_path_factory):
    root = tmp_path_factory.getbasetemp()
    made = ModelRunner(scratch_root=tmp_path_factory.mktemp("scratch"), readable=[root])
    yield made
    made.close()


def speckled(seed: int, affine=AXIAL, shape=(14, 36, 40)) -> RunnerVolume:
    noise = np.random.default_rng(seed).normal(40, 60, shape)
    smooth = np.round(noise + 200 * np.sin(np.indices(shape).sum(axis=0) / 6)).astype(np.float32)
    return RunnerVolume(
        voxels=smooth,
        affine_lps=np.asarray(affine, dtype=float),
        sop_instance_uids=tuple(f"1.2.{index}" for index in range(shape[0])),
        frame_of_reference_uid="1.2.3",
    )


def save_nifti(volume: RunnerVolume, path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nibabel.Nifti1Image(
        np.ascontiguousarray(volume.voxels.transpose(2, 1, 0)), LPS_TO_RAS @ volume.affine_lps
    )
    nibabel.save(image, path)
    return path.name


def run_stock(root: Path, run_id: str, data: Path) -> None:
    """``python -m monai.bundle run`` on a copy, as the zoo's documentation says."""
    subprocess.run(
        [
            sys.executable, "-m", "monai.bundle", "run", run_id,
            "--config_file", str(next((root / "configs").glob("inference.*"))),
            "--meta_file", "configs/metadata.json", "--bundle_root", ".",
            "--dataset_dir", str(data),
        ],
        cwd=root, check=True, timeout=280,
    )  # fmt: skip


def stock_labels(root: Path, tmp_path: Path, data: Path) -> np.ndarray:
    copy = tmp_path / "stock"
    shutil.copytree(root, copy)
    run_stock(copy, "run", data)
    (written,) = (copy / "eval").rglob("*.nii.gz")
    return np.asarray(nibabel.load(written).dataobj).squeeze().transpose(2, 1, 0)


@pytest.mark.slow
@pytest.mark.parametrize("as_yaml", [False, True], ids=["json", "yaml"])
def test_spleen_segmentation_labels_every_voxel_as_monai_does(warm_runner, tmp_path, as_yaml):
    root = zoo.spleen(tmp_path / "bundles" / "spleen", as_yaml=as_yaml)
    volume = speckled(1, affine=oblique_affine())
    outcome = run(warm_runner, bundle_request(root, volume))
    (segment,) = outcome.segments
    save_nifti(volume, tmp_path / "data" / "imagesTs" / "a.nii.gz")
    expected = stock_labels(root, tmp_path, tmp_path / "data")
    assert 0.02 < (expected == 1).mean() < 0.98, "random weights must say both"
    assert (segment.mask == (expected == 1)).all()


def four_sequences() -> dict[str, RunnerVolume]:
    return {role: speckled(10 + index) for index, role in enumerate(zoo.SEQUENCES)}


@pytest.mark.slow
def test_brats_reads_four_series_and_gives_overlapping_regions(warm_runner, tmp_path):
    root = zoo.brats(tmp_path / "bundles" / "brats")
    volumes = four_sequences()
    first, *others = volumes.items()
    outcome = run(warm_runner, bundle_request(root, first[1], further=others))
    data = tmp_path / "data"
    names = [save_nifti(one, data / f"{role}.nii.gz") for role, one in volumes.items()]
    listing = root / "configs" / "datalist.json"
    listing.write_text(json.dumps({"testing": [{"image": names}]}))
    expected = stock_labels(root, tmp_path, data)
    masks = {segment.label: segment.mask for segment in outcome.segments}
    assert set(np.unique(expected)) >= {1, 2, 4}, "random weights must say all"
    assert (masks["Tumour core"] == np.isin(expected, [1, 4])).all()
    assert (masks["Whole tumour"] == np.isin(expected, [1, 2, 4])).all()
    assert (masks["Enhancing tumour"] == (expected == 4)).all()
    assert (masks["Tumour core"] & masks["Whole tumour"]).sum() == masks["Tumour core"].sum()
    assert outcome.warnings == ()


@pytest.mark.slow
def test_the_order_of_channels_is_the_one_of_the_roles(warm_runner, tmp_path):
    root = zoo.brats(tmp_path / "bundles" / "brats")
    first, *others = four_sequences().items()
    swapped = [(role, others[-1 - index][1]) for index, (role, _) in enumerate(others)]
    straight = run(warm_runner, bundle_request(root, first[1], further=others))
    shuffled = run(warm_runner, bundle_request(root, first[1], further=list(reversed(others))))
    wrong = run(warm_runner, bundle_request(root, first[1], further=swapped))
    whole = [outcome.segments[1].mask for outcome in (straight, shuffled, wrong)]
    assert (whole[0] == whole[1]).all()
    assert (whole[0] != whole[2]).any()


def test_a_missing_series_ends_the_run_by_name(warm_runner, tmp_path):
    root = zoo.brats(tmp_path / "bundles" / "brats")
    with pytest.raises(RunnerError) as caught:
        run(warm_runner, bundle_request(root, speckled(1)))
    assert caught.value.code == "input_missing"


def test_channels_read_by_threshold_overlap_too(warm_runner, tmp_path):
    root = zoo.brats(tmp_path / "bundles" / "brats")
    config = json.loads((root / "configs/inference.json").read_text())
    config["postprocessing"]["transforms"] = config["postprocessing"]["transforms"][:2]
    (root / "configs/inference.json").write_text(json.dumps(config))
    outputs = [
        {"channel": index, "threshold": 0.4, "label": name, **zoo.MASS}
        for index, name in enumerate(["Tumour core", "Whole tumour", "Enhancing tumour"])
    ]
    write_side_car(root, {**zoo.BRATS_SIDE_CAR, "outputs": outputs})
    first, *others = four_sequences().items()
    outcome = run(warm_runner, bundle_request(root, first[1], further=others))
    assert [segment.label for segment in outcome.segments] == [one["label"] for one in outputs]
    assert all(0.4 <= segment.probability <= 1 for segment in outcome.segments)
    overlap = outcome.segments[0].mask & outcome.segments[1].mask
    assert overlap.any()


@pytest.mark.slow
def test_nodule_boxes_are_the_ones_monai_writes_in_world_coordinates(warm_runner, tmp_path):
    root = zoo.nodule(tmp_path / "bundles" / "nodule")
    volume = speckled(3, shape=(20, 48, 52))
    outcome = run(warm_runner, bundle_request(root, volume))
    save_nifti(volume, tmp_path / "data" / "a.nii.gz")
    copy = tmp_path / "stock"
    shutil.copytree(root, copy)
    run_stock(copy, "run", tmp_path / "data")
    (expected,) = json.loads((copy / "eval" / "result.json").read_text())
    scores = np.array(expected["label_scores"])
    kept = np.argsort(-scores, kind="stable")[: (scores >= 0.3).sum()]
    assert len(kept) >= 3
    assert [segment.probability for segment in outcome.segments] == pytest.approx(
        scores[kept].tolist(), abs=1e-5
    )
    for segment, (*middle, width, depth, height) in zip(
        outcome.segments, np.array(expected["box"])[kept], strict=True
    ):
        low, high = np.array(segment.box_lps)
        assert (low + high) / 2 == pytest.approx(middle, abs=0.01)
        assert high - low == pytest.approx([width, depth, height], abs=0.01)
        assert segment.value_of("box_head_foot") == pytest.approx(height, abs=0.01)
        indices = np.argwhere(segment.mask)[:, ::-1]
        places = indices @ volume.affine_lps[:3, :3].T + volume.affine_lps[:3, 3]
        assert (places >= low - 0.01).all()
        assert (places <= high + 0.01).all()
        assert segment.urgency == "urgent"


@pytest.mark.slow
def test_breast_density_gives_one_statement_with_every_classs_probability(warm_runner, tmp_path):
    from PIL import Image

    root = zoo.density(tmp_path / "bundles" / "density")
    greys = np.random.default_rng(4).integers(0, 256, (1, 80, 64)).astype(np.float32)
    greys[0, 0, :2] = (0, 255)
    volume = RunnerVolume(greys, np.eye(4), ("1.2.3",), "")
    outcome = run(warm_runner, bundle_request(root, volume))
    assert (outcome.kind, outcome.segments) == ("findings", ())
    (statement,) = outcome.statements
    data = tmp_path / "data"
    data.mkdir()
    coloured = np.repeat(greys[0, :, :, None].astype(np.uint8), 3, axis=2)
    Image.fromarray(coloured).save(data / "a.png")
    copy = tmp_path / "stock"
    shutil.copytree(root, copy)
    run_stock(copy, "evaluating", data)
    line = (copy / "output" / "predictions.csv").read_text().strip().split(",")
    expected = np.array([float(value) for value in line[1:]])
    found = [measured.value for measured in statement.measurements]
    assert found == pytest.approx(expected.tolist(), abs=1e-5)
    assert statement.label == f"Breast density {'ABCD'[int(expected.argmax())]}"
    assert statement.probability == pytest.approx(expected.max(), abs=1e-5)


def test_a_class_the_side_car_calls_no_finding_is_no_finding(warm_runner, tmp_path):
    root = zoo.density(tmp_path / "bundles" / "density")
    outputs = [{**one, "finding": False} for one in zoo.DENSITY_SIDE_CAR["outputs"]]
    write_side_car(root, {**zoo.DENSITY_SIDE_CAR, "outputs": outputs})
    greys = np.random.default_rng(4).integers(0, 256, (1, 80, 64)).astype(np.float32)
    outcome = run(warm_runner, bundle_request(root, RunnerVolume(greys, np.eye(4), ("1.2",), "")))
    assert outcome.kind == "no_findings"
    assert sum(outcome.parameters.values()) == pytest.approx(1.0, abs=1e-4)


def test_torchscript_runs_where_the_side_car_says_so(warm_runner, tmp_path):
    from monai.networks.nets import UNet

    root = zoo.spleen(tmp_path / "bundles" / "spleen")
    volume = speckled(1)
    before = run(warm_runner, bundle_request(root, volume)).segments[0].mask
    arguments = {key: one for key, one in zoo.SPLEEN["network_def"].items() if key[0] != "_"}
    network = UNet(**arguments)
    network.load_state_dict(torch.load(root / "models/model.pt", weights_only=True))
    traced = torch.jit.trace(network.eval(), torch.zeros(1, 1, 24, 24, 16))
    traced.save(str(root / "models" / "model.ts"))
    (root / "models" / "model.pt").unlink()
    named = {"weights": "models/model.ts", "weights_format": "torchscript"}
    write_side_car(root, {**zoo.SPLEEN_SIDE_CAR, **named})
    after = run(warm_runner, bundle_request(root, volume)).segments[0].mask
    assert (before == after).mean() > 0.999


def test_safetensors_are_read(warm_runner, tmp_path):
    from safetensors.torch import save_file

    root = zoo.spleen(tmp_path / "bundles" / "spleen")
    volume = speckled(1)
    before = run(warm_runner, bundle_request(root, volume)).segments[0].mask
    state = torch.load(root / "models/model.pt", weights_only=True)
    save_file(dict(state), root / "models" / "model.safetensors")
    (root / "models" / "model.pt").unlink()
    write_side_car(root, zoo.SPLEEN_SIDE_CAR)
    after = run(warm_runner, bundle_request(root, volume)).segments[0].mask
    assert hash_tree(root)
    assert (before == after).all()
