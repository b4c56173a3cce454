"""Four bundles built like those of the MONAI Model Zoo: keys, expressions and scripts of their
spleen_ct_segmentation, brats_mri_segmentation, lung_nodule_ct_detection and
breast_density_classification, with small networks and seeded random weights.

The zoo's detector and classifier take their backbones from torchvision; here they are MONAI's,
or the bundle's own.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import yaml

from tests.apps.ai.bundles import write_side_car
from tests.apps.ai.zoo_scripts import DENSITY_SCRIPTS, NODULE_SCRIPTS
from tests.apps.ai.zoo_side_cars import (
    BRATS_SIDE_CAR,
    DENSITY_SIDE_CAR,
    MASS,
    NODULE_SIDE_CAR,
    SEQUENCES,
    SPLEEN_SIDE_CAR,
)

__all__ = [
    "BRATS_SIDE_CAR", "DENSITY_SIDE_CAR", "MASS", "NODULE_SIDE_CAR", "SEQUENCES", "SPLEEN_SIDE_CAR",
]  # fmt: skip


def evaluation(*, evaluator: dict[str, Any] | None = None) -> dict[str, Any]:
    """The end of every inference configuration of the zoo."""
    return {
        "handlers": [{"_target_": "StatsHandler", "iteration_log": False}],
        "evaluator": {
            "_target_": "SupervisedEvaluator",
            "device": "@device",
            "val_data_loader": "@dataloader",
            "network": "@network",
            "inferer": "@inferer",
            "postprocessing": "@postprocessing",
            "val_handlers": "@handlers",
            "amp": False,
            **(evaluator or {}),
        },
        "checkpointloader": {
            "_target_": "CheckpointLoader",
            "load_path": "$@bundle_root + '/models/model.pt'",
            "load_dict": {"model": "@network"},
        },
        "initialize": [
            "$monai.utils.set_determinism(seed=123)",
            "$@checkpointloader(@evaluator) if @load_pretrain else None",
        ],
        "run": ["$@evaluator.run()"],
    }


HEAD: dict[str, Any] = {
    "imports": ["$import glob", "$import numpy", "$import os"],
    "bundle_root": ".",
    "image_key": "image",
    "output_dir": "$@bundle_root + '/eval'",
    "output_ext": ".nii.gz",
    "output_dtype": "$numpy.uint8",
    "output_postfix": "trans",
    "separate_folder": True,
    "load_pretrain": True,
    "dataset_dir": "/workspace/data",
    "device": "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')",
    "network": "$@network_def.to(@device)",
}
LOADER = {"_target_": "DataLoader", "dataset": "@dataset", "batch_size": 1, "shuffle": False,
          "num_workers": 0}  # fmt: skip
SAVER = {
    "_target_": "SaveImaged", "keys": "pred", "output_dir": "@output_dir",
    "output_ext": "@output_ext", "output_dtype": "@output_dtype",
    "output_postfix": "@output_postfix", "separate_folder": "@separate_folder",
}  # fmt: skip
INVERT = {
    "_target_": "Invertd", "keys": "pred", "transform": "@preprocessing",
    "orig_keys": "@image_key", "nearest_interp": False, "to_tensor": True,
}  # fmt: skip

SPLEEN = {
    **HEAD,
    "datalist": "$list(sorted(glob.glob(@dataset_dir + '/imagesTs/*.nii.gz')))",
    "network_def": {
        "_target_": "UNet", "spatial_dims": 3, "in_channels": 1, "out_channels": 2,
        "channels": [4, 8, 16], "strides": [2, 2], "num_res_units": 1, "norm": "batch",
    },
    "preprocessing": {
        "_target_": "Compose",
        "transforms": [
            {"_target_": "LoadImaged", "keys": "@image_key"},
            {"_target_": "EnsureChannelFirstd", "keys": "@image_key"},
            {"_target_": "Orientationd", "keys": "@image_key", "axcodes": "RAS"},
            {"_target_": "Spacingd", "keys": "@image_key", "pixdim": [1.5, 1.5, 2.0],
             "mode": "bilinear"},
            {"_target_": "ScaleIntensityRanged", "keys": "@image_key", "a_min": -57,
             "a_max": 164, "b_min": 0, "b_max": 1, "clip": True},
            {"_target_": "CropForegroundd", "keys": "@image_key", "source_key": "@image_key"},
            {"_target_": "EnsureTyped", "keys": "@image_key"},
        ],
    },
    "dataset": {"_target_": "Dataset", "data": "$[{'image': i} for i in @datalist]",
                "transform": "@preprocessing"},
    "dataloader": LOADER,
    "inferer": {"_target_": "SlidingWindowInferer", "roi_size": [24, 24, 16],
                "sw_batch_size": 4, "overlap": 0.5},
    "postprocessing": {
        "_target_": "Compose",
        "transforms": [
            {"_target_": "Activationsd", "keys": "pred", "softmax": True},
            INVERT,
            {"_target_": "AsDiscreted", "keys": "pred", "argmax": True},
            SAVER,
        ],
    },
    **evaluation(),
}  # fmt: skip

BRATS = {
    **HEAD,
    "ckpt_dir": "$@bundle_root + '/models'",
    "data_list_file_path": "$@bundle_root + '/configs/datalist.json'",
    "test_datalist": "$monai.data.load_decathlon_datalist(@data_list_file_path, "
    "data_list_key='testing', base_dir=@dataset_dir)",
    "amp": True,
    "network_def": {
        "_target_": "SegResNet", "blocks_down": [1, 1], "blocks_up": [1], "init_filters": 8,
        "in_channels": 4, "out_channels": 3, "dropout_prob": 0.2,
    },
    "preprocessing": {
        "_target_": "Compose",
        "transforms": [
            {"_target_": "LoadImaged", "keys": "@image_key", "image_only": False},
            {"_target_": "NormalizeIntensityd", "keys": "@image_key", "nonzero": True,
             "channel_wise": True},
        ],
    },
    "dataset": {"_target_": "Dataset", "data": "@test_datalist", "transform": "@preprocessing"},
    "dataloader": LOADER,
    "inferer": {"_target_": "SlidingWindowInferer", "roi_size": [24, 24, 16],
                "sw_batch_size": 1, "overlap": 0.5},
    "postprocessing": {
        "_target_": "Compose",
        "transforms": [
            {"_target_": "Activationsd", "keys": "pred", "sigmoid": True},
            {**INVERT, "meta_keys": "pred_meta_dict"},
            {"_target_": "AsDiscreted", "keys": "pred", "threshold": 0.5},
            {"_target_": "Lambdad", "keys": "pred",
             "func": "$lambda x: torch.where(x[[2]] > 0, 4, torch.where(x[[0]] > 0, 1, "
                     "torch.where(x[[1]] > 0, 2, 0)))"},
            {**SAVER, "meta_keys": "pred_meta_dict", "resample": False,
             "squeeze_end_dims": True},
        ],
    },
    **evaluation(),
}  # fmt: skip

NODULE = {
    "whether_raw_luna16": True,
    "whether_resampled_luna16": "$(not @whether_raw_luna16)",
    **HEAD,
    "output_filename": "result.json",
    "test_datalist": "$[{'image': i} for i in sorted(glob.glob(@dataset_dir + '/*.nii.gz'))]",
    "amp": False,
    "spatial_dims": 3,
    "num_classes": 1,
    "force_sliding_window": False,
    "size_divisible": [4, 4, 4],
    "infer_patch_size": [64, 64, 64],
    "anchor_generator": {
        "_target_": "monai.apps.detection.utils.anchor_utils.AnchorGeneratorWithAnchorShape",
        "feature_map_scales": [1, 2],
        "base_anchor_shapes": [[6, 8, 4], [8, 6, 5], [10, 10, 6]],
    },
    "feature_extractor": "$TinyPyramid(@spatial_dims)",
    "network_def": {
        "_target_": "RetinaNet", "spatial_dims": "@spatial_dims", "num_classes": "@num_classes",
        "num_anchors": 3, "feature_extractor": "@feature_extractor",
        "size_divisible": "@size_divisible", "use_list_output": False,
    },
    "detector": {
        "_target_": "RetinaNetDetector", "network": "@network",
        "anchor_generator": "@anchor_generator", "debug": False,
        "spatial_dims": "@spatial_dims", "num_classes": "@num_classes",
        "size_divisible": "@size_divisible",
    },
    "detector_ops": [
        "$@detector.set_target_keys(box_key='box', label_key='label')",
        "$@detector.set_box_selector_parameters(score_thresh=0.02,"
        "topk_candidates_per_level=200,nms_thresh=0.22,detections_per_img=12)",
        "$@detector.set_sliding_window_inferer(roi_size=@infer_patch_size,overlap=0.25,"
        "sw_batch_size=1,mode='constant',device='cpu')",
    ],
    "preprocessing": {
        "_target_": "Compose",
        "transforms": [
            {"_target_": "LoadImaged", "keys": "@image_key", "_disabled_": "@whether_raw_luna16"},
            {"_target_": "LoadImaged", "keys": "@image_key",
             "_disabled_": "@whether_resampled_luna16"},
            {"_target_": "EnsureChannelFirstd", "keys": "@image_key"},
            {"_target_": "Orientationd", "keys": "@image_key", "axcodes": "RAS"},
            {"_target_": "Spacingd", "keys": "@image_key", "pixdim": [1.0, 1.0, 1.5],
             "_disabled_": "@whether_resampled_luna16"},
            {"_target_": "ScaleIntensityRanged", "keys": "@image_key", "a_min": -1024.0,
             "a_max": 300.0, "b_min": 0.0, "b_max": 1.0, "clip": True},
            {"_target_": "EnsureTyped", "keys": "@image_key"},
        ],
    },
    "dataset": {"_target_": "Dataset", "data": "$@test_datalist",
                "transform": "@preprocessing"},
    "dataloader": {**LOADER, "collate_fn": "$monai.data.utils.no_collation"},
    "inferer": {"_target_": "scripts.detection_inferer.RetinaNetInferer",
                "detector": "@detector", "force_sliding_window": "@force_sliding_window"},
    "postprocessing": {
        "_target_": "Compose",
        "transforms": [
            {"_target_": "ClipBoxToImaged", "box_keys": "box", "label_keys": "label",
             "box_ref_image_keys": "@image_key", "remove_empty": True},
            {"_target_": "AffineBoxToWorldCoordinated", "box_keys": "box",
             "box_ref_image_keys": "@image_key", "affine_lps_to_ras": True},
            {"_target_": "ConvertBoxModed", "box_keys": "box", "src_mode": "xyzxyz",
             "dst_mode": "cccwhd"},
            {"_target_": "DeleteItemsd", "keys": ["@image_key"]},
        ],
    },
    **evaluation(evaluator={"_target_": "scripts.evaluator.DetectionEvaluator",
                            "_requires_": "@detector_ops"}),
}  # fmt: skip
NODULE["imports"] = [*NODULE["imports"], "$from scripts.feature_pyramid import TinyPyramid"]
NODULE["handlers"] = [
    {
        "_target_": "scripts.detection_saver.DetectionSaver",
        "output_dir": "@output_dir",
        "filename": "@output_filename",
        "output_transform": "$lambda x: [@postprocessing({**xx['pred'], 'image': xx['image']}) "
        "for xx in x]",
    }
]
del NODULE["evaluator"]["postprocessing"]

DENSITY = {
    "import": ["$import glob", "$import os"],
    "bundle_root": ".",
    "model_dir": "$@bundle_root + '/models'",
    "output_dir": "$@bundle_root + '/output'",
    "dataset_dir": "/workspace/data",
    "data": {"_target_": "scripts.createList.CreateImageList", "folder": "@dataset_dir"},
    "test_imagelist": "$@data.create_dataset('Test')",
    "dataset": {"_target_": "CacheDataset", "data": "$[{'image': i} for i in @test_imagelist]",
                "transform": "@preprocessing", "cache_rate": 1, "num_workers": 1},
    "dataloader": LOADER,
    "device": "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')",
    "network_def": {
        "_target_": "DenseNet", "spatial_dims": 2, "in_channels": 3, "out_channels": 4,
        "init_features": 8, "growth_rate": 4, "block_config": [2, 2], "bn_size": 2,
    },
    "network": "$@network_def.to(@device)",
    "preprocessing": {
        "_target_": "Compose",
        "transforms": [
            {"_target_": "LoadImaged", "keys": "image"},
            {"_target_": "EnsureChannelFirstd", "keys": "image", "channel_dim": 2},
            {"_target_": "ScaleIntensityd", "keys": "image", "minv": 0.0, "maxv": 1.0},
            {"_target_": "Resized", "keys": "image", "spatial_size": [64, 64]},
        ],
    },
    "inferer": {"_target_": "SimpleInferer"},
    "postprocessing": {
        "_target_": "Compose",
        "transforms": [{"_target_": "Activationsd", "keys": "pred", "softmax": True}],
    },
    "handlers": [
        {"_target_": "CheckpointLoader", "load_path": "$@model_dir + '/model.pt'",
         "load_dict": {"model": "@network"}},
        {"_target_": "ClassificationSaver", "output_dir": "@output_dir",
         "batch_transform": "$lambda x: [xx['image'].meta for xx in x]",
         "output_transform": "$monai.handlers.from_engine(['pred'])"},
    ],
    "evaluator": {
        "_target_": "SupervisedEvaluator", "device": "@device",
        "val_data_loader": "@dataloader", "network": "@network", "inferer": "@inferer",
        "postprocessing": "@postprocessing", "val_handlers": "@handlers", "amp": False,
    },
    "evaluating": ["$@evaluator.run()"],
}  # fmt: skip


def write_zoo_bundle(
    root: Path,
    *,
    config: dict[str, Any],
    side_car: dict[str, Any],
    network: Callable[[], torch.nn.Module],
    scripts: dict[str, str] | None = None,
    as_yaml: bool = False,
    seed: int = 5,
    balanced: torch.Tensor | None = None,
) -> Path:
    for folder in ("configs", "models", "docs"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    metadata = {"version": "0.5.0", "name": side_car["title"], "monai_version": "1.6.1",
                "required_packages_version": {"numpy": "2"}}  # fmt: skip
    (root / "configs/metadata.json").write_text(json.dumps(metadata))
    name, text = ("inference.yaml", yaml.safe_dump(config, sort_keys=False)) if as_yaml else (
        "inference.json", json.dumps(config))  # fmt: skip
    (root / "configs" / name).write_text(text)
    (root / "LICENSE").write_text("Apache-2.0\n")
    if scripts:
        (root / "scripts").mkdir(exist_ok=True)
        for file, source in scripts.items():
            (root / "scripts" / file).write_text(source)
    torch.manual_seed(seed)
    made = network()
    if balanced is not None:
        balance(made, balanced)
    torch.save(made.state_dict(), root / "models" / "model.pt")
    write_side_car(root, side_car)
    return root


def balance(network: torch.nn.Module, example: torch.Tensor) -> None:
    """Shift the last layer so that every output channel is above 0 for half of ``example``."""
    with torch.inference_mode():
        output = network.eval()(example)
        channels = output.shape[1]
        middle = output.transpose(0, 1).reshape(channels, -1).median(dim=1).values
    biases = [one for name, one in network.named_parameters()
              if name.endswith("bias") and one.shape == (channels,)]  # fmt: skip
    biases[-1].data -= middle


def spleen(root: Path, **options: Any) -> Path:
    from monai.networks.nets import UNet

    arguments = {key: value for key, value in SPLEEN["network_def"].items() if key[0] != "_"}
    return write_zoo_bundle(
        root, config=SPLEEN, side_car=SPLEEN_SIDE_CAR, network=lambda: UNet(**arguments),
        balanced=torch.rand(1, 1, 24, 24, 16, generator=torch.Generator().manual_seed(1)),
        **options,
    )  # fmt: skip


def brats(root: Path, **options: Any) -> Path:
    from monai.networks.nets import SegResNet

    arguments = {key: value for key, value in BRATS["network_def"].items() if key[0] != "_"}
    return write_zoo_bundle(
        root, config=BRATS, side_car=BRATS_SIDE_CAR, network=lambda: SegResNet(**arguments),
        balanced=torch.randn(1, 4, 24, 24, 16, generator=torch.Generator().manual_seed(1)),
        **options,
    )  # fmt: skip


def nodule(root: Path, **options: Any) -> Path:
    from monai.apps.detection.networks.retinanet_network import RetinaNet

    space: dict[str, Any] = {}
    exec(NODULE_SCRIPTS["feature_pyramid.py"], space)

    def network() -> torch.nn.Module:
        made = RetinaNet(3, 1, 3, space["TinyPyramid"](3), size_divisible=[4, 4, 4])
        # The published initialisation scores 0.01 everywhere; here boxes are wanted.
        torch.nn.init.normal_(made.classification_head.cls_logits.weight, std=0.3)
        torch.nn.init.zeros_(made.classification_head.cls_logits.bias)
        return made

    return write_zoo_bundle(
        root, config=NODULE, side_car=NODULE_SIDE_CAR, network=network, scripts=NODULE_SCRIPTS,
        **options,
    )  # fmt: skip


def density(root: Path, **options: Any) -> Path:
    from monai.networks.nets import DenseNet

    arguments = {key: value for key, value in DENSITY["network_def"].items() if key[0] != "_"}
    return write_zoo_bundle(
        root, config=DENSITY, side_car=DENSITY_SIDE_CAR, network=lambda: DenseNet(**arguments),
        scripts=DENSITY_SCRIPTS, **options,
    )  # fmt: skip
