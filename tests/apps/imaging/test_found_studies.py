"""How a QIDO match is shown: dates are ISO 8601 or null, never an empty or impossible string."""

import pytest

from apps.imaging.api.searches import FoundStudySerializer, show_found
from apps.imaging.pacs import QidoStudy


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("19600229", "1960-02-29"),
        ("", None),
        ("19610229", None),
        ("1960.02.29", None),
        ("٢٠٢٠٠١٠١", None),
        ("<script>", None),
    ],
)
def test_a_date_is_shown_as_a_date_or_as_none(raw: str, shown: str | None) -> None:
    found = show_found(QidoStudy(study_instance_uid="1.2.3", study_date=raw, birth_date=raw))
    assert (found["study_date"], found["birth_date"]) == (shown, shown)
    assert FoundStudySerializer(found | {"held_by": []}).data["birth_date"] == shown
