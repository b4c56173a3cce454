"""A plain Celery task without rows: the message is the job. For comparison only."""

from __future__ import annotations

import os
import time
from pathlib import Path

from celery import Celery

LATE = os.environ.get("NAIVE_LATE") == "1"
HALF_OF_THE_WORK_S = 0.15
#: Far less than Celery's hour: a patient house would wait that long for what a dead worker held.
VISIBILITY_S = 15

app = Celery("naive", broker=os.environ["NAIVE_BROKER"])
app.conf.update(
    broker_transport_options={"visibility_timeout": VISIBILITY_S},
    broker_connection_retry_on_startup=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
)


@app.task(name="naive.analyse", acks_late=LATE, reject_on_worker_lost=LATE)
def analyse(number: int) -> None:
    """Compute, write the result, send it home."""
    time.sleep(HALF_OF_THE_WORK_S)
    with Path(os.environ["NAIVE_RESULTS"]).open("a", encoding="ascii") as results:
        results.write(f"{number}\n")
    time.sleep(HALF_OF_THE_WORK_S)
