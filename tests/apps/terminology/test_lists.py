"""The lists of a site, the command that loads them, and the route that looks codes up."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.audit.models import AuditEntry
from apps.core.exceptions import DomainError, Forbidden, TooLarge
from apps.terminology import services
from apps.terminology.models import CodeList, ListedCode
from apps.terminology.selectors import find_codes, look_up
from tests.people import SYSTEM, make_case_team, make_person

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
GOOD = b'code,display,synonyms\n8140/3,"Adenocarcinoma, NOS",glandular cancer\n8070/3,Squamous,\n'


def load(content: bytes = GOOD, name: str = "ICD-O-3 of the site") -> CodeList:
    return services.load_code_list(actor=SYSTEM, content=content, system="icd-o-3", name=name)


def test_a_loaded_list_is_found_beside_the_bundled_ones() -> None:
    assert find_codes(system="icd-o-3", text="adeno") == []
    load()
    found = find_codes(system="icd-o-3", text="adeno")[0].concept
    assert (found.code, found.source) == ("8140/3", "ICD-O-3 of the site")
    known = look_up(system="icd-o-3", code="8140/3")
    assert known is not None
    assert known.display == "Adenocarcinoma, NOS"
    assert AuditEntry.objects.filter(action="code_list.loaded").exists()


def test_a_newer_file_takes_the_place_and_the_old_rows_are_kept() -> None:
    load()
    load(b"code,display\n8140/3,Newer\n")
    known = look_up(system="icd-o-3", code="8140/3")
    assert known is not None
    assert known.display == "Newer"
    assert look_up(system="icd-o-3", code="8070/3") is None
    assert ListedCode.objects.filter(display="Adenocarcinoma, NOS").exists()


def test_a_retired_list_is_no_longer_found() -> None:
    load()
    services.retire_code_list(actor=SYSTEM, name="ICD-O-3 of the site")
    assert find_codes(system="icd-o-3", text="adeno") == []


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"code;display\n1;x\n", None),
        (b"code,display\n", None),
        (b"\xff\xfe\x00", None),
        (b"code,display\n8140/3,\n", 2),
        (b"code,display\nA,b\n...,b\n", 3),
        (b"code,display\nA,b\na,c\n", 3),
        (b"code,display\nA,be\x07ll\n", 2),
        (b"code,display\n" + b"A" * 41 + b",b\n", 2),
    ],
)
def test_a_bad_file_is_refused_with_its_line_and_nothing_is_loaded(
    content: bytes, line: int | None
) -> None:
    with pytest.raises(DomainError) as caught:
        load(content)
    assert caught.value.error_code == "code_list_invalid"
    assert caught.value.details.get("line") == line
    assert CodeList.objects.count() == 0


def test_too_many_codes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_CODES", 1)
    with pytest.raises(TooLarge):
        load()
    assert CodeList.objects.count() == 0


def test_only_an_administrator_loads_codes() -> None:
    team = make_case_team()
    with pytest.raises(Forbidden):
        services.load_code_list(
            actor=team.actor("coordinator"), content=GOOD, system="icd-o-3", name="x"
        )


def test_the_command_loads_lists_and_says_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "morphology.csv"
    file.write_bytes(GOOD)
    call_command("terminology", "load", str(file), "--system", "icd-o-3")
    call_command("terminology", "list")
    said = capsys.readouterr().out
    assert "morphology: 2 codes of icd-o-3" in said
    assert "icd-10: 2178 bundled" in said
    file.write_bytes(b"nothing")
    with pytest.raises(CommandError, match="code_list_invalid"):
        call_command("terminology", "load", str(file), "--system", "icd-o-3")


def test_the_route_answers_the_best_first_and_says_what_was_searched(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = Client()
    assert client.get("/api/terminology?system=icd-10&q=c34").status_code == 401
    client.force_login(make_person(), backend=BACKEND)
    client.get("/api/terminology?system=icd-10&q=c34")
    with django_assert_max_num_queries(6):
        answer = client.get("/api/terminology?system=icd-10&q=upper lobe right&limit=3")
    body = answer.json()
    assert [one["code"] for one in body["results"]] == ["C34.11"]
    assert "no other chapter" in body["extent"]
    wrong = client.get("/api/terminology?system=nope&q=x")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "system_unknown")
    assert client.get("/api/terminology?system=icd-10&q=x&limit=21").status_code == 400
    systems = client.get("/api/terminology/systems").json()["results"]
    assert {one["system"]: one["bundled"] for one in systems}["icd-o-3"] == 0


def test_hostile_words_find_nothing_and_break_nothing() -> None:
    client = Client()
    client.force_login(make_person(), backend=BACKEND)
    for typed in ("<script>alert", "zq' OR 1=1 --", "\x7f%00", "=cmd|x", "𝔄" * 30):
        answer = client.get("/api/terminology", {"system": "icd-10", "q": typed})
        assert answer.status_code == 200, typed
        assert answer.json()["results"] == []
    assert client.get("/api/terminology?system=icd-10&q=%00").status_code == 400
