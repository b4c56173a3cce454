"""What objects state, read without an archive: names of any kind, reports of any shape."""

from __future__ import annotations

from typing import Any

import pytest

from apps.ai.external.makers import Maker, clean_name, maker_of_equipment, maker_of_segment
from apps.ai.external.reports import read_report_statements
from apps.ai.external.segments import read_segment_statements

Document = dict[str, Any]


def text(value: str, vr: str = "LO") -> Document:
    return {"vr": vr, "Value": [value]}


def sequence(*items: Document) -> Document:
    return {"vr": "SQ", "Value": list(items)}


def coded(value: str, scheme: str = "SCT", meaning: str = "") -> Document:
    return sequence(
        {"00080100": text(value), "00080102": text(scheme), "00080104": text(meaning or value)}
    )


def item(kind: str, concept: str, *, scheme: str = "DCM", **tags: Any) -> Document:
    return {
        "0040A010": text("CONTAINS"),
        "0040A040": text(kind),
        "0040A043": coded(concept, scheme),
        **tags,
    }


def group(*children: Document) -> Document:
    return item("CONTAINER", "125007", **{"0040A730": sequence(*children)})


def report(*children: Document) -> Document:
    return {"0040A043": coded("126000", "DCM"), "0040A730": sequence(*children)}


def number(value: str, *, concept: str = "118565006", unit: str = "mm3") -> Document:
    measured = {"0040A30A": text(value, "DS"), "004008EA": coded(unit, "UCUM")}
    return item("NUM", concept, scheme="SCT", **{"0040A300": sequence(measured)})


ALGORITHM = (
    item("TEXT", "111001", **{"0040A160": text("Finder")}),
    item("TEXT", "111003", **{"0040A160": text("3")}),
)
HOSTILE = "A\u202ecme\x00\x1b[31m \u200b\ue000Imaging\n\tGmbH"


def test_names_lose_what_cannot_be_seen_and_are_bounded() -> None:
    assert clean_name(HOSTILE) == "Acme[31m Imaging GmbH"
    assert len(clean_name("x" * 10_000)) == 64
    assert clean_name("\u202e\x00") == ""
    assert clean_name("mm³") == "mm³", "a unit is not a name to be folded"


def test_spellings_of_one_maker_are_one_model_and_versions_are_not() -> None:
    one, other = Maker.of("ACME", "Finder", "1"), Maker.of(" acme ", "finder", "2")
    assert one.slug == other.slug == Maker.of("ＡＣＭＥ", "Finder", "1").slug
    assert one.tree_sha256 != other.tree_sha256
    assert Maker.of("ACME", "Finder", "1").tree_sha256 == one.tree_sha256
    assert Maker.of("AC", "MEFinder", "1").slug != one.slug
    assert len(one.slug) <= 80


def test_what_is_not_said_is_unknown() -> None:
    nobody = maker_of_equipment({})
    assert nobody.model_name == "Unknown manufacturer · unknown algorithm"
    assert nobody.version_name == "unknown"


def test_a_segments_algorithm_is_its_own_else_its_equipment() -> None:
    document = {
        "00080070": text("Acme"),
        "00081090": text("Server"),
        "00181020": text("9"),
    }
    named = {"00620009": text("Finder")}
    versioned = {"00620007": sequence({"00660036": text("Finder"), "00660031": text("2")})}
    assert maker_of_segment(document, versioned) == Maker("Acme", "Finder", "2")
    assert maker_of_segment(document, named) == Maker("Acme", "Finder", "")
    assert maker_of_segment(document, {}) == Maker("Acme", "Server", "9")


def test_a_segment_of_unsaid_making_is_taken_for_ai_and_says_so() -> None:
    segments = sequence(
        {"00620004": {"vr": "US", "Value": [1]}, "00620005": text("Odd")},
        {"00620004": {"vr": "US", "Value": [2]}, "00620008": text("MANUAL", "CS")},
    )
    odd, drawn = read_segment_statements({"00080018": text("1.2"), "00620002": segments})
    assert {one.code for one in odd.remarks} == {"algorithm_type_missing", "not_coded"}
    assert odd.maker is not None and drawn.maker is None


def test_laterality_of_a_segment_is_its_types_or_its_regions_modifier() -> None:
    left = coded("7771000", meaning="Left")["Value"][0]
    of_type = {"00620004": text("1"), "00620011": sequence(left)}
    of_region = {
        "00620004": text("2"),
        "00082218": sequence(coded("39607008")["Value"][0] | {"00082220": sequence(left)}),
    }
    first, second = read_segment_statements({"00620002": sequence(of_type, of_region)})
    assert first.laterality is not None and first.laterality.value == "7771000"
    assert second.laterality is not None and second.site is not None
    assert second.site.value == "39607008"


@pytest.mark.parametrize("value", ["", "NaN", "inf", "1e999", "twelve", "1\\2"])
def test_a_value_that_is_no_number_is_missing_and_not_zero(value: str) -> None:
    (said,) = read_report_statements(report(group(*ALGORITHM, number(value))))
    assert said.measurements == ()
    assert "values_missing" in {one.code for one in said.remarks}


def test_equal_quantities_keep_apart() -> None:
    (said,) = read_report_statements(
        report(group(*ALGORITHM, number("1"), number("2"), number("3")))
    )
    assert [one["value"] for one in said.measurements] == [1.0, 2.0, 3.0]
    assert len({one["quantity"] for one in said.measurements}) == 3


@pytest.mark.parametrize(
    ("value", "unit", "probability"),
    [("0.4", "1", 0.4), ("40", "%", 0.4), ("1.7", "1", None), ("-0.1", "1", None)],
)
def test_only_a_probability_between_nothing_and_one_is_one(
    value: str, unit: str, probability: float | None
) -> None:
    child = number(value, concept="122157", unit=unit)
    (said,) = read_report_statements(report(group(*ALGORITHM, child)))
    assert said.probability == (None if probability is None else pytest.approx(probability))
    assert said.measurements[0]["value"] == float(value)


def test_who_made_a_group_is_said_in_it_or_at_the_head() -> None:
    person = item("CODE", "121005", **{"0040A168": coded("121006", "DCM")})
    name = item("PNAME", "121008", **{"0040A123": text("Doe^Jane", "PN")})
    device = item("CODE", "121005", **{"0040A168": coded("121007", "DCM")})
    called = item("TEXT", "121013", **{"0040A160": text("Box")})
    plain, with_algorithm = group(number("1")), group(*ALGORITHM, number("1"))

    def makers(*head: Document) -> list[str | None]:
        said = read_report_statements(report(*head, plain, with_algorithm))
        return [one.maker.algorithm if one.maker else None for one in said]

    assert makers() == [None, "Finder"]
    assert makers(device, called) == ["Box", "Finder"]
    assert makers(person, name) == [None, "Finder"]
    assert makers(person, name, device, called) == [None, "Finder"]


def test_a_report_that_does_not_end_is_refused_and_read_no_further() -> None:
    from apps.ai.external.refusals import Refused

    endless = report(*(group(*ALGORITHM) for _ in range(5_000)))
    with pytest.raises(Refused) as refusal:
        read_report_statements(endless)
    assert refusal.value.code == "too_long"


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"0040A730": {"vr": "SQ"}},
        {"0040A730": {"vr": "SQ", "Value": [None, 7, "x"]}},
        report(group(item("SCOORD", "111030", **{"00700022": {"vr": "FL", "Value": ["x"]}}))),
        report(group(item("IMAGE", "121191", **{"00081199": sequence({})}))),
        report(group(item("CODE", "121071"), item("UIDREF", "112040"))),
    ],
)
def test_nonsense_states_nothing_and_breaks_nothing(broken: Document) -> None:
    assert all(one.maker is None for one in read_report_statements(broken))


def test_a_tracking_uid_that_is_none_is_not_kept() -> None:
    bad = item("UIDREF", "112040", **{"0040A124": text("<script>", "UI")})
    (said,) = read_report_statements(report(group(*ALGORITHM, bad)))
    assert said.tracking_uid == ""
