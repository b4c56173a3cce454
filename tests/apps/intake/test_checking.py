"""What a row says becomes values, or errors by field; nothing is guessed."""

from __future__ import annotations

from datetime import date

import pytest

from apps.intake.checking import Checked, check_row, texts_of
from apps.intake.dates import BadDate, decide_order, read_date

TODAY = date(2027, 1, 4)
GOOD = {"patient_id": "4711", "name": "Doe, Jane", "birth_date": "04.05.1961", "sex": "w",
        "question": "Resectable?"}  # fmt: skip


def check(**texts: str) -> Checked:
    return check_row(texts={**GOOD, **texts}, orders={}, issuer="HOSPITAL", today=TODAY)


def codes(**texts: str) -> list[tuple[str, str]]:
    return [(one["field"], one["code"]) for one in check(**texts).errors]


def test_a_good_row_has_dicom_values() -> None:
    row = check(tumour_type="Lungenkarzinom", ecog="ECOG 1", urgency="dringend")
    assert row.errors == []
    assert row.values == {
        "patient_id": "4711", "issuer": "HOSPITAL", "name": "Doe^Jane",
        "birth_date": "1961-05-04", "sex": "F", "question": "Resectable?", "title": "Resectable?",
        "tumour_type": "lung", "ecog": "1", "urgency": "urgent",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("patient_id", "", "patient_id_missing"),
        ("patient_id", "47*", "identifier_invalid"),
        ("patient_id", "47\\11", "identifier_invalid"),
        ("patient_id", "1.23457E+12", "digits_lost"),
        ("accession", "1,2E+15", "digits_lost"),
        ("patient_id", "#N/A", "cell_error"),
        ("patient_id", "9" * 65, "too_long"),
        ("sex", "perhaps", "sex_unknown"),
        ("ecog", "6", "ecog_invalid"),
        ("ecog", "good", "ecog_invalid"),
        ("urgency", "blue", "urgency_unknown"),
        ("study_uid", "1.2.x", "study_uid_invalid"),
        ("birth_date", "31.02.1961", "date_invalid"),
        ("birth_date", "1961", "date_invalid"),
        ("birth_date", "05.01.2027", "date_in_future"),
        ("birth_date", "01.01.1750", "date_implausible"),
        ("birth_date", "04.05.12", "year_ambiguous"),
        ("birth_date", "03/04/1961", "date_order_undecided"),
    ],
)
def test_each_error_is_of_its_field_and_has_its_code(field: str, text: str, code: str) -> None:
    assert codes(**{field: text}) == [(field, code)]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("1961-05-04", date(1961, 5, 4)),
        ("1961-05-04 00:00:00", date(1961, 5, 4)),
        ("19610504", date(1961, 5, 4)),
        ("4.5.1961", date(1961, 5, 4)),
        ("04. 05. 1961", date(1961, 5, 4)),
        ("04.05.61", date(1961, 5, 4)),
        ("4 May 1961", date(1961, 5, 4)),
        ("04. März 1961", date(1961, 3, 4)),
        ("04-Dez-1961", date(1961, 12, 4)),
        ("05/05/1961", date(1961, 5, 5)),
        ("29.02.2000", date(2000, 2, 29)),
    ],
)
def test_dates_that_can_be_read_in_one_way_only(text: str, read: date) -> None:
    assert read_date(text, order=None, today=TODAY, is_birth=True) == read


def test_one_day_above_twelve_decides_for_its_column() -> None:
    assert decide_order(["03/04/1961", "25/12/1950"]) == ("dmy", True)
    assert decide_order(["03/04/1961", "12/25/1950"]) == ("mdy", True)
    assert decide_order(["03/04/1961"]) == (None, True)
    assert decide_order(["25/12/1950", "12/25/1950"]) == (None, True), "contradicts itself"
    assert decide_order(["03.04.1961", "1961-05-04", "05/05/1961"]) == (None, False)


def test_the_order_that_was_said_counts_and_does_not_bend() -> None:
    read = {"today": TODAY, "is_birth": True}
    assert read_date("03/04/1961", order="dmy", **read) == date(1961, 4, 3)  # type: ignore[arg-type]
    assert read_date("03/04/1961", order="mdy", **read) == date(1961, 3, 4)  # type: ignore[arg-type]
    with pytest.raises(BadDate, match="date_invalid"):
        read_date("25/12/1961", order="mdy", **read)  # type: ignore[arg-type]


def test_two_digits_of_a_wanted_date_are_of_this_century() -> None:
    assert check(wanted_date="12.01.27").values["wanted_date"] == "2027-01-12"
    warned = check(wanted_date="03.01.2027").warnings
    assert {"field": "wanted_date", "code": "wanted_date_past"} in warned


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        ({"name": "Doe, Jane"}, "Doe^Jane"),
        ({"name": "Doe^Jane^M"}, "Doe^Jane^M"),
        ({"name": "Doe", "given_name": "Jane"}, "Doe^Jane"),
        ({"name": "", "family_name": "van der Berg", "given_name": "Jo"}, "van der Berg^Jo"),
        ({"name": "Jane Doe"}, "Jane Doe"),
    ],
)
def test_names_are_written_as_dicom_does_and_not_turned_round(
    texts: dict[str, str], name: str
) -> None:
    assert check(**texts).values["name"] == name


def test_an_unknown_tumour_word_is_kept_and_told() -> None:
    row = check(tumour_type="Thymom")
    assert (row.values["tumour_type"], row.values["diagnosis"]) == ("other", "Thymom")
    assert {"field": "tumour_type", "code": "tumour_type_other"} in row.warnings
    assert row.errors == []


def test_formulae_and_html_are_plain_text() -> None:
    evil = "=cmd|' /C calc'!A0 <img src=x onerror=\"alert(1)\">"
    assert check(question=evil).values["question"] == evil


def test_a_correction_counts_even_where_it_is_empty() -> None:
    texts = texts_of(
        cells=["1", "x"], mapping={"patient_id": 0, "sex": 1, "ecog": 9}, corrections={"sex": ""}
    )
    assert texts == {"patient_id": "1", "sex": ""}
