"""A run that met the memory's limit is tried again smaller; each step is named on the result.

One window at a time, then the output put together in the host's memory, then the processor where
the model's side-car allows it. Each step gets a fresh runner: what ran out of memory leaves its
process in no known state.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from apps.ai.analyses.results import AnalysisOutcome
from apps.ai.runner.client import OUT_OF_MEMORY, ModelRunner, RunRequest
from apps.ai.runner.effort import Effort
from apps.ai.runner.process import RunnerError

logger = logging.getLogger(__name__)

Warnings = tuple[tuple[str, str], ...]
RAN_SMALLER = "ran_smaller"
RAN_ON_CPU = "ran_on_cpu"


@dataclass(frozen=True, slots=True)
class Step:
    """One way to run, and what the result says of it."""

    effort: Effort
    device: str
    warnings: Warnings = ()


def list_steps(*, device: str, may_use_cpu: bool) -> list[Step]:
    """From the usual way to the smallest; on the processor there are two."""
    steps = [
        Step(Effort.USUAL, device),
        Step(Effort.ONE_WINDOW, device, ((RAN_SMALLER, _ONE_WINDOW),)),
    ]
    if device.startswith("cuda"):
        steps.append(Step(Effort.STITCHED_ON_HOST, device, ((RAN_SMALLER, _ON_HOST),)))
        if may_use_cpu:
            steps.append(Step(Effort.ON_CPU, "cpu", ((RAN_ON_CPU, _ON_CPU),)))
    return steps


def run_to_fit(
    *,
    runner: ModelRunner,
    request: RunRequest,
    may_use_cpu: bool,
    on_progress: Callable[[float, str], None],
    should_stop: Callable[[], bool],
) -> AnalysisOutcome:
    """Run, smaller and smaller, until it fits.

    Raises
    ------
    RunnerError
        ``out_of_memory`` when the smallest step met the limit too; else as ``ModelRunner.run``.
    RunStopped
        ``should_stop`` turned true.
    """
    steps = list_steps(device=request.device, may_use_cpu=may_use_cpu)
    if request.kind == "builtin":
        steps = steps[:1]
    tried: list[str] = []
    for step in steps:
        smaller = replace(request, effort=step.effort, device=step.device)
        try:
            outcome = runner.run(request=smaller, on_progress=on_progress, should_stop=should_stop)
        except RunnerError as error:
            if error.code != OUT_OF_MEMORY:
                raise
            logger.warning("model runner: out of memory, %s on %s", step.effort, step.device)
            tried.append(f"{step.effort.replace('_', ' ')} on {step.device}")
            last = error
            runner.close()
            continue
        return replace(outcome, warnings=(*outcome.warnings, *step.warnings))
    raise RunnerError(
        OUT_OF_MEMORY,
        f"Memory was not enough ({', '.join(tried)}). Last: {last.message}"[:2_000],
        retryable=False,
    ) from last


_ONE_WINDOW = (
    "The device's memory was not enough for the usual number of windows; they went through the "
    "network one at a time. The result is the same up to rounding."
)
_ON_HOST = (
    "The device's memory was not enough; windows went through the network one at a time and were "
    "put together in the host's memory. The result is the same up to rounding."
)
_ON_CPU = (
    "The device's memory was not enough; the model ran on the processor. The result is the same "
    "up to rounding."
)
