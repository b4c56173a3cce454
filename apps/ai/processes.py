"""Worker processes end with their parents, and begin by clearing what dead ones left."""

import ctypes
import signal
from typing import Any

PR_SET_PDEATHSIG = 1


def die_with_worker(**_: Any) -> None:
    """A pool process ends with its worker: an orphan would go on computing unseen."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def clear_what_the_dead_left(**_: Any) -> None:
    """A killed worker's successor starts at once, but may have no job for hours."""
    from apps.ai import conf, storage
    from apps.ai.runner.scratch import remove_stale_scratch

    remove_stale_scratch(conf.scratch_root())
    storage.remove_partials()
