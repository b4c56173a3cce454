"""One warm MONAI bundle: its own preprocessing, inferer, network and postprocessing.

The bundle is used as published (``configs/inference.json``) except for four things that are
ours: images come from the archive instead of ``LoadImaged``, results are not saved by
``SaveImaged``, weights are loaded here with ``weights_only=True``, and the device is chosen by
the worker. Keys: input ``image``, output ``pred`` (``consilium.json`` may name others).
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from monai.bundle import ConfigParser  # type: ignore[attr-defined]
from monai.bundle.utils import merge_kv
from monai.data import MetaTensor  # type: ignore[attr-defined]
from monai.inferers import SimpleInferer  # type: ignore[attr-defined]
from monai.transforms import Invertd  # type: ignore[attr-defined]
from numpy.typing import NDArray

from apps.ai.analyses.results import AnalysisOutcome, ProgressReporter
from apps.ai.bundle_documents import read_document
from apps.ai.bundle_manifest import read_manifest
from apps.ai.bundle_tree import read_tree
from apps.ai.runner.label_maps import find_segments
from apps.ai.runner.volumes import RunnerVolume

_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_LOADERS = {"LoadImaged", "LoadImageD", "LoadImageDict", "LoadImage"}
_SAVERS = {"SaveImaged", "SaveImageD", "SaveImageDict", "SaveImage"}


class BundleRefused(RuntimeError):
    """The bundle on disk is not the approved one, or not one we can drive."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class OwnCode:
    """While entered, ``import scripts`` finds this bundle's code and nobody else's.

    Bundles name their packages alike. Each keeps its own modules, which are put aside when
    another bundle's turn comes.
    """

    def __init__(self, *, root: Path) -> None:
        self._root = str(root.resolve())
        self._modules: dict[str, ModuleType] = {}

    def __enter__(self) -> None:
        sys.path.insert(0, self._root)
        importlib.invalidate_caches()
        sys.modules.update(self._modules)

    def __exit__(self, *_: object) -> None:
        sys.path.remove(self._root)
        for name, module in list(sys.modules.items()):
            if isinstance(module, ModuleType) and self._owns(module):
                self._modules[name] = sys.modules.pop(name)

    def _owns(self, module: ModuleType) -> bool:
        spec = module.__dict__.get("__spec__")
        locations = [getattr(spec, "origin", None)]
        locations += list(getattr(spec, "submodule_search_locations", None) or [])
        return any(str(location).startswith(self._root) for location in locations if location)


class BundleModel:
    """A loaded bundle, ready for any number of volumes.

    Parameters
    ----------
    root:
        The bundle's directory.
    tree_sha256:
        The hash two people approved; checked over all files before anything is evaluated.
    device:
        ``cpu`` or ``cuda:0``.
    """

    def __init__(self, *, root: Path, tree_sha256: str, device: str) -> None:
        tree = read_tree(root)
        if tree.sha256 != tree_sha256:
            raise BundleRefused("bundle_changed", "The bundle is not the one that was approved.")
        self.manifest = read_manifest(root, tree=tree)
        self.device = torch.device(device)
        self._side_car = self.manifest.document
        self._image_key = str(self._side_car.get("image_key", "image"))
        self._output_key = str(self._side_car.get("output_key", "pred"))
        self._own_code = OwnCode(root=root)
        with self._own_code:
            self._build(root)

    def _build(self, root: Path) -> None:
        parser = ConfigParser(config={"_meta_": self.manifest.metadata})
        for name in self.manifest.configs:
            for key, value in read_document(root / name).items():
                merge_kv(parser, key, value)
        config: dict[str, Any] = parser.config  # type: ignore[assignment]
        parser["bundle_root"] = str(root)
        parser["device"] = f"$torch.device('{self.device}')"
        imports = config.get("imports", [])
        parser["imports"] = [*imports, "$import torch"]
        _disable(parser.config, _LOADERS | _SAVERS)
        parser.parse(reset=True)
        parser.get_parsed_content("imports")
        self._preprocessing = parser.get_parsed_content("preprocessing")
        self._postprocessing = (
            parser.get_parsed_content("postprocessing") if "postprocessing" in parser else None
        )
        self._inverts = "Invertd" in str(config.get("postprocessing", ""))
        self._inferer = (
            parser.get_parsed_content("inferer") if "inferer" in parser else SimpleInferer()
        )
        key = "network_def" if "network_def" in parser else "network"
        network = parser.get_parsed_content(key)
        network.load_state_dict(_read_weights(root / self.manifest.weights), strict=True)
        self._network = network.to(self.device).eval()

    def run(
        self,
        *,
        volume: RunnerVolume,
        parameters: dict[str, Any],
        progress: ProgressReporter,
    ) -> AnalysisOutcome:
        """Label the volume and describe what was labelled."""
        with self._own_code:
            labels, probability = self._label(volume, progress)
        progress(0.9, "measure")
        segments = find_segments(
            labels=labels,
            probability=probability,
            affine_lps=volume.affine_lps,
            outputs=self._side_car["outputs"],
        )
        return AnalysisOutcome.from_segments(segments=segments, parameters=parameters)

    def _label(
        self, volume: RunnerVolume, progress: ProgressReporter
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32] | None]:
        progress(0.2, "preprocess")
        data = self._prepare(volume)
        progress(0.35, "inference")
        with torch.inference_mode():
            image = data[self._image_key].unsqueeze(0).to(self.device)
            raw = self._inferer(image, self._network)
        if isinstance(raw, tuple | list):
            raw = raw[0]
        data[self._output_key] = MetaTensor(
            torch.as_tensor(raw[0]).detach(),
            meta=dict(data[self._image_key].meta),
            applied_operations=list(data[self._image_key].applied_operations),
        )
        progress(0.8, "postprocess")
        data = self._finish(data)
        return self._read_output(data, volume.voxels.shape)

    def _prepare(self, volume: RunnerVolume) -> dict[str, Any]:
        # MONAI arrays are (x, y, z) = (column, row, slice) with an RAS affine.
        voxels = torch.from_numpy(np.array(volume.voxels, dtype=np.float32).transpose(2, 1, 0))
        affine_ras = torch.from_numpy(_LPS_TO_RAS @ volume.affine_lps)
        meta = {
            "original_channel_dim": "no_channel",
            "filename_or_obj": "volume",
            "spatial_shape": np.asarray(voxels.shape),
            "original_affine": affine_ras.clone(),
            "space": "RAS",
        }
        image = MetaTensor(voxels.contiguous(), affine=affine_ras, meta=meta)
        prepared = self._preprocessing({self._image_key: image})
        if not isinstance(prepared, dict) or self._image_key not in prepared:
            raise BundleRefused("preprocessing", "The preprocessing gave no single image.")
        return prepared

    def _finish(self, data: dict[str, Any]) -> dict[str, Any]:
        if not self._inverts:
            invert = Invertd(
                keys=self._output_key,
                transform=self._preprocessing,
                orig_keys=self._image_key,
                nearest_interp=False,
                to_tensor=True,
            )
            data = invert(data)  # type: ignore[arg-type, assignment]
        return self._postprocessing(data) if self._postprocessing else data

    def _read_output(
        self, data: dict[str, Any], shape: tuple[int, ...]
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32] | None]:
        output = _as_channels(data[self._output_key])
        if output.shape[0] > 1:
            probability = _soft(output)
            labels = probability.argmax(axis=0)
            chosen = np.take_along_axis(probability, labels[None], axis=0)[0]
        else:
            labels, chosen = np.rint(output[0]), None
            if "probability" in data:
                chosen = _as_channels(data["probability"]).max(axis=0)
        if not np.isfinite(labels).all() or labels.min() < 0 or labels.max() > 255:
            raise BundleRefused("output_values", "The model's output holds no valid labels.")
        on_grid = labels.astype(np.uint8).transpose(2, 1, 0)
        if on_grid.shape != tuple(shape):
            raise BundleRefused(
                "output_grid", f"The output has shape {on_grid.shape}, the image {tuple(shape)}."
            )
        if chosen is None:
            return on_grid, None
        return on_grid, np.nan_to_num(chosen.astype(np.float32)).transpose(2, 1, 0)


def load_cached(
    cache: dict[str, BundleModel], *, limit: int, load: Callable[[], BundleModel], key: str
) -> BundleModel:
    """The warm model under ``key``; the least recently used one makes room."""
    model = cache.pop(key, None) or load()
    cache[key] = model
    while len(cache) > limit:
        cache.pop(next(iter(cache)))
    return model


def _disable(config: Any, targets: set[str]) -> None:
    """Mark components as disabled; MONAI then leaves them out of their list."""
    if isinstance(config, dict):
        target = str(config.get("_target_", "")).rsplit(".", 1)[-1]
        if target in targets:
            config["_disabled_"] = True
        for value in config.values():
            _disable(value, targets)
    elif isinstance(config, list):
        for value in config:
            _disable(value, targets)


def _read_weights(path: Path) -> dict[str, Any]:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return dict(load_file(str(path)))
    state = torch.load(path, map_location="cpu", weights_only=True)
    for key in ("model", "state_dict", "network"):
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            return dict(state[key])
    return dict(state)


def _as_channels(value: Any) -> NDArray[np.float32]:
    array = value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
    array = np.asarray(array, dtype=np.float32)
    if array.ndim == 3:
        array = array[None]
    if array.ndim != 4:
        raise BundleRefused("output_shape", "The model's output is no three-dimensional map.")
    return array


def _soft(output: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities of a multi-channel output: as they are, or by softmax when they are not."""
    sums = output.sum(axis=0)
    if output.min() >= 0 and np.allclose(sums, 1.0, atol=1e-2):
        return output
    shifted = np.exp(output - output.max(axis=0, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=0, keepdims=True), dtype=np.float32)
