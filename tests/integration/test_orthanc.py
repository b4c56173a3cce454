"""The PACS that tests use is a real one, closed to strangers."""

import httpx
import pydicom
import pytest
from pydicom.data import get_testdata_file

from tests.orthanc import OrthancUnderTest

pytestmark = pytest.mark.orthanc


def test_holds_what_was_stored_and_survives_a_restart(orthanc: OrthancUnderTest) -> None:
    path = get_testdata_file("CT_small.dcm")
    with open(path, "rb") as file:
        orthanc.store(file.read())
    orthanc.stop()
    orthanc.start()
    answer = httpx.get(
        f"{orthanc.base_url}/studies",
        auth=(orthanc.username, orthanc.password),
        headers={"Accept": "application/dicom+json"},
    )
    study_uid = pydicom.dcmread(path).StudyInstanceUID
    assert [study["0020000D"]["Value"] for study in answer.json()] == [[study_uid]]


def test_answers_nobody_without_the_password(orthanc: OrthancUnderTest) -> None:
    assert httpx.get(f"{orthanc.base_url}/studies").status_code == 401
    assert httpx.get(f"{orthanc.rest_url}/patients", auth=("consilium", "x")).status_code == 401


def test_starts_empty_for_every_test(orthanc: OrthancUnderTest) -> None:
    assert orthanc.request("GET", "/patients").json() == []
