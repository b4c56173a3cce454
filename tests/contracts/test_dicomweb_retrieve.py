"""WADO-RS against a live process: PS3.18 8.7 and 10.4, with dicomweb-client and with plain HTTP."""

from __future__ import annotations

import io

import httpx
import numpy as np
import pydicom
import pytest
from PIL import Image

from tests.contracts.dicomweb import JSON, Gateway, parts_of, read

pytestmark = pytest.mark.slow

EXPLICIT = "1.2.840.10008.1.2.1"
J2K = "1.2.840.10008.1.2.4.90"
HTJ2K, HTJ2K_RPCL = "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202"


# --- dicomweb-client, as published -------------------------------------------------------------


def test_dicomweb_client_retrieves_metadata_of_each_level(db: None, gateway: Gateway) -> None:
    client, one = gateway.client(), gateway.objects[0]
    uids = one.StudyInstanceUID, one.SeriesInstanceUID, one.SOPInstanceUID
    assert len(client.retrieve_study_metadata(uids[0])) == 6
    assert len(client.retrieve_series_metadata(*uids[:2])) == 4
    header = pydicom.Dataset.from_json(client.retrieve_instance_metadata(*uids), lambda *_: b"")
    assert header.RescaleIntercept == -1024
    assert header.PixelSpacing == [0.5, 0.75]


def test_dicomweb_client_retrieves_objects_of_each_level(gateway: Gateway) -> None:
    client, one = gateway.client(), gateway.objects[0]
    assert len(client.retrieve_study(gateway.study_uid)) == 6
    assert len(client.retrieve_series(gateway.study_uid, one.SeriesInstanceUID)) == 4
    got = client.retrieve_instance(gateway.study_uid, one.SeriesInstanceUID, one.SOPInstanceUID)
    assert np.array_equal(got.pixel_array, one.pixel_array)
    assert got.EncapsulatedDocument == one.EncapsulatedDocument


def test_dicomweb_client_retrieves_frames(gateway: Gateway) -> None:
    client, multi = gateway.client(), gateway.objects[5]
    frames = client.retrieve_instance_frames(
        gateway.study_uid, multi.SeriesInstanceUID, multi.SOPInstanceUID, [1, 3]
    )
    values = [np.frombuffer(one, "<i2").reshape(16, 24) for one in frames]
    assert np.array_equal(values, multi.pixel_array[[0, 2]])


def test_dicomweb_client_retrieves_bulk_data_from_where_the_metadata_says(
    gateway: Gateway,
) -> None:
    client, one = gateway.client(), gateway.objects[0]
    (document,) = gateway.get(f"{gateway.instance()}/metadata").json()
    top = document["00420011"]["BulkDataURI"]
    nested = document["00082112"]["Value"][1]["00420011"]["BulkDataURI"]
    pixels = document["7FE00010"]["BulkDataURI"]
    assert client.retrieve_bulkdata(top) == [one.EncapsulatedDocument]
    assert client.retrieve_bulkdata(nested) == [b"nested" * 4096]
    assert client.retrieve_bulkdata(pixels) == [one.PixelData]


def test_dicomweb_client_retrieves_pictures(gateway: Gateway) -> None:
    client, one = gateway.client(), gateway.objects[0]
    uids = one.StudyInstanceUID, one.SeriesInstanceUID, one.SOPInstanceUID
    png = client.retrieve_instance_rendered(*uids, media_types=("image/png",))
    assert png.startswith(b"\x89PNG")
    jpeg = client.retrieve_instance_frames_rendered(*uids, [1], media_types=("image/jpeg",))
    assert jpeg.startswith(b"\xff\xd8")


# --- frames ------------------------------------------------------------------------------------

FRAME_ACCEPTS = {
    "*/*": ("multipart/related", EXPLICIT),
    'multipart/related; type="application/octet-stream"': ("multipart/related", EXPLICIT),
    "multipart/related; type=application/octet-stream": ("multipart/related", EXPLICIT),
    "multipart/related;type=*/*": ("multipart/related", EXPLICIT),
    f'multipart/related; type="application/octet-stream"; transfer-syntax="{EXPLICIT}"': (
        "multipart/related", EXPLICIT,
    ),
    'multipart/related; type="application/octet-stream"; transfer-syntax=*': (
        "multipart/related", HTJ2K_RPCL,
    ),
    'multipart/related; type="image/jphc"': ("multipart/related", HTJ2K),
    f'multipart/related; type="image/jphc"; transfer-syntax={HTJ2K_RPCL}': (
        "multipart/related", HTJ2K_RPCL,
    ),
    'multipart/related; type="image/jp2"; transfer-syntax=*, '
    'multipart/related; type="application/octet-stream"; q=0.5': ("multipart/related", EXPLICIT),
    'multipart/related; type="image/jphc";q=0.1, application/octet-stream;q=0.9': (
        "application/octet-stream", EXPLICIT,
    ),
    "image/jphc": ("image/jphc", HTJ2K),
    "text/html, application/octet-stream": ("application/octet-stream", EXPLICIT),
}  # fmt: skip


@pytest.mark.parametrize("accept", FRAME_ACCEPTS)
def test_a_frame_comes_as_accept_says(gateway: Gateway, accept: str) -> None:
    media, syntax = FRAME_ACCEPTS[accept]
    answer = gateway.get(f"{gateway.instance()}/frames/1", Accept=accept)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(media)
    if media == "multipart/related":
        ((headers, body),) = parts_of(answer)
        content_type = headers["content-type"]
        assert int(headers["content-length"]) == len(body)
    else:
        content_type, body = answer.headers["Content-Type"], answer.content
    assert f"transfer-syntax={syntax}" in content_type
    if syntax == EXPLICIT:
        assert body == gateway.objects[0].PixelData


def test_the_compressed_frame_as_it_came_can_be_asked_for(gateway: Gateway) -> None:
    for accept in ("image/jp2", f"application/octet-stream; transfer-syntax={J2K}"):
        answer = gateway.get(f"{gateway.instance(4)}/frames/1", Accept=accept)
        assert answer.headers["Content-Type"] == f"image/jp2; transfer-syntax={J2K}"
        assert answer.content in gateway.objects[4].PixelData


def test_frame_lists_keep_their_order(gateway: Gateway) -> None:
    multi = gateway.objects[5]
    parts = parts_of(gateway.get(f"{gateway.instance(5)}/frames/3,1"))
    assert [headers["content-location"].rsplit("/", 1)[1] for headers, _ in parts] == ["3", "1"]
    assert parts[0][1] == multi.pixel_array[2].tobytes()
    assert len(parts_of(gateway.get(f"{gateway.instance(5)}/frames/1%2C2"))) == 2


@pytest.mark.parametrize(
    ("frames", "status"),
    [("0", 400), ("-1", 400), ("1,", 400), ("a", 400), ("1-3", 400), ("2", 404), ("%C2%B2", 400),
     ("99999999999999999999", 400), ("1," * 10_001 + "1", 400)],
)  # fmt: skip
def test_frames_that_are_not_there(gateway: Gateway, frames: str, status: int) -> None:
    assert gateway.get(f"{gateway.instance()}/frames/{frames}").status_code == status


# --- objects -----------------------------------------------------------------------------------


def test_objects_are_explicit_little_endian_unless_asked_otherwise(gateway: Gateway) -> None:
    url = gateway.instance(4)
    ((headers, body),) = parts_of(gateway.get(url))
    assert headers["content-type"] == f"application/dicom; transfer-syntax={EXPLICIT}"
    assert np.array_equal(read(body).pixel_array, gateway.objects[4].pixel_array)
    stored = gateway.get(url, Accept="application/dicom; transfer-syntax=*")
    assert stored.headers["Content-Type"] == f"application/dicom; transfer-syntax={J2K}"
    assert read(stored.content).file_meta.TransferSyntaxUID == J2K
    named = gateway.get(
        url, Accept=f'multipart/related; type="application/dicom"; transfer-syntax={J2K}'
    )
    assert read(parts_of(named)[0][1]).file_meta.TransferSyntaxUID == J2K


def test_what_fits_only_partly_is_206_and_what_does_not_is_406(gateway: Gateway) -> None:
    accept = f'multipart/related; type="application/dicom"; transfer-syntax={J2K}'
    some = gateway.get(gateway.study, Accept=accept)
    assert (some.status_code, len(parts_of(some))) == (206, 1)
    assert "Warning" in some.headers
    for path, wanted in (
        (gateway.study, "application/dicom"),
        (gateway.series(), accept),
        (gateway.instance(), "video/mp4"),
        (f"{gateway.instance()}/frames/1", "image/jls"),
        (f"{gateway.instance()}/frames/1", "application/dicom+json"),
        (f"{gateway.instance()}/metadata", "image/png"),
        (f"{gateway.instance()}/rendered", "application/dicom"),
        (f"{gateway.instance()}/bulkdata/00420011", "image/png"),
    ):
        refused = gateway.get(path, Accept=wanted)
        assert refused.status_code == 406, path
        assert refused.json()["code"] == "not_acceptable"


def test_the_accept_parameter_goes_before_the_header(gateway: Gateway) -> None:
    answer = gateway.get(f"{gateway.instance()}?accept=application/dicom", Accept="text/html")
    assert answer.headers["Content-Type"].startswith("application/dicom;")


# --- bulk data, pictures ----------------------------------------------------------------------


def test_bulk_data_in_one_part_or_many(gateway: Gateway) -> None:
    url = f"{gateway.instance()}/bulkdata/00420011"
    single = gateway.get(url, Accept="application/octet-stream")
    assert single.headers["Content-Type"] == "application/octet-stream"
    assert parts_of(gateway.get(url))[0][1] == single.content
    for missing in ("00420012", "nonsense", "00082112.7.00420011", "00082112.0.00420011"):
        assert gateway.get(f"{gateway.instance()}/bulkdata/{missing}").status_code == 404


def picture(answer: httpx.Response) -> Image.Image:
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.content))


def test_rendered_with_window_viewport_and_quality(gateway: Gateway) -> None:
    url, png = f"{gateway.instance()}/rendered", {"Accept": "image/png"}
    assert picture(gateway.get(url)).format == "JPEG"
    assert picture(gateway.get(url, **png)).size == (24, 16)
    hounsfield = gateway.objects[0].pixel_array * 2.0 - 1024
    exact = np.asarray(picture(gateway.get(f"{url}?window=0,2000,linear-exact", **png)), float)
    expected = np.clip((hounsfield / 2000 + 0.5) * 255, 0, 255)
    assert np.abs(exact - expected).max() <= 1
    assert picture(gateway.get(f"{url}?viewport=96,96", **png)).size == (96, 64)
    region = picture(gateway.get(f"{url}?viewport=12,8,0,0,12,8&window=0,2000,linear-exact", **png))
    assert np.abs(np.asarray(region, float) - expected[:8, :12]).max() <= 1
    mirrored = gateway.get(f"{url}?viewport=24,16,0,0,-24,16&window=0,2000,linear-exact", **png)
    assert np.array_equal(np.asarray(picture(mirrored)), exact[:, ::-1].astype(np.uint8))
    small, large = (
        len(gateway.get(f"{url}?quality={q}&viewport=512,512").content) for q in (5, 95)
    )
    assert small < large
    assert "annotation" in gateway.get(f"{url}?annotation=patient").headers["Warning"]


@pytest.mark.parametrize(
    "query",
    ["window=1", "window=a,b,linear", "window=0,0,linear", "window=0,100,cubic",
     "window=nan,1,linear", "viewport=0,10", "viewport=99999,99999", "viewport=1,2,3",
     "viewport=9,9,99,0,1,1",
     "quality=0", "quality=101", "quality=best"],
)  # fmt: skip
def test_rendered_refuses_what_it_cannot_do(gateway: Gateway, query: str) -> None:
    assert gateway.get(f"{gateway.instance()}/rendered?{query}").status_code == 400


def test_every_level_has_rendered_pictures_and_a_thumbnail(gateway: Gateway) -> None:
    multi = gateway.instance(5)
    for level in (gateway.study, gateway.series(), gateway.instance(), f"{multi}/frames/2"):
        assert picture(gateway.get(f"{level}/rendered")).format == "JPEG"
        assert max(picture(gateway.get(f"{level}/thumbnail")).size) == 160
    every = gateway.get(f"{gateway.study}/rendered", Accept='multipart/related; type="image/png"')
    assert len(parts_of(every)) == 8
    two = gateway.get(f"{multi}/frames/1,3/rendered", Accept="multipart/related; type=image/jpeg")
    assert len(parts_of(two)) == 2


# --- headers ----------------------------------------------------------------------------------


def test_an_unchanged_answer_is_304(gateway: Gateway) -> None:
    for path in (
        f"{gateway.series()}/metadata", f"{gateway.instance()}/frames/1", gateway.instance(),
        f"{gateway.instance()}/rendered", f"{gateway.instance()}/bulkdata/00420011",
    ):  # fmt: skip
        first = gateway.get(path)
        assert first.headers["ETag"].startswith('"')
        again = gateway.get(path, If_None_Match=first.headers["ETag"])
        assert (again.status_code, again.content) == (304, b"")
        assert gateway.get(path).content == first.content  # also the boundary
        other = gateway.get(path, If_None_Match='"another"')
        assert other.status_code == 200


def test_answers_are_private_and_head_has_no_body(gateway: Gateway) -> None:
    for path in ("/studies", f"{gateway.instance()}/metadata", f"{gateway.instance()}/frames/1"):
        answer = gateway.get(path)
        assert "private" in answer.headers["Cache-Control"]
        assert {"accept", "authorization", "cookie"} <= {
            one.strip().lower() for one in answer.headers["Vary"].split(",")
        }
        head = httpx.head(gateway.root + path, headers=gateway.bearer())
        assert (head.status_code, head.content) == (200, b"")


OPTIONS_PATHS = ("", "/studies", "/studies/1.2.3", "/studies/1.2.3/series/1/instances/2/frames/1")


def test_options_tell_capabilities_and_no_case(gateway: Gateway) -> None:
    """PS3.18 8.9: WADL by default, JSON when asked; a case that is not there says the same."""
    nobody = f"{gateway.origin}/dicomweb/cases/00000000-0000-4000-8000-000000000000"
    for path in OPTIONS_PATHS:
        answer = httpx.options(gateway.root + path)
        assert answer.headers["Content-Type"] == "application/vnd.sun.wadl+xml"
        assert b"<application" in answer.content
        assert "GET" in answer.headers["Allow"]
        other = httpx.options(nobody + path)
        assert other.status_code == answer.status_code == 200
        assert other.text.replace(nobody[len(gateway.origin) :], "") == answer.text.replace(
            gateway.root[len(gateway.origin) :], ""
        )
        as_json = httpx.options(gateway.root + path, headers={"Accept": "application/json"})
        assert as_json.json()["transactions"]
    names = {one["name"] for one in httpx.options(f"{gateway.root}/studies", headers={
        "Accept": "application/json"}).json()["transactions"]}  # fmt: skip
    assert names == {"SearchForStudies", "StoreInstances"}


def test_metadata_as_xml_holds_what_the_json_holds(gateway: Gateway) -> None:
    xml = gateway.get(
        f"{gateway.series()}/metadata", Accept='multipart/related; type="application/dicom+xml"'
    )
    parts = parts_of(xml)
    assert len(parts) == len(gateway.get(f"{gateway.series()}/metadata", **JSON).json())
    assert b'keyword="RescaleIntercept"' in parts[0][1]
    assert b"<BulkData" in parts[0][1]
