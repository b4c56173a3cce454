"""What the runner does with one request: a warm bundle or a built-in analysis."""

from __future__ import annotations

import importlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.ai.analyses.results import AnalysisOutcome, ProgressReporter
from apps.ai.runner.effort import Effort
from apps.ai.runner.memory import describe, device_memory
from apps.ai.runner.volumes import RunnerVolume, open_volume, read_headers
from apps.ai.runner.warm import WarmModels
from apps.ai.runner.wire import pack_outcome

if TYPE_CHECKING:
    from apps.ai.runner.bundle_model import BundleModel

_BUILTIN_PACKAGE = "apps.ai.analyses."


class Executor:
    """Keeps models warm between requests.

    Parameters
    ----------
    scratch:
        The runner's directory: ``in`` is read, ``work`` is written.
    warm_bytes:
        How much the bundles that stay loaded may hold; the least recently used one is dropped.
    """

    def __init__(self, *, scratch: Path, warm_bytes: int) -> None:
        self._scratch = scratch
        self._warm: WarmModels[BundleModel] = WarmModels(budget_bytes=warm_bytes)

    def execute(self, *, request: dict[str, Any], progress: ProgressReporter) -> dict[str, Any]:
        """Run one request and return its packed outcome; masks lie in ``work/<run_id>``.

        A request of kind ``memory`` is answered with what its device has.
        """
        if request["kind"] == "memory":
            return describe(device_memory(str(request["device"])))
        run_id = str(request["run_id"])
        inbox = self._scratch / "in"
        volume = open_volume(directory=inbox, description=request["volume"])
        further = {
            str(one["role"]): open_volume(directory=inbox, description=one)
            for one in request.get("further", [])
        }
        work = self._scratch / "work" / run_id
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        os.chdir(work)
        parameters = dict(request["parameters"])
        if request["kind"] == "builtin":
            outcome = self._run_builtin(request, volume, parameters, progress)
        else:
            outcome = self._run_bundle(request, volume, further, parameters, progress)
        return pack_outcome(outcome=outcome, mask_file=work / "masks.bin")

    def _run_builtin(
        self,
        request: dict[str, Any],
        volume: Any,
        parameters: dict[str, Any],
        progress: ProgressReporter,
    ) -> AnalysisOutcome:
        module_name = str(request["module"])
        if not module_name.startswith(_BUILTIN_PACKAGE):
            raise ValueError("not a built-in analysis")
        analysis = importlib.import_module(module_name)
        headers = read_headers(self._scratch / "in" / str(request["headers"]))
        result = analysis.run(
            volume=volume, headers=headers, parameters=parameters, progress=progress
        )
        if not isinstance(result, AnalysisOutcome):
            raise TypeError("the analysis gave no outcome")
        return result

    def _run_bundle(
        self,
        request: dict[str, Any],
        volume: RunnerVolume,
        further: dict[str, RunnerVolume],
        parameters: dict[str, Any],
        progress: ProgressReporter,
    ) -> AnalysisOutcome:
        progress(0.05, "load_model")
        from apps.ai.runner.bundle_model import BundleModel

        tree_sha256, device = str(request["tree_sha256"]), str(request["device"])
        model = self._warm.take(
            f"{tree_sha256}@{device}",
            device=device,
            room_bytes=int(request.get("room_bytes", 0)),
            load=lambda: BundleModel(
                root=Path(request["bundle_root"]), tree_sha256=tree_sha256, device=device
            ),
        )
        return model.run(
            volume=volume,
            further=further,
            parameters=parameters,
            progress=progress,
            effort=Effort(request.get("effort", Effort.USUAL)),
        )
