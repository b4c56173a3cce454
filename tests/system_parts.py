"""The programs of the system that tests run against: looked for, installed where that is allowed.

    python -m tests.system_parts

As root on Debian it installs what is missing; elsewhere it prints the one line that would, and says
by name what the tests will skip. With CI=true a missing part is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.supervisor.orthanc import find_dicomweb_plugin, find_orthanc

POLICY = Path("/usr/sbin/policy-rc.d")
SYSTEM_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


@dataclass(frozen=True)
class Part:
    """One program: its Debian packages, what is skipped without it, and how to find it."""

    packages: tuple[str, ...]
    skipped_without: str
    find: Callable[[], object]


def find_chromium() -> str | None:
    return find_program("chromium") or find_program("chromium-browser")


def find_program(name: str) -> str | None:
    return shutil.which(name, path=SYSTEM_PATH)


PARTS = {
    "Orthanc with DICOMweb": Part(
        packages=("orthanc", "orthanc-dicomweb"),
        skipped_without="everything against a real PACS, and the browser tests",
        find=lambda: find_orthanc() and find_dicomweb_plugin(),
    ),
    "Chromium": Part(
        packages=("chromium",),
        skipped_without="the browser tests (tests/e2e)",
        find=find_chromium,
    ),
    "nginx": Part(
        packages=("nginx-light",),
        skipped_without="the check of docker/nginx.conf",
        find=lambda: find_program("nginx"),
    ),
    "dcmtk": Part(
        packages=("dcmtk",),
        skipped_without="decoding our objects with a second toolkit",
        find=lambda: find_program("dcmdump"),
    ),
    "dciodvfy": Part(
        packages=("dicom3tools",),
        skipped_without="the DICOM conformance of SEG, SR and phantoms",
        find=lambda: find_program("dciodvfy"),
    ),
}


def find_missing() -> list[str]:
    """Names of the parts this machine lacks."""
    return [name for name, part in PARTS.items() if not part.find()]


def is_required() -> bool:
    """In CI nothing may be skipped for want of a program."""
    return os.environ.get("CI", "").lower() in ("1", "true")


def install(*, packages: list[str]) -> None:
    """apt-get the packages without letting Debian start their services."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with _no_services_started():
        subprocess.run(["apt-get", "update", "-qq"], check=False, env=environment)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
            check=False,
            env=environment,
            stdout=subprocess.DEVNULL,
        )


@contextmanager
def _no_services_started() -> Iterator[None]:
    """Debian starts a daemon it installs (Orthanc on 8042) unless this file forbids it."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def main() -> int:
    missing = find_missing()
    packages = [package for name in missing for package in PARTS[name].packages]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"installing {', '.join(missing)}", flush=True)
        install(packages=packages)
        missing = find_missing()
    if not missing:
        return 0
    packages = [package for name in missing for package in PARTS[name].packages]
    print(f"Missing: {', '.join(missing)}.  apt-get install {' '.join(packages)}")
    for name in missing:
        print(f"  without {name} is skipped: {PARTS[name].skipped_without}")
    return 1 if is_required() else 0


if __name__ == "__main__":
    sys.exit(main())
