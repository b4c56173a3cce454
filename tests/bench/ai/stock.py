"""MONAI's own evaluator on a bundle, timed: a process of its own, as ``monai.bundle run`` is one.

    python -m tests.bench.ai.stock BUNDLE DATA ROUNDS

Builds what ``python -m monai.bundle run`` builds (``ConfigWorkflow``), runs it ROUNDS times and
prints, as JSON, the seconds of each forward pass: what lies between the evaluator's
ITERATION_STARTED and FORWARD_COMPLETED events.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from ignite.engine import Events
from monai.bundle import ConfigWorkflow  # type: ignore[attr-defined]
from monai.engines.utils import IterationEvents


def time_forward(*, bundle: Path, data: Path, rounds: int) -> list[float]:
    """Seconds of the forward pass (sliding window and network), round by round."""
    workflow = ConfigWorkflow(
        workflow_type="inference",
        config_file=str(bundle / "configs" / "inference.json"),
        meta_file=str(bundle / "configs" / "metadata.json"),
        logging_file=False,
        bundle_root=str(bundle),
        dataset_dir=str(data),
    )
    workflow.initialize()
    evaluator = workflow.parser.get_parsed_content("evaluator")
    started: list[float] = []
    seconds: list[float] = []
    evaluator.add_event_handler(
        Events.ITERATION_STARTED, lambda _: started.append(time.perf_counter())
    )
    evaluator.add_event_handler(
        IterationEvents.FORWARD_COMPLETED,
        lambda _: seconds.append(time.perf_counter() - started[-1]),
    )
    for _ in range(rounds):
        evaluator.run()
    return seconds


if __name__ == "__main__":
    root, given, count = sys.argv[1:]
    print(json.dumps(time_forward(bundle=Path(root), data=Path(given), rounds=int(count))))
