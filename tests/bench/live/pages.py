"""Two people in a room, each in a Chromium context of their own, on a study that is there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from apps.demo.dicom.common import PhantomPatient, PhantomStudy
from apps.demo.dicom.ct import SERIES, write_ct
from apps.demo.phantoms import generate_ct
from tests.bench.peers import PeerOrthanc
from tests.e2e.conftest import CHROMIUM_ARGUMENTS
from tests.e2e.harness import Stack, wait_for
from tests.e2e.screen import Screen
from tests.system_parts import find_chromium

SLICES = 40
PATIENT = PhantomPatient("BENCH-2", "Bench^Live", "19600101", "F")
STUDIES = [
    PhantomStudy(
        patient=PATIENT,
        key=f"live-{number}",
        date="20260101",
        time="101500",
        description=f"CT {number}",
        accession_number=f"L{number}",
    )
    for number in range(2)
]

_PREPARE = """
import json, time
from datetime import date
from django.test import Client
from apps.cases.services import create_patient
from apps.imaging.models import IngestJob, PacsConnection
from apps.imaging.services import link_study
from apps.live.services import open_ad_hoc_session
from tests.people import SYSTEM, make_case_team
patient = create_patient(actor=SYSTEM, patient_id={patient_id!r}, issuer="", name="Bench^Live",
                         birth_date=date(1960, 1, 1), sex="F")
team = make_case_team(patient=patient)
for uid in {study_uids!r}:
    link_study(actor=team.actor("coordinator"), case_id=team.case_id,
               pacs_id=PacsConnection.objects.get().pk, study_instance_uid=uid)
until = time.monotonic() + 300
while time.monotonic() < until:
    jobs = list(IngestJob.objects.all())
    if jobs and all(job.finished_at for job in jobs):
        break
    time.sleep(0.05)
assert {{job.state for job in jobs}} == {{"done"}}, [(job.state, job.error_code) for job in jobs]
session, _ = open_ad_hoc_session(actor=team.actor("chair"), case_id=team.case_id)
cookies = {{}}
for who in ("chair", "surgeon"):
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(team.people[who], backend="django.contrib.auth.backends.ModelBackend")
    cookies[who] = client.cookies["sessionid"].value
print(json.dumps(dict(session=str(session.pk), cookies=cookies)))
"""

#: Notes when what the first viewport shows changes, and when a key or a button goes down.
PROBE = """
(() => {
  const bench = { seen: [], input: [] }
  window.__follow = bench
  let last = ''
  const look = () => {
    const view = window.__consilium?.viewports?.()?.[0]
    if (view?.sop_instance_uid) {
      const now = [view.series_instance_uid, view.slice, view.preview].join(' ')
      if (now !== last) {
        last = now
        bench.seen.push({ series: view.series_instance_uid, slice: view.slice,
                          preview: view.preview, at: performance.timeOrigin + performance.now() })
      }
    }
    requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
  const note = (event) => bench.input.push(performance.timeOrigin + event.timeStamp)
  for (const kind of ['keydown', 'pointerdown']) addEventListener(kind, note, true)
})()
"""


@dataclass(frozen=True)
class LivePages:
    """The house, and whom to open a page for."""

    house: Stack
    session: str
    cookies: dict[str, str]
    chromium: Browser

    @contextmanager
    def open(self, who: str, *, width: int, height: int) -> Iterator[Page]:
        """A blank page of somebody who is signed in."""
        context = self.chromium.new_context(viewport={"width": width, "height": height})
        cookie = {"name": "sessionid", "value": self.cookies[who], "url": self.house.base_url}
        context.add_cookies([cookie])  # type: ignore[list-item]
        context.add_init_script(PROBE)
        try:
            yield context.new_page()
        finally:
            context.close()

    def join(self, page: Page) -> Screen:
        page.goto(f"{self.house.base_url}/live/{self.session}")
        screen = Screen(page)
        wait_for(lambda: screen.live().get("status") == "open", what="joined", timeout_s=90)
        screen.wait_for_picture()
        if page.get_by_test_id("catch-up").count():  # who comes again is told what was so far
            page.keyboard.press("Escape")
        return screen


def series_uid(number: int) -> str:
    return STUDIES[number].series_uid(SERIES)


@contextmanager
def open_pages(*, directory: Path) -> Iterator[LivePages]:
    """A PACS with both studies, a house that has pulled them, and a Chromium."""
    pacs = PeerOrthanc(root=directory / "pacs", compression=False)
    house = Stack(
        directory=directory / "house",
        orthanc=False,
        environment={"CONSILIUM_PACS_URL": pacs.url_with_credentials},
    )
    try:
        pacs.start()
        for number, study in enumerate(STUDIES):
            _store(pacs, study, directory=directory, seed=number)
        house.start()
        told: dict[str, Any] = json.loads(_prepare(house).strip().splitlines()[-1])
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path=find_chromium(), headless=True, args=CHROMIUM_ARGUMENTS
            )
            yield LivePages(house, told["session"], told["cookies"], chromium)
            chromium.close()
    finally:
        house.stop()
        pacs.stop()


def _prepare(house: Stack) -> str:
    uids = [study.uid for study in STUDIES]
    return house.manage(
        "shell", "-c", _PREPARE.format(patient_id=PATIENT.patient_id, study_uids=uids)
    )


def _store(pacs: PeerOrthanc, study: PhantomStudy, *, directory: Path, seed: int) -> None:
    volume = generate_ct(seed=seed, shape=(SLICES, 512, 512), spacing_mm=(5.0, 0.76, 0.76))
    path = directory / "one.dcm"
    for dataset in write_ct(study=study, volume=volume, description="bench"):
        dataset.save_as(path, enforce_file_format=True)
        pacs.store(path.read_bytes())
