"""Stages: drafts, groups that were typed, and groups that a table of the site gives."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.cases import services
from apps.cases.models import Staging
from apps.cases.services.stage_tables import load_stage_table, retire_stage_table
from apps.core.exceptions import Forbidden, InvalidInput
from tests.apps.cases.entries import client_of, put, refusal
from tests.apps.cases.test_clinical_rules import FICTIONAL
from tests.people import SYSTEM, CaseTeam, make_case_team

pytestmark = pytest.mark.django_db


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team()


def test_changed_categories_need_their_group_again(team: CaseTeam) -> None:
    entry = put(team, "staging")
    with pytest.raises(InvalidInput) as caught:
        services.revise_clinical(
            actor=team.actor("surgeon"), case_id=team.case_id, kind="staging",
            entry_id=entry.pk, version=1, changes={"t": "T3"},
        )  # fmt: skip
    assert caught.value.error_code == "group_needed"
    entry.refresh_from_db()
    assert (entry.status, entry.version) == ("current", 1)


def test_a_coordinators_stage_is_a_draft_until_a_clinician_confirms_it(team: CaseTeam) -> None:
    drafted = put(team, "staging", who="coordinator")
    team.case.refresh_from_db()
    assert (drafted.is_draft, team.case.stage.endswith(", draft")) == (True, True)
    confirmed = services.revise_clinical(
        actor=team.actor("oncologist"), case_id=team.case_id, kind="staging",
        entry_id=drafted.pk, version=1, changes={},
    )  # fmt: skip
    assert isinstance(confirmed, Staging)
    assert (confirmed.is_draft, confirmed.group) == (False, "IIB")


def test_a_group_from_a_table_says_which_and_outlives_it(
    team: CaseTeam, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(FICTIONAL)
    call_command("stage_table", "load", str(file), "--name", "Fictional", "--edition", "uicc_8")
    assert "Fictional: 4 rows" in capsys.readouterr().out
    client = client_of(team, "oncologist")
    (table,) = client.get("/api/staging-tables").json()["results"]
    assert (table["name"], table["rows"]) == ("Fictional", 4)
    fields = {"t": "T2", "n": "N0", "m": "M0", "group": "", "table": table["id"]}
    entry = put(team, "staging", **fields)
    assert (entry.group, entry.group_source, entry.group_table) == ("IB", "table", "Fictional")
    assert entry.group_table_sha256 == table["sha256"]
    assert refusal(team, "staging", **{**fields, "n": "N1"}) == "stage_not_in_table"
    assert refusal(team, "staging", **{**fields, "edition": "ajcc_8"}) == "table_edition"
    retire_stage_table(actor=SYSTEM, name="Fictional")
    assert refusal(team, "staging", **{**fields, "on": "2026-09"}) == "table_unknown"
    entry.refresh_from_db()
    assert entry.group == "IB"
    with pytest.raises(Forbidden):
        load_stage_table(
            actor=team.actor("chair"), content=FICTIONAL, name="Mine", edition="uicc_8"
        )
    file.write_bytes(b"nothing")
    with pytest.raises(CommandError, match="stage_table_invalid"):
        call_command("stage_table", "load", str(file), "--name", "x", "--edition", "uicc_8")
