"""A real Orthanc with DICOMweb for tests: own port, own storage, password.

Debian's 1.10.1 segfaults when asked to transcode; it stands in for the PACS of a hospital, where
such things happen too: `OrthancUnderTest.stop` and `start` are for tests of a PACS that is away.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from config.supervisor.orthanc import USER, OrthancServer, find_dicomweb_plugin, find_orthanc
from config.supervisor.servers import launch_command
from tests.system_parts import is_required

START_TIMEOUT_S = 30.0


class OrthancUnderTest:
    """One running Orthanc.

    Attributes
    ----------
    rest_url
        Root of Orthanc's own API, to look into the PACS from the side.
    base_url
        DICOMweb root, as a `PacsConnection` wants it.
    username, password
        Credentials for both.
    """

    def __init__(self, *, root: Path) -> None:
        self._server = OrthancServer(root=root)
        self._process: subprocess.Popen[bytes] | None = None
        self.log = root / "orthanc.log"
        self.username = USER
        self.password = self._server.password

    @property
    def rest_url(self) -> str:
        return self._server.root_url

    @property
    def base_url(self) -> str:
        return f"{self.rest_url}/dicom-web"

    @property
    def url_with_credentials(self) -> str:
        """For CONSILIUM_PACS_URL."""
        return self._server.dicomweb_url

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                launch_command(program=self._server.program.command, parent_death="KILL"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.log.parent,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                self.request("GET", "/system").raise_for_status()
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"Orthanc did not start: {self.log.read_text()[-2000:]}")

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Ask Orthanc's own API, with credentials."""
        return httpx.request(
            method,
            f"{self.rest_url}{path}",
            auth=(self.username, self.password),
            timeout=60,
            headers={"Accept-Encoding": "identity"} | options.pop("headers", {}),
            **options,
        )

    def store(self, content: bytes) -> None:
        """Put one DICOM object into the PACS, past Consilium."""
        self.request("POST", "/instances", content=content).raise_for_status()

    def store_folder(self, folder: Path) -> int:
        """Put every file below `folder` into the PACS; how many were DICOM."""
        stored = 0
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                stored += self.request("POST", "/instances", content=path.read_bytes()).is_success
        return stored

    def find(self, *, level: str, query: dict[str, str]) -> list[dict[str, Any]]:
        """Expanded resources at `level` ("Study", "Series", "Instance") that match `query`."""
        body = {"Level": level, "Query": query, "Expand": True}
        answer = self.request("POST", "/tools/find", json=body)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found

    def read_instance(self, *, sop_instance_uid: str) -> bytes:
        """The stored bytes of one object."""
        (found,) = self.find(level="Instance", query={"SOPInstanceUID": sop_instance_uid})
        return self.request("GET", f"/instances/{found['ID']}/file").content

    def empty(self) -> None:
        """Delete every patient."""
        for patient in self.request("GET", "/patients").json():
            self.request("DELETE", f"/patients/{patient}").raise_for_status()


def skip_without_orthanc() -> None:
    """Skip by name, or fail where CI promises that nothing is skipped."""
    if find_orthanc() and find_dicomweb_plugin():
        return
    reason = "Orthanc with its DICOMweb plugin is not installed (make test says how)"
    pytest.fail(reason) if is_required() else pytest.skip(reason)


@pytest.fixture(scope="session")
def orthanc_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancUnderTest]:
    """One Orthanc for the whole run; tests that change it use `orthanc`."""
    skip_without_orthanc()
    server = OrthancUnderTest(root=tmp_path_factory.mktemp("orthanc"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def orthanc(orthanc_server: OrthancUnderTest) -> OrthancUnderTest:
    """The run's Orthanc, running and empty."""
    if orthanc_server._process is None:
        orthanc_server.start()
    orthanc_server.empty()
    return orthanc_server


@pytest.fixture(scope="session")
def second_orthanc_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancUnderTest]:
    """Another PACS of the same house, for the whole run."""
    skip_without_orthanc()
    server = OrthancUnderTest(root=tmp_path_factory.mktemp("second-orthanc"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def second_orthanc(second_orthanc_server: OrthancUnderTest) -> OrthancUnderTest:
    """The run's second Orthanc, running and empty."""
    if second_orthanc_server._process is None:
        second_orthanc_server.start()
    second_orthanc_server.empty()
    return second_orthanc_server
