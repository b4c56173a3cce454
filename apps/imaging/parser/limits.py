"""The limits a parser child works under, as plain values sent by the parent."""

import resource
from dataclasses import dataclass
from pathlib import Path

MIB = 1024 * 1024
HEADROOM_BYTES = 256 * MIB
MEMORY_PER_FILE_BYTE = 4


@dataclass(frozen=True, slots=True)
class Limits:
    file_bytes: int = 2048 * MIB
    elements: int = 400_000
    depth: int = 24
    decoded_bytes: int = 4096 * MIB
    frame_bytes: int = 512 * MIB
    cpu_s: int = 120


def tighten_process() -> None:
    """Once at start: no core files, few descriptors, no new privileges."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    _forbid_new_privileges()


def limit_next_file(*, limits: Limits, size_bytes: int, extra_bytes: int = 0) -> None:
    """Address space, CPU seconds and written bytes for the next file only.

    Only the soft limits move, so that the next file can be given its own.
    """
    address_space = _address_space_in_use() + memory_for(size_bytes) + extra_bytes
    _set_soft(resource.RLIMIT_AS, address_space)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _set_soft(resource.RLIMIT_CPU, int(usage.ru_utime + usage.ru_stime) + limits.cpu_s)
    _set_soft(resource.RLIMIT_FSIZE, limits.decoded_bytes + limits.file_bytes)


def memory_for(size_bytes: int) -> int:
    """Bytes that reading a file of this size may take, beyond what the child has already."""
    return HEADROOM_BYTES + MEMORY_PER_FILE_BYTE * size_bytes


def lift_memory_limit() -> None:
    """Between files, so that the child can say that it ran out of memory."""
    _set_soft(resource.RLIMIT_AS, resource.RLIM_INFINITY)


def _set_soft(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY and (value == resource.RLIM_INFINITY or value > hard):
        value = hard
    resource.setrlimit(kind, (value, hard))


def _address_space_in_use() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


def _forbid_new_privileges() -> None:
    import ctypes

    pr_set_no_new_privs = 38
    ctypes.CDLL(None).prctl(pr_set_no_new_privs, 1, 0, 0, 0)
