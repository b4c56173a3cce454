"""A real Orthanc beside the demo hospital: loopback, password, its own storage under ``var``."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path

from config.supervisor.errors import CannotStart
from config.supervisor.programs import Program
from config.supervisor.servers import ensure_secret, make_private, read_secret, write_secret

USER = "consilium"
PLUGIN_DIRECTORIES = (
    "/usr/share/orthanc/plugins",
    "/usr/local/share/orthanc/plugins",
    "/usr/lib/orthanc/plugins",
)
PLUGIN_PATTERN = "libOrthancDicomWeb.so*"


def find_orthanc() -> Path | None:
    """The Orthanc on the PATH, whatever its package calls it."""
    for name in ("orthanc", "Orthanc"):
        found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
        if found:
            return Path(found)
    return None


def find_dicomweb_plugin() -> Path | None:
    for directory in PLUGIN_DIRECTORIES:
        for plugin in sorted(Path(directory).glob(PLUGIN_PATTERN)):
            return plugin
    return None


class OrthancServer:
    """Configuration of one Orthanc under `root`; the supervisor or a test runs its `program`.

    Orthanc 1.10 ignores ``HttpBindAddresses`` and listens on every address, therefore
    ``RemoteAccessAllowed`` is false *and* there is a password.
    """

    def __init__(self, *, root: Path, port: int | None = None) -> None:
        self.root = root.resolve()
        make_private(self.root)
        ensure_secret(self.root / "password")
        self.port = port or self._remembered_port()

    @property
    def password(self) -> str:
        return read_secret(self.root / "password")

    @property
    def root_url(self) -> str:
        """Address without credentials."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def dicomweb_url(self) -> str:
        """CONSILIUM_PACS_URL: the DICOMweb root with user and password."""
        return f"http://{USER}:{self.password}@127.0.0.1:{self.port}/dicom-web"

    @property
    def program(self) -> Program:
        binary = find_orthanc()
        if binary is None or find_dicomweb_plugin() is None:
            raise CannotStart(
                "Orthanc or its DICOMweb plugin is not installed: "
                "apt-get install orthanc orthanc-dicomweb, or leave --orthanc away."
            )
        configuration = self.root / "orthanc.json"
        write_secret(configuration, json.dumps(self.configuration(), indent=2))
        return Program(name="orthanc", command=[str(binary), str(configuration)])

    def configuration(self) -> dict[str, object]:
        storage = self.root / "storage"
        storage.mkdir(mode=0o700, exist_ok=True)
        return {
            "Name": "Consilium demo PACS",
            "StorageDirectory": str(storage),
            "IndexDirectory": str(storage),
            "Plugins": [str(find_dicomweb_plugin())],
            "HttpServerEnabled": True,
            "HttpPort": self.port,
            "HttpBindAddresses": ["127.0.0.1"],
            "HttpCompressionEnabled": False,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": True,
            "RegisteredUsers": {USER: self.password},
            "DicomServerEnabled": False,
            "OrthancExplorerEnabled": False,
            "ExecuteLuaEnabled": False,
            "OverwriteInstances": False,
            "DicomWeb": {
                "Enable": True,
                "Root": "/dicom-web/",
                "EnableWado": False,
                "StudiesMetadata": "Full",
                "SeriesMetadata": "Full",
            },
        }

    def _remembered_port(self) -> int:
        """The port of last time where it is still free, so that its address stays the same."""
        memory = self.root / "port"
        remembered = int(memory.read_text(encoding="ascii")) if memory.exists() else 0
        port = _bindable_port(wanted=remembered)
        memory.write_text(str(port), encoding="ascii")
        return port


def _bindable_port(*, wanted: int) -> int:
    for candidate in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise CannotStart("No free port is left for Orthanc.")
