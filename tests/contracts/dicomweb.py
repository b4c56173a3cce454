"""A live gateway for outside clients: one case with known objects, real tokens, a real process."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pydicom
import requests
from dicomweb_client.api import DICOMwebClient
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.utils import timezone
from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000Lossless, generate_uid

from apps.imaging.services import create_token, import_files
from tests.apps.imaging.dicom import make_slice, to_bytes, write_files
from tests.apps.imaging.test_importing import patient_fields
from tests.people import SYSTEM, CaseTeam, make_case_team
from tests.web_process import WebProcess

READ, WRITE, AI = "dicomweb:read", "dicomweb:write", "ai:unreviewed"
ORIGIN = "https://ohif.hospital.example"
JSON = {"Accept": "application/dicom+json"}


class Gateway:
    """The case, its objects, and ways to ask for them."""

    def __init__(self, *, team: CaseTeam, web: WebProcess, folder: Path) -> None:
        self.team, self.web = team, web
        self.origin = f"http://127.0.0.1:{web.port}"
        self.root = f"{self.origin}/dicomweb/cases/{team.case_id}"
        self.study_uid = generate_uid()
        self.objects = self._make_objects()
        write_files(folder, [to_bytes(one) for one in self.objects])
        import_files(actor=SYSTEM, case_id=team.case_id, paths=[folder])
        self.token = self.mint("radiologist", READ)

    def _make_objects(self) -> list[Any]:
        """Four slices (the first with bulk data, nested too), a JPEG 2000, one of three frames."""
        fields = patient_fields(self.team) | {"study_uid": self.study_uid}
        thin, other, multi = generate_uid(), generate_uid(), generate_uid()
        made = [make_slice(index=n, series_uid=thin, **fields) for n in range(4)]
        made[0].EncapsulatedDocument = bytes(range(256)) * 80
        item = Dataset()
        item.EncapsulatedDocument = b"nested" * 4096
        made[0].SourceImageSequence = [Dataset(), item]
        made[0].ReferringPhysicianName, made[0].StudyID = "House^Gregory", "S7"
        for one in made[1:]:
            one.ReferringPhysicianName, one.StudyID = "House^Gregory", "S7"
        compressed = make_slice(index=0, series_uid=other, seed=5, shape=(64, 64), **fields)
        compressed.SeriesNumber, compressed.BodyPartExamined = 3, "CHEST"
        compressed.compress(JPEG2000Lossless, generate_instance_uid=False)
        frames = make_slice(index=0, series_uid=multi, seed=9, **fields)
        frames.SeriesNumber, frames.NumberOfFrames = 4, 3
        frames.PixelData = np.arange(3 * 16 * 24, dtype="<i2").tobytes()
        return [*made, compressed, frames]

    def mint(self, who: str, *scopes: str, lasts: timedelta = timedelta(days=1)) -> str:
        return create_token(
            actor=self.team.actor(who),
            name=f"{who}'s script",
            case_ids=[self.team.case_id],
            scopes=scopes or (READ,),
            expires_at=timezone.now() + lasts,
        ).token

    def bearer(self, token: str = "") -> dict[str, str]:
        return {"Authorization": f"Bearer {token or self.token}"}

    def get(self, path: str, *, token: str = "", **headers: str) -> httpx.Response:
        """``headers`` with underscores for dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = path if path.startswith("http") else self.root + path
        return httpx.get(url, headers=self.bearer(token) | named, timeout=60)

    def client(self, token: str = "") -> DICOMwebClient:
        """dicomweb-client as published, told nothing but URL and header."""
        return DICOMwebClient(url=self.root, headers=self.bearer(token))

    def client_in_session(self, who: str) -> DICOMwebClient:
        session = requests.Session()
        session.cookies.set("sessionid", self.session_key(who))
        return DICOMwebClient(url=self.root, session=session)

    def session_key(self, who: str) -> str:
        client = Client()
        client.force_login(
            self.team.people[who], backend="django.contrib.auth.backends.ModelBackend"
        )
        return client.cookies["sessionid"].value

    def instance(self, number: int = 0) -> str:
        one = self.objects[number]
        return (
            f"/studies/{one.StudyInstanceUID}/series/{one.SeriesInstanceUID}"
            f"/instances/{one.SOPInstanceUID}"
        )

    def series(self, number: int = 0) -> str:
        return self.instance(number).split("/instances/")[0]

    @property
    def study(self) -> str:
        return f"/studies/{self.study_uid}"

    def another(self, **changes: Any) -> Any:
        """An object of the case's patient that nobody has stored yet."""
        fields = patient_fields(self.team) | {
            "study_uid": generate_uid(),
            "series_uid": generate_uid(),
        }
        return make_slice(**(fields | changes))

    def post(
        self, objects: list[bytes], *, token: str, path: str = "/studies", **headers: str
    ) -> httpx.Response:
        content, content_type = encode_parts(objects)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.post(
            self.root + path,
            content=content,
            headers={"Content-Type": content_type} | self.bearer(token) | named,
            timeout=120,
        )


def encode_parts(objects: list[bytes], *, boundary: str = "gateway-test") -> tuple[bytes, str]:
    head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    body = b"".join(head + one + b"\r\n" for one in objects) + f"--{boundary}--\r\n".encode()
    return body, f'multipart/related; type="application/dicom"; boundary={boundary}'


def parts_of(answer: httpx.Response) -> list[tuple[dict[str, str], bytes]]:
    """Headers and bodies of a multipart/related answer, strictly by its boundary."""
    match = re.fullmatch(
        r'multipart/related; type="[^"]+"; boundary=(\S+)', answer.headers["Content-Type"]
    )
    assert match, answer.headers["Content-Type"]
    delimiter = b"--" + match.group(1).encode()
    assert answer.content.endswith(delimiter + b"--\r\n")
    found = []
    for raw in answer.content.removesuffix(delimiter + b"--\r\n").split(delimiter + b"\r\n")[1:]:
        head, _, body = raw.partition(b"\r\n\r\n")
        lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        found.append(({k.lower(): v for k, v in lines.items()}, body.removesuffix(b"\r\n")))
    return found


def read(raw: bytes) -> Any:
    return pydicom.dcmread(BytesIO(raw))


@contextmanager
def live_gateway(folder: Path, *, origins: str = ORIGIN) -> Iterator[Gateway]:
    """For one module: committed rows, a server, and nothing left behind."""
    archive = folder / "archive"
    before, settings.ARCHIVE_ROOT = settings.ARCHIVE_ROOT, archive
    named = {
        "CONSILIUM_ARCHIVE": str(archive),
        "CONSILIUM_DICOMWEB_ORIGINS": origins,
    }
    kept = {name: os.environ.get(name) for name in named}
    os.environ.update(named)
    web = WebProcess(log=folder / "web.log")
    try:
        yield Gateway(team=make_case_team(), web=web, folder=folder / "in")
    finally:
        web.stop()
        settings.ARCHIVE_ROOT = before
        for name, value in kept.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        call_command("flush", interactive=False, verbosity=0)
        connections.close_all()
