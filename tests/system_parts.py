"""The programs of the system that tests run against: looked for, installed where that is allowed.

    python -m tests.system_parts [--bench]

As root on Debian it installs what is missing; elsewhere it prints the one line that would, and says
by name what the tests will skip. With CI=true a missing part is a failure. OHIF, the viewer our
gateway is tried with, comes from the npm registry as its makers published it, into ``var/parts``.
With ``--bench`` it also sees to what only the benchmarks need.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.supervisor.orthanc import find_dicomweb_plugin, find_orthanc

POLICY = Path("/usr/sbin/policy-rc.d")
OHIF = "@ohif/app@3.12.10"
#: Of the package as published; another one is not what was tried.
OHIF_SHA512 = (
    "0kuF66Mq9c9dMD++bUsTjMrJpXJwaZhz9B4uS244DawAjSkTwIYFU93pxPuRUQixaRi7QAHlF3Fe1qudBlZrmA=="
)
OHIF_DIST = Path(__file__).resolve().parents[1] / "var" / "parts" / "ohif-3.12.10"
SYSTEM_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


@dataclass(frozen=True)
class Part:
    """One program: its Debian packages, what is skipped without it, and how to find it."""

    packages: tuple[str, ...]
    skipped_without: str
    find: Callable[[], object]
    fetch: Callable[[], None] | None = None


def find_chromium() -> str | None:
    return find_program("chromium") or find_program("chromium-browser")


def find_ohif() -> Path | None:
    """Folder of OHIF's published pages; CONSILIUM_OHIF_DIST names another than the fetched one."""
    named = os.environ.get("CONSILIUM_OHIF_DIST", "")
    folder = Path(named) if named else OHIF_DIST
    return folder if (folder / "index.html").is_file() else None


def fetch_ohif() -> None:
    """npm's package, checked and unpacked into ``OHIF_DIST``; nothing without a registry."""
    if not shutil.which("npm"):
        return
    OHIF_DIST.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=OHIF_DIST.parent) as name:
        folder = Path(name)
        subprocess.run(
            ["npm", "pack", OHIF, "--silent", "--pack-destination", name],
            check=False,
            stdout=subprocess.DEVNULL,
        )
        for package in folder.glob("*.tgz"):
            digest = hashlib.sha512(package.read_bytes()).digest()
            if base64.b64encode(digest).decode("ascii") != OHIF_SHA512:
                print(f"{OHIF} is not the package it was; not used")
                return
            with tarfile.open(package) as packed:
                packed.extractall(folder, filter="data")
            (folder / "package" / "dist").rename(OHIF_DIST)


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
        skipped_without="the DICOM conformance of SEG, SR, RTSTRUCT, maps and phantoms",
        find=lambda: find_program("dciodvfy"),
    ),
    "OHIF": Part(
        packages=(),
        skipped_without="the gateway shown in OHIF, which npm fetches",
        find=find_ohif,
        fetch=fetch_ohif,
    ),
}


BENCH_PARTS = {
    "wrk": Part(
        packages=("wrk",),
        skipped_without="make bench NAME=images",
        find=lambda: find_program("wrk"),
    ),
}


def find_missing(parts: Mapping[str, Part]) -> list[str]:
    """Names of the parts this machine lacks."""
    return [name for name, part in parts.items() if not part.find()]


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


def _packages(parts: Mapping[str, Part], names: list[str]) -> list[str]:
    return [package for name in names for package in parts[name].packages]


def main(arguments: Sequence[str] = ()) -> int:
    parts = PARTS | BENCH_PARTS if "--bench" in arguments else PARTS
    missing = find_missing(parts)
    if missing:
        print(f"installing {', '.join(missing)}", flush=True)
        packages = _packages(parts, missing)
        if packages and os.geteuid() == 0 and shutil.which("apt-get"):
            install(packages=packages)
        for name in missing:
            if fetch := parts[name].fetch:
                fetch()
        missing = find_missing(parts)
    if not missing:
        return 0
    packages = _packages(parts, missing)
    line = f"  apt-get install {' '.join(packages)}" if packages else ""
    print(f"Missing: {', '.join(missing)}.{line}")
    for name in missing:
        print(f"  without {name} is skipped: {parts[name].skipped_without}")
    return 1 if is_required() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
