"""The README's curl lines, taken from the README and run against a live process."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pydicom
import pytest
from PIL import Image

from apps.imaging.models import AccessToken
from tests.contracts.dicomweb import Gateway
from tests.people import PASSWORD

pytestmark = pytest.mark.slow
README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(scope="module")
def email(gateway: Gateway) -> str:
    person = gateway.team.people["radiologist"]
    person.set_password(PASSWORD)
    person.save()
    return str(person.email)


def test_the_curl_lines_do_what_they_say(
    db: None, gateway: Gateway, email: str, tmp_path: Path
) -> None:
    block = r"## DICOMweb out: curl lines\n.*?```sh\n(.*?)```"
    (lines,) = re.findall(block, README.read_text("utf-8"), re.DOTALL)
    lines = lines.replace("http://127.0.0.1:8000", gateway.origin)
    lines = lines.replace("radiologist@demo.consilium.example", email)
    lines = lines.replace("PASSWORD=consilium-demo", f"PASSWORD='{PASSWORD}'")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", lines],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr

    def load(name: str) -> object:
        return json.loads((tmp_path / name).read_bytes())

    assert load("studies.json")[0]["0020000D"]["Value"] == [gateway.study_uid]
    (document,) = load("metadata.json")
    stored = pydicom.dcmread(tmp_path / "object.dcm")
    assert document["00080018"]["Value"] == [stored.SOPInstanceUID]
    assert (tmp_path / "frame.raw").read_bytes() == stored.PixelData
    assert (tmp_path / "frame.jphc").read_bytes().startswith(b"\xff\x4f\xff\x51")  # SOC, SIZ
    assert max(Image.open(tmp_path / "picture.jpg").size) == 512
    kept = load("stored.json")["00081199"]["Value"][0]
    assert kept["00081155"]["Value"] == [stored.SOPInstanceUID]
    assert load("capabilities.json")["transactions"]
    token = load("token.json")
    assert AccessToken.objects.get(pk=token["id"]).revoked_at is not None
    assert gateway.get("/studies", token=token["token"]).status_code == 401
