"""A house with one case and one study pulled from a PACS, and a radiologist who may see it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.e2e.harness import Stack

HEADER = "X-Consilium-Ticket"

#: Runs inside the house, with its database. Waits for the worker, does not do its work.
_PREPARE = """
import json, time
from django.test import Client
from apps.cases.services import create_patient
from apps.imaging.models import IngestJob, PacsConnection, Series, Study
from apps.imaging.services import link_study
from tests.people import SYSTEM, make_case_team
from datetime import date
patient = create_patient(actor=SYSTEM, patient_id={patient_id!r}, issuer="", name="Bench^Phantom",
                         birth_date=date(1960, 1, 1), sex="F")
team = make_case_team(patient=patient)
link_study(actor=team.actor("coordinator"), case_id=team.case_id,
           pacs_id=PacsConnection.objects.get().pk, study_instance_uid={study_uid!r})
until = time.monotonic() + 300
while True:
    job = IngestJob.objects.get()
    if job.finished_at or time.monotonic() > until:
        break
    time.sleep(0.05)
assert job.state == "done", (job.state, job.error_code, job.error_message)
client = Client(SERVER_NAME="127.0.0.1")
client.force_login(team.people["radiologist"],
                   backend="django.contrib.auth.backends.ModelBackend")
print(json.dumps(dict(case_id=str(team.case_id), session=client.cookies["sessionid"].value,
    archive_key=Series.objects.get().archive_key,
    ingest_s=(job.finished_at - job.created_at).total_seconds())))
"""


@dataclass(frozen=True)
class Room:
    """Where the study is, and how to be let in.

    Attributes
    ----------
    ingest_s
        From the order to pull the study until it was servable, queue included.
    """

    house: Stack
    study_uid: str
    case_id: str
    session: str
    archive_key: str
    ingest_s: float

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        """Signed in as the radiologist."""
        origin = self.house.base_url
        with httpx.Client(base_url=origin, timeout=60) as client:
            client.cookies.set("sessionid", self.session)
            client.get("/api/csrf").raise_for_status()
            token = client.cookies["csrftoken"]
            client.headers.update({"X-CSRFToken": token, "Origin": origin, "Referer": f"{origin}/"})
            yield client

    def ticket(self) -> dict[str, Any]:
        """A fresh ticket for the study, as the viewer asks for it."""
        with self.client() as client:
            answer = client.post(f"/api/cases/{self.case_id}/studies/{self.study_uid}/ticket")
        answer.raise_for_status()
        minted: dict[str, Any] = answer.json()
        return minted

    def ticket_headers(self) -> dict[str, str]:
        return {HEADER: str(self.ticket()["ticket"]), "Cookie": f"sessionid={self.session}"}


def prepare_room(*, house: Stack, patient_id: str, study_uid: str) -> Room:
    """Make the case, link the study of the house's PACS and wait until it may be seen."""
    code = _PREPARE.format(patient_id=patient_id, study_uid=study_uid)
    told = json.loads(house.manage("shell", "-c", code).strip().splitlines()[-1])
    return Room(house=house, study_uid=study_uid, **told)
