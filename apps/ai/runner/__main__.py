"""Entry of the runner process: confine first, import models later, answer one run at a time.

Started by ``client.ModelRunner`` as ``python -m apps.ai.runner`` with an emptied environment.
Standard output is the wire; whatever a model prints goes to standard error.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from apps.ai.runner import frames
from apps.ai.runner.memory import is_out_of_memory
from apps.ai.runner.sandbox import confine, die_with_parent, limit_resources


def main() -> int:
    arguments = _parse_arguments()
    die_with_parent(parent_pid=arguments.parent_pid)
    requests, answers = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    scratch = Path(arguments.scratch)
    limit_resources(
        memory_bytes=arguments.memory_bytes,
        file_bytes=arguments.file_bytes,
        open_files=arguments.open_files,
    )
    confinement = confine(
        readable=[*_interpreter_paths(), *map(Path, arguments.readable), scratch / "in"],
        writable=[scratch / "work"],
    )
    os.chdir(scratch / "work")
    _serve(requests, answers, scratch, confinement.as_dict(), arguments.warm_bytes)
    return 0


def _serve(
    requests: int, answers: int, scratch: Path, confinement: dict[str, Any], warm_bytes: int
) -> None:
    frames.write_frame(answers, {"type": "ready", "pid": os.getpid(), "confinement": confinement})
    from apps.ai.runner.execution import Executor

    executor = Executor(scratch=scratch, warm_bytes=warm_bytes)
    while True:
        try:
            request = frames.read_frame(requests)
        except frames.EndOfStream:
            return
        run_id = str(request.get("run_id", ""))

        def report(fraction: float, stage: str, run_id: str = run_id) -> None:
            frames.write_frame(
                answers,
                {"type": "progress", "run_id": run_id, "fraction": fraction, "stage": stage},
            )

        try:
            outcome = executor.execute(request=request, progress=report)
            frames.write_frame(answers, {"type": "outcome", "run_id": run_id, "outcome": outcome})
        except BrokenPipeError:
            return
        except BaseException as error:  # noqa: BLE001 - model code may raise anything at all
            traceback.print_exc()
            frames.write_frame(answers, _describe_error(run_id, error))


def _describe_error(run_id: str, error: BaseException) -> dict[str, Any]:
    """Name the root of the chain: frameworks wrap what really happened."""
    chain = [error]
    while (deeper := chain[-1].__cause__ or chain[-1].__context__) and deeper not in chain:
        chain.append(deeper)
    codes = [getattr(one, "code", None) for one in chain]
    named = next((code for code in codes if isinstance(code, str)), "")
    if any(is_out_of_memory(one) for one in chain):
        named = "out_of_memory"
    root = chain[-1]
    message = f"{type(root).__name__}: {root}"
    return {
        "type": "error",
        "run_id": run_id,
        "code": (named or "model_error")[:80],
        "message": message[:2_000],
    }


def _interpreter_paths() -> list[Path]:
    code = Path(__file__).resolve().parents[2]
    system = [
        "/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/ld.so.conf",
        "/etc/ld.so.conf.d", "/etc/localtime", "/etc/mime.types", "/etc/ssl/openssl.cnf",
        "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/driver/nvidia",
        "/sys/devices/system", "/sys/bus/pci", "/sys/fs/cgroup",
    ]  # fmt: skip
    prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.realpath(sys.executable)}
    return [code, *map(Path, sorted(prefixes)), *map(Path, system)]


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="apps.ai.runner")
    parser.add_argument("--parent-pid", type=int, required=True)
    parser.add_argument("--scratch", required=True)
    parser.add_argument("--readable", action="append", default=[])
    parser.add_argument("--memory-bytes", type=int, default=0)
    parser.add_argument("--warm-bytes", type=int, default=4 * 1024**3)
    parser.add_argument("--file-bytes", type=int, default=8 * 1024**3)
    parser.add_argument("--open-files", type=int, default=256)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
