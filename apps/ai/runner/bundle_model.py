"""One warm MONAI bundle: its own preprocessing, inferer, network and postprocessing.

The bundle is used as published (``bundle_config`` says what differs). Its side-car says what
its task is: labels or channels on the grid, boxes, or classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from monai.data import MetaTensor  # type: ignore[attr-defined]
from monai.transforms import Invertd  # type: ignore[attr-defined]

from apps.ai.analyses.results import AnalysisOutcome, ProgressReporter, ValueMap
from apps.ai.bundle_manifest import read_manifest
from apps.ai.bundle_tree import read_tree
from apps.ai.runner.boxes import find_boxes
from apps.ai.runner.bundle_config import OwnCode, build_parts
from apps.ai.runner.chains import run_finishing, run_inversion, run_preparation
from apps.ai.runner.classes import read_probabilities, state_class
from apps.ai.runner.effort import Effort
from apps.ai.runner.label_maps import find_segments
from apps.ai.runner.model_inputs import build_items
from apps.ai.runner.model_outputs import read_grid
from apps.ai.runner.refusals import BundleRefused
from apps.ai.runner.tuning import TunedNetwork
from apps.ai.runner.value_maps import find_probability_maps
from apps.ai.runner.volumes import RunnerVolume
from apps.ai.runner.windows import WindowedInference

Data = dict[str, Any]
Warnings = tuple[tuple[str, str], ...]


class BundleModel:
    """A loaded bundle, ready for any number of studies.

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
        self._side_car = self.manifest.side_car
        self._inputs = self._side_car.read_inputs()
        self._image_key = self._inputs[0].key
        self._output_key = self._side_car.output_key
        self._own_code = OwnCode(root=root)
        with self._own_code:
            self._parts = build_parts(root=root, manifest=self.manifest, device=self.device)
        self._windows = WindowedInference(
            self._parts.inferer, same_once=self._side_car.limits.same_windows_once
        )
        self._network = TunedNetwork(self._parts.network, device=self.device)

    @property
    def memory_bytes(self) -> int:
        """What its weights hold."""
        network = self._parts.network
        held = [*network.parameters(), *network.buffers()]
        return sum(one.numel() * one.element_size() for one in held)

    def run(
        self,
        *,
        volume: RunnerVolume,
        parameters: dict[str, Any],
        progress: ProgressReporter,
        further: Mapping[str, RunnerVolume] | None = None,
        effort: Effort = Effort.USUAL,
    ) -> AnalysisOutcome:
        """Run the bundle and describe what it gave, on the grid of ``volume``.

        Parameters
        ----------
        volume:
            The first input.
        further:
            The other inputs by their role.
        effort:
            How much memory it may take.
        """
        self._windows.effort = effort
        volumes = {self._inputs[0].role: volume, **(further or {})}
        progress(0.2, "preprocess")
        with self._own_code, torch.inference_mode():
            items, warnings = build_items(inputs=self._inputs, volumes=volumes)
            data = self._prepare(items)
            progress(0.35, "inference")
            match self._side_car.task:
                case "segmentation":
                    data = self._segment(data, progress)
                case "detection":
                    data = self._detect(data, progress)
                case "classification":
                    data = self._classify(data, progress)
        progress(0.9, "measure")
        return self._describe(data, volume, parameters, warnings)

    def _prepare(self, items: Mapping[str, MetaTensor]) -> Data:
        prepared = run_preparation(self._parts.preprocessing, dict(items))
        if not isinstance(prepared, dict) or self._image_key not in prepared:
            raise BundleRefused("preprocessing", "The preprocessing gave no single image.")
        return prepared

    def _segment(self, data: Data, progress: ProgressReporter) -> Data:
        data[self._output_key] = self._as_output(self._infer(data), data)
        progress(0.8, "postprocess")
        if not self._parts.inverts:
            invert = Invertd(
                keys=self._output_key,
                transform=self._parts.preprocessing,  # type: ignore[arg-type]
                orig_keys=self._image_key,
                nearest_interp=False,
                to_tensor=True,
            )
            data = run_inversion(invert, data)
        return self._finish(data)

    def _detect(self, data: Data, progress: ProgressReporter) -> Data:
        """Detectors take a list of images and give a dictionary for each."""
        if self._windows.effort is not Effort.USUAL and self._windows.effort is not Effort.ON_CPU:
            raise BundleRefused("out_of_memory", "A detector lays its own windows.")
        image = data[self._image_key].to(self.device)
        raw = self._parts.inferer([image], self._parts.network)
        found = raw[0] if isinstance(raw, list | tuple) and raw else raw
        if not isinstance(found, dict):
            raise BundleRefused("output_missing", "The detector gave no boxes.")
        progress(0.8, "postprocess")
        return self._finish({**found, self._image_key: data[self._image_key]})

    def _classify(self, data: Data, progress: ProgressReporter) -> Data:
        data[self._output_key] = torch.as_tensor(self._infer(data)).detach()
        progress(0.8, "postprocess")
        return self._finish(data)

    def _infer(self, data: Data) -> Any:
        image = data[self._image_key].unsqueeze(0).to(self.device)
        with self._in_precision():
            raw = self._windows(image, self._parts.network, self._network)
        if isinstance(raw, tuple | list):
            raw = raw[0]
        return raw[0]

    def _in_precision(self) -> Any:
        """The arithmetic the model was validated in; mixed precision on a GPU only."""
        precision = self._side_car.limits.precision
        if precision == "float32" or self.device.type != "cuda":
            return nullcontext()
        return torch.autocast("cuda", dtype=getattr(torch, precision))

    def _as_output(self, raw: Any, data: Data) -> MetaTensor:
        """The raw output with the image's place, so that the way back to the source is known.

        Inversion would stretch an output of another shape over the image, unnoticed.
        """
        image, output = data[self._image_key], torch.as_tensor(raw).detach()
        if output.shape[1:] != image.shape[1:]:
            given, wanted = tuple(output.shape[1:]), tuple(image.shape[1:])
            raise BundleRefused("output_grid", f"The network gave {given} for {wanted}.")
        return MetaTensor(
            output,
            meta=dict(image.meta),
            applied_operations=list(image.applied_operations),
        )

    def _finish(self, data: Data) -> Data:
        if self._parts.postprocessing is None:
            return data
        finished = run_finishing(self._parts.postprocessing, data)
        if not isinstance(finished, dict):
            raise BundleRefused("output_missing", "The postprocessing gave no single result.")
        return finished

    def _describe(
        self, data: Data, volume: RunnerVolume, parameters: dict[str, Any], warnings: Warnings
    ) -> AnalysisOutcome:
        maps: tuple[ValueMap, ...] = ()
        if self._side_car.task == "classification":
            return self._describe_classes(data, parameters, warnings)
        if self._side_car.task == "detection" and self._side_car.boxes is not None:
            segments, more = find_boxes(
                found=data,
                part=self._side_car.boxes,
                outputs=self._side_car.outputs,
                volume=volume,
            )
            warnings += more
        else:
            grid = read_grid(
                data=data,
                output_key=self._output_key,
                shape=volume.voxels.shape,
                by_channel=any(one.channel is not None for one in self._side_car.outputs),
            )
            segments = find_segments(
                grid=grid, affine_lps=volume.affine_lps, outputs=self._side_car.outputs
            )
            maps, more = find_probability_maps(grid=grid, outputs=self._side_car.outputs)
            warnings += more
        return AnalysisOutcome.from_segments(
            segments=segments, parameters=parameters, warnings=warnings, maps=maps
        )

    def _describe_classes(
        self, data: Data, parameters: dict[str, Any], warnings: Warnings
    ) -> AnalysisOutcome:
        probabilities = read_probabilities(
            data.get(self._output_key), activate=self._parts.postprocessing is None
        )
        statement, table = state_class(probabilities=probabilities, outputs=self._side_car.outputs)
        return AnalysisOutcome(
            kind="findings" if statement else "no_findings",
            statements=(statement,) if statement else (),
            parameters={**parameters, **{f"probability: {name}": p for name, p in table.items()}},
            warnings=warnings,
        )
