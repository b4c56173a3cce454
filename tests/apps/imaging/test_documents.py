"""Reports, key images and presentation states: what they say, and that nonsense says nothing."""

from __future__ import annotations

import math
from typing import Any

import pytest

from apps.audit.models import AuditEntry
from apps.core.registry import report_owners
from apps.imaging.documents.header import read_header
from apps.imaging.documents.measurements import MAX_POINTS, read_groups
from apps.imaging.documents.presentations import read_presentation, window_on_image
from apps.imaging.documents.reports import MAX_LINES, read_report
from apps.imaging.machine_made import by_algorithm
from tests.apps.imaging.dicom import data_folder
from tests.apps.imaging.test_document_pages import sign_in
from tests.apps.imaging.test_segmentations_real_data import open_case

Item = dict[str, Any]


def values(vr: str, *given: Any) -> Item:
    return {"vr": vr, "Value": list(given)}


def code(value: str, meaning: str = "", scheme: str = "DCM") -> Item:
    item = {"00080100": values("SH", value), "00080102": values("SH", scheme)}
    return values("SQ", item | {"00080104": values("LO", meaning or value)})


def content(kind: str, concept: str, *children: Item, **fields: Item) -> Item:
    item = {"0040A040": values("CS", kind), "0040A043": code(concept)}
    return item | fields | {"0040A730": values("SQ", *children)}


def report(*children: Item) -> Item:
    return {
        "0040A043": code("126000", "Imaging Measurement Report"),
        "0040A730": values("SQ", *children),
    }


def region(shape: str, *flat: Any, kind: str = "SCOORD") -> Item:
    return content(
        kind, "111030", **{"00700023": values("CS", shape), "00700022": values("FL", *flat)}
    )


def test_a_deep_or_endless_tree_is_cut_off_and_says_so() -> None:
    deep: Item = content("TEXT", "1", **{"0040A160": values("UT", "bottom")})
    for _ in range(200):
        deep = content("CONTAINER", "125007", deep)
    found = read_report(report(deep))
    assert [one.code for one in found.problems] == ["too_long"]
    wide = read_report(report(*[content("CONTAINER", "1")] * (MAX_LINES + 5)))
    assert (len(wide.lines), [one.code for one in wide.problems]) == (MAX_LINES, ["too_long"])


@pytest.mark.parametrize(
    "drawn",
    [
        region("CIRCLE", 1, 2, 3),
        region("CIRCLE", 1, 2),
        region("ELLIPSE", *range(6)),
        region("BLOB", 1, 2),
        region("POINT", math.inf, 2),
        region("POLYLINE", *["x"] * 4),
        region("POLYLINE", *[0.0] * (2 * MAX_POINTS + 2)),
        region("POLYGON", 1, 2, 3, kind="SCOORD3D"),
        region("POINT", 1e9, 2),
    ],
)
def test_a_drawing_that_makes_no_sense_is_counted_and_not_drawn(drawn: Item) -> None:
    (group,) = read_groups(report(content("CONTAINER", "125007", drawn)))
    assert (group.regions, group.unreadable) == ((), 1)


@pytest.mark.parametrize(
    "junk", [None, [], ["x"], [{"Value": 3}], "text", [None], [{"0040A040": 4}]]
)
@pytest.mark.parametrize("kind", ["sr", "kos", "pr", "pdf"])
def test_nonsense_is_no_exception(junk: Any, kind: str) -> None:
    tags = ("0040A730", "0040A043", "00081115", "00700001", "0070005A", "00283110", "0040A375")
    document: Item = {tag: {"vr": "SQ", "Value": junk} for tag in tags}
    document["00080016"] = values("UI", "1.2.840.10008.5.1.4.1.1.11.1")
    header = read_header(document, kind=kind)
    assert header.referenced == ()
    assert read_report(document).lines == ()
    assert read_presentation(document).images == ()


def test_only_a_device_on_its_own_makes_it_a_machines_result() -> None:
    device = content("CODE", "121005", **{"0040A168": code("121007", "Device")})
    person = content("PNAME", "121008", **{"0040A123": values("PN", {"Alphabetic": "Doe^J"})})
    named = content("TEXT", "111001", **{"0040A160": values("UT", "LungNet")})
    assert by_algorithm(report(device))
    assert not by_algorithm(report(device, person))
    assert not by_algorithm(report(person))
    assert by_algorithm(report(person, content("CONTAINER", "125007", named)))


def presentation(*, units: str, turn: int, corners: tuple[list[int], list[int]]) -> Any:
    image = values("SQ", {"00081155": values("UI", "1.2.3")})
    drawn = {
        "00700023": values("CS", "POINT"),
        "00700005": values("CS", units),
        "00700022": values("FL", 0.25, 0.5),
    }
    area = {
        "00700052": values("SL", *corners[0]),
        "00700053": values("SL", *corners[1]),
        "00700100": values("CS", "SCALE TO FIT"),
    }
    return read_presentation(
        {
            "00080016": values("UI", "1.2.840.10008.5.1.4.1.1.11.1"),
            "00081115": values("SQ", {"00081140": image}),
            "0070005A": values("SQ", area),
            "00700042": values("US", turn),
            "00700001": values("SQ", {"00700009": values("SQ", drawn)}),
        }
    )


@pytest.mark.parametrize(
    ("turn", "corners", "point"),
    [
        (0, ([1, 1], [40, 20]), (9.5, 9.5)),
        (0, ([11, 1], [30, 20]), (14.5, 9.5)),
        (180, ([40, 20], [1, 1]), (29.5, 9.5)),  # a quarter from the left is now at the right
        (90, ([1, 20], [40, 1]), (19.5, 14.5)),  # right on the screen is up in the image
    ],
)
def test_parts_of_the_displayed_area_become_image_positions(
    turn: int, corners: tuple[list[int], list[int]], point: tuple[float, float]
) -> None:
    """Worked out by hand (C.10.4, C.10.5): a quarter across and half down what is displayed."""
    (image,) = presentation(units="DISPLAY", turn=turn, corners=corners).images
    assert image.graphics[0].points_image == (point,)


def test_pixels_of_a_graphic_begin_at_the_corner_of_the_first() -> None:
    (image,) = presentation(units="PIXEL", turn=0, corners=([1, 1], [4, 4])).images
    assert image.graphics[0].points_image == ((-0.25, 0.0),)


def test_a_window_behind_another_modality_transformation_comes_back_in_the_images_values() -> None:
    """y = -2 s - 1 over [-4096, 4095): s runs from 2047.5 down to -2048; image = s - 1024."""
    stored = presentation(units="PIXEL", turn=0, corners=([1, 1], [4, 4]))
    import dataclasses

    from apps.imaging.documents.presentations import Window

    turned = dataclasses.replace(stored, slope=-2.0, intercept=-1.0)
    image = {"00281053": values("DS", "1"), "00281052": values("DS", "-1024")}
    shown = window_on_image(turned, Window(0, 8192, "LINEAR"), image)
    assert shown == {"lower": -3072.0, "upper": 1023.5, "is_reversed": True}
    whole = image | {"00280101": values("US", 12), "00280103": values("US", 0)}
    assert window_on_image(stored, None, whole) == {
        "lower": -1024.0, "upper": 3071.0, "is_reversed": False,
    }  # fmt: skip


# --- objects that others wrote, from ../shared/data ------------------------------------------


def read_case(prefix: str, part: str = "") -> tuple[Any, Any, dict[str, Any]]:
    team, _ = open_case(data_folder(prefix) / part)
    client = sign_in(team, "radiologist")
    base = f"/api/cases/{team.case_id}/documents"
    found = client.get(base).json()["results"]
    return client, base, {one["id"]: one for one in found}


def opened(client: Any, base: str, found: dict[str, Any], **wanted: Any) -> Any:
    (one,) = [d for d in found.values() if all(d[k] == v for k, v in wanted.items())]
    return client.get(f"{base}/{one['id']}").json()


@pytest.mark.django_db(transaction=True)
def test_measurements_of_a_report_lie_on_their_image_with_their_values(db: None) -> None:
    client, base, found = read_case("12-")
    reports = [client.get(f"{base}/{pk}").json() for pk in found]
    single = next(one for one in reports if one["measurement_groups"] == 1)
    (group,) = single["groups"]
    assert (group["finding"], group["site"]) == ("Spinal cord", "Cervico-thoracic spine")
    assert group["values"][0] | {"method": ""} == {
        "name": "Area of defined region", "value": "1.7", "unit": "cm²",
        "derivation": "", "method": "",
    }  # fmt: skip
    (circle,) = group["regions"]
    assert (circle["shape"], circle["points_image"]) == ("CIRCLE", [[57.5, 51.5], [57.5, 40.5]])
    assert circle["images"][0]["series_instance_uid"]
    assert (single["author"], single["verified"], single["unreviewed"]) == ("Foo", False, False)
    several = next(one for one in reports if one["measurement_groups"] == 4)
    shapes = [r["shape"] for g in several["groups"] for r in g["regions"]]
    assert shapes == ["CIRCLE", "POLYLINE", "POINT"]
    assert several["groups"][3]["regions"][0]["points_lps"] == [[123.5, 234.1, -23.7]]
    entries = AuditEntry.objects.filter(action="document.viewed").count()
    assert entries == len(reports)


@pytest.mark.django_db(transaction=True)
def test_a_report_whose_images_are_elsewhere_says_how_many(db: None) -> None:
    _, _, found = read_case("11-", "sr-example")
    (one,) = found.values()
    (problem,) = one["problems"]
    assert problem["code"] == "images_missing"
    assert one["missing"] == one["references"] - 1  # the segmentation itself is here
    assert str(one["missing"]) in problem["message"]


@pytest.mark.django_db(transaction=True)
def test_key_images_resolve_in_order(db: None) -> None:
    client, base, found = read_case("18-")
    assert len(found) == 3
    for pk, one in found.items():
        images = client.get(f"{base}/{pk}").json()["images"]
        assert (one["title"], one["missing"]) == ("Manifest", 0)
        assert len(images) == one["references"] > 10
        assert all(image["series_instance_uid"] for image in images)
        assert images[0]["sop_instance_uid"].endswith(".35")


@pytest.mark.django_db(transaction=True)
def test_dangling_key_images_dose_and_presentation_states_of_other_makers(db: None) -> None:
    client, base, found = read_case("10-")
    kos = opened(client, base, found, kind="kos")
    assert (kos["title"], kos["description"]) == ("Of Interest", "Selection 1")
    assert kos["references"] == kos["missing"] > 0
    assert "not in this case" in kos["problems"][0]["message"]
    dose = opened(client, base, found, kind="sr")
    said = {(line["name"], line["value"], line["unit"]) for line in dose["lines"]}
    assert ("Total Number of Irradiation Events", "4", "events") in said
    assert ("CT Dose Length Product Total", "1569.74", "mGycm") in said
    assert (dose["unreviewed"], dose["groups"]) == (False, [])
    pixel = opened(client, base, found, description="GRAN_P09")["presentation"]["images"][0]
    display = opened(client, base, found, description="GRAN_P11")["presentation"]["images"][0]
    assert pixel["graphics"][0]["points_image"] == [[255.5, 255.5], [383.5, 255.5]]
    assert display["graphics"][0]["points_image"] == [[255.5, 255.5], [383.5, 255.5]]
    turned = opened(client, base, found, description="XLUT_P02")
    assert turned["presentation"]["lut"] == "INVERSE"
    assert turned["presentation"]["images"][0]["voi"]["is_reversed"] is True
    tables = {
        one["code"] for one in opened(client, base, found, description="XLUT_P03")["problems"]
    }
    assert {"modality_lut_not_applied", "voi_lut_not_applied"} <= tables


@pytest.mark.django_db(transaction=True)
def test_a_report_of_our_own_is_listed_as_that(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        report_owners._providers, "test", lambda *, case_id, sop_instance_uids: {*sop_instance_uids}
    )
    _, _, found = read_case("12-")
    assert {one["own"] for one in found.values()} == {True}
