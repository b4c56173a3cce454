"""How much memory a device has, and what a run may still take of it. Free of Django and torch.

On the processor that is what the kernel says is available (``/proc/meminfo``), held to the control
group's limit and to the address space a runner may use. On a GPU the runner asks CUDA
(``device_memory``), because only a process with a context can.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROC = Path("/proc")
_CGROUPS = Path("/sys/fs/cgroup")
#: Version 1 writes "no limit" as a number near 2**63.
_NO_LIMIT = 1 << 60


@dataclass(frozen=True, slots=True)
class DeviceMemory:
    """Bytes: all that a run on the device could ever get, and what it would get now."""

    total_bytes: int
    free_bytes: int

    def held_to(self, limit_bytes: int) -> DeviceMemory:
        """No more than ``limit_bytes``; 0 is no limit."""
        if not limit_bytes:
            return self
        return DeviceMemory(
            total_bytes=min(self.total_bytes, limit_bytes),
            free_bytes=min(self.free_bytes, limit_bytes),
        )


def host_memory(*, proc: Path = _PROC, cgroups: Path = _CGROUPS) -> DeviceMemory:
    """Memory of this machine, or of the control group this process is in, whichever is less."""
    facts = _read_meminfo(proc / "meminfo")
    total, free = facts.get("MemTotal", 0), facts.get("MemAvailable", 0)
    for limit, used in _read_groups(proc, cgroups):
        total = min(total, limit)
        free = min(free, max(0, limit - used))
    return DeviceMemory(total_bytes=total, free_bytes=free)


def device_memory(device: str) -> DeviceMemory:
    """Of ``cpu`` or ``cuda:N``, asked in the process that will compute on it.

    What this process's allocator keeps for reuse counts as free.
    """
    if not device.startswith("cuda"):
        return host_memory()
    import torch

    free, total = torch.cuda.mem_get_info(device)
    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return DeviceMemory(total_bytes=int(total), free_bytes=int(free) + int(kept))


def resident_bytes(pid: int) -> int:
    """What the process holds in memory now; 0 when it is gone."""
    facts = {}
    with contextlib.suppress(OSError):
        facts = _read_meminfo(_PROC / str(pid) / "status")
    return facts.get("VmRSS", 0)


def count_oom_kills() -> int:
    """How often the kernel has ended a process for want of memory, as far as it can be seen.

    Of the machine (``/proc/vmstat``) and of this process's control group. A difference says
    whether a process that died by SIGKILL was ended by that.
    """
    count = 0
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in (_PROC / "vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                count += int(line.split()[1])
    for folder in _group_folders(_PROC, _CGROUPS):
        for name in ("memory.events", "memory.oom_control"):
            with contextlib.suppress(OSError, ValueError, IndexError):
                for line in (folder / name).read_text().splitlines():
                    if line.startswith("oom_kill "):
                        count += int(line.split()[1])
    return count


def is_out_of_memory(error: BaseException) -> bool:
    """Whether this is how Python, torch or CUDA says that memory was not enough."""
    if isinstance(error, MemoryError):
        return True
    if type(error).__name__ == "OutOfMemoryError":  # torch's, without importing it here
        return True
    said = str(error)
    return isinstance(error, RuntimeError | OSError) and any(
        sign in said for sign in _SIGNS_OF_WANT
    )


#: Allocators of torch's processor build, of CUDA's libraries and of the C++ library, in words.
_SIGNS_OF_WANT = (
    "DefaultCPUAllocator: can't allocate memory",
    "DefaultCPUAllocator: not enough memory",
    "CUDA out of memory",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "std::bad_alloc",
    "Cannot allocate memory",
    "could not create a memory object",
)


def names_want_of_memory(lines: str) -> bool:
    """The same of what a process wrote before it ended."""
    return any(sign in lines for sign in (*_SIGNS_OF_WANT, "MemoryError"))


def _read_meminfo(path: Path) -> dict[str, int]:
    """Lines of ``Name:  123 kB`` as bytes."""
    found = {}
    for line in path.read_text().splitlines():
        name, _, rest = line.partition(":")
        words = rest.split()
        if len(words) == 2 and words[1] == "kB" and words[0].isdigit():
            found[name] = int(words[0]) * 1024
    return found


def _read_groups(proc: Path, cgroups: Path) -> list[tuple[int, int]]:
    """(limit, in use) of every group above this process; file cache does not count as in use."""
    found = []
    for folder in _group_folders(proc, cgroups):
        limit = _first_number(folder, "memory.max", "memory.limit_in_bytes")
        if limit is None or limit >= _NO_LIMIT:
            continue
        used = _first_number(folder, "memory.current", "memory.usage_in_bytes") or 0
        found.append((limit, max(0, used - _inactive_file_bytes(folder))))
    return found


def _group_folders(proc: Path, cgroups: Path) -> list[Path]:
    """This process's memory group and those above it; version 2 and 1."""
    folders = []
    with contextlib.suppress(OSError):
        for line in (proc / "self" / "cgroup").read_text().splitlines():
            number, controllers, path = line.split(":", 2)
            if number == "0" and not controllers:
                root = cgroups
            elif "memory" in controllers.split(","):
                root = cgroups / "memory"
            else:
                continue
            folder = root / path.strip("/")
            # In a container the path is the host's; what is mounted is the group itself.
            folders += [one for one in (folder, *folder.parents, root) if one.is_relative_to(root)]
    return list(dict.fromkeys(one for one in folders if one.is_dir()))


def _inactive_file_bytes(folder: Path) -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in (folder / "memory.stat").read_text().splitlines():
            if line.startswith(("inactive_file ", "total_inactive_file ")):
                return int(line.split()[1])
    return 0


def _first_number(folder: Path, *names: str) -> int | None:
    for name in names:
        with contextlib.suppress(OSError, ValueError):
            return int((folder / name).read_text())
    return None


def describe(memory: DeviceMemory) -> dict[str, Any]:
    """In whole MiB, as it is kept in a heartbeat."""
    return {"total_mb": memory.total_bytes >> 20, "free_mb": memory.free_bytes >> 20}
