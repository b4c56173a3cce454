"""The runner as a process: what surrounds it, what it may use, and how its end is told."""

from __future__ import annotations

import logging
import os
import resource
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)

_PASSED_ON = ("CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "OMP_NUM_THREADS")


class RunnerError(RuntimeError):
    """The runner could not finish; ``retryable`` says whether another attempt may help."""

    def __init__(self, code: str, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = retryable


def check_confinement(confinement: dict[str, Any]) -> None:
    """Refuse to run models on a machine that cannot keep them from the network.

    Raises
    ------
    RunnerError
        Neither a network namespace nor a system-call filter is in force.
    """
    if not (confinement.get("network_namespace") or confinement.get("syscall_filter")):
        raise RunnerError(
            "not_confined",
            "This machine can neither give the model runner its own network namespace nor filter "
            "its system calls; models are not run here.",
            retryable=False,
        )
    if confinement.get("file_rules") != "landlock":
        logger.warning("model runner: no Landlock here, file rules hold for Python code only")


def bare_environment(work: Path) -> dict[str, str]:
    environment = {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(work),
        # Libraries ask for the name of the user; there is no readable list of them in there.
        "LOGNAME": "model",
        "TMPDIR": str(work),
        "MPLCONFIGDIR": str(work),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        # Memory of volumes and activations comes and goes by the hundred megabytes. In pages of
        # 2 MiB the kernel hands it out several times as fast; other C libraries ignore this.
        "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    }
    environment.update({name: os.environ[name] for name in _PASSED_ON if name in os.environ})
    return environment


def allow_cpu_seconds(pid: int, timeout_s: float) -> None:
    """Move the soft CPU limit ahead of what the process has used, by this run's share."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        used_s = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        soft = int(used_s + timeout_s * (os.cpu_count() or 1)) + 5
        resource.prlimit(pid, resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
    except (OSError, ValueError, IndexError):
        logger.debug("model runner: no CPU limit set for %s", pid)
