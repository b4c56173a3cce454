"""An archive that speaks DIMSE only: storescu sends to Orthanc, and from there as from any PACS."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.uid import generate_uid

from apps.imaging import archive
from apps.imaging.choices import StudyState
from apps.imaging.models import Instance, Study
from config.supervisor.orthanc import OrthancServer
from tests.apps.imaging.dicom import make_series, read_bytes, write_files
from tests.integration.test_orthanc_ingest import connect, link, own, run_queued
from tests.orthanc import OrthancUnderTest, skip_without_orthanc
from tests.people import CaseTeam, make_case_team
from tests.system_parts import find_program, is_required

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.orthanc]


class BridgeServer(OrthancServer):
    """The lines of docs/walkthroughs/connect-dimse.md, on a free port."""

    dicom_port = 0

    def configuration(self) -> dict[str, object]:
        return super().configuration() | {
            "DicomServerEnabled": True,
            "DicomAet": "BRIDGE",
            "DicomPort": self.dicom_port,
            "DicomCheckCalledAet": True,
            "DicomAlwaysAllowEcho": False,
            "DicomAlwaysAllowStore": False,
            "DicomModalities": {"archive": ["OLDPACS", "127.0.0.1", 104]},
        }


@pytest.fixture()
def bridge(tmp_path: Path) -> Iterator[OrthancUnderTest]:
    skip_without_orthanc()
    if not find_program("storescu"):
        reason = "dcmtk is not installed (make test says how)"
        pytest.fail(reason) if is_required() else pytest.skip(reason)
    server = OrthancUnderTest(root=tmp_path / "bridge")
    server._server = BridgeServer(root=tmp_path / "bridge")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        BridgeServer.dicom_port = probe.getsockname()[1]
    server.start()
    yield server
    server.stop()


def send(files: list[Path], *, calling: str) -> int:
    """dcmtk's storescu, as an old archive would: C-STORE over an association."""
    done = subprocess.run(
        ["storescu", "--propose-lossless", "-aet", calling, "-aec", "BRIDGE", "127.0.0.1",
         str(BridgeServer.dicom_port), *map(str, files)],
        capture_output=True,
        timeout=60,
        check=False,
    )  # fmt: skip
    return done.returncode


def test_what_an_old_archive_sends_comes_into_the_case(
    bridge: OrthancUnderTest, tmp_path: Path, settings: Any
) -> None:
    settings.ARCHIVE_ROOT = tmp_path / "archive"
    team: CaseTeam = make_case_team()
    study_uid = generate_uid()
    objects = make_series(count=4, **own(team, study_uid=study_uid))
    files = write_files(tmp_path / "in", objects)
    assert send(files, calling="STRANGER") != 0  # only whom the bridge knows may store
    assert send(files, calling="OLDPACS") == 0
    study_id = link(team, connect(bridge), study_uid).study_id
    run_queued()
    study = Study.objects.get(pk=study_id)
    assert (study.state, study.error_code) == (StudyState.READY, "")
    sent = {read_bytes(raw).SOPInstanceUID: read_bytes(raw).pixel_array for raw in objects}
    for row in Instance.objects.filter(study=study):
        kept = read_bytes(archive.read_original(instance_id=row.pk))
        assert np.array_equal(kept.pixel_array, sent.pop(row.sop_instance_uid))
    assert sent == {}
