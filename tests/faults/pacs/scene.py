"""What the tests of a failing PACS share: link, run what is queued, and ways to answer wrongly."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from apps.core.models import OutboxMessage
from apps.imaging import services
from apps.imaging.archive.layout import archive_root
from apps.imaging.models import Study
from apps.imaging.services import ingesting
from tests.apps.imaging.dicom import read_bytes
from tests.faults.fake_pacs import FakePacs, send
from tests.people import SYSTEM, CaseTeam

Fault = Callable[[socket.socket, str, bytes], bool]


def link(team: CaseTeam, pacs: FakePacs, objects: list[bytes]) -> Study:
    """Linked and queued while the PACS was still well."""
    connection = services.create_connection(actor=SYSTEM, name="fake", base_url=pacs.base_url)
    return services.link_study(
        actor=team.actor("coordinator"),
        case_id=team.case_id,
        pacs_id=connection.pk,
        study_instance_uid=str(read_bytes(objects[0]).StudyInstanceUID),
    ).study


def run_queued() -> float:
    started = time.monotonic()
    for message in OutboxMessage.objects.filter(task=ingesting.INGEST_TASK).order_by("id"):
        services.run_ingest(job_id=message.kwargs["job_id"])
    return time.monotonic() - started


def on(kind: str, act: Callable[[socket.socket, bytes], None]) -> Fault:
    def fault(connection: socket.socket, asked: str, body: bytes) -> bool:
        if asked != kind:
            return False
        act(connection, body)
        return True

    return fault


def status(text: str, headers: str = "") -> Callable[[socket.socket, bytes], None]:
    return lambda c, body: send(c, b"{}", status=text, headers=headers)


def no_leftovers(study: Study) -> bool:
    root = archive_root()
    staged = [path for path in (root / "staging").rglob("*") if path.is_file()]
    drafts = list((root / "drafts").iterdir()) if (root / "drafts").exists() else []
    return not staged and not drafts
