"""Every route and every op of the live session × role × own, other and no board (table F).

Allowed cells must answer with valid data, or, for a write that is sent without its content, say
what is missing; refused ones must be refused as the table says. Nothing answers otherwise.
"""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from apps.core.models import VersionedModel
from apps.live.ops import handled_kinds
from tests.security import canary_case
from tests.security.listener import OF_MODEL, PARAMETER
from tests.security.permissions import asked, hospital, ops
from tests.security.permissions.hospital import Hospital
from tests.security.permissions.page import print_page
from tests.security.permissions.table import STANDINGS, Cell, Table
from tests.security.test_routes import METHODS, OURS, fill

archive_root, guard = canary_case.archive_root, canary_case.guard

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous"),
    pytest.mark.filterwarnings("ignore:No directory at"),
]

INCOMPLETE = frozenset({400, 409, 410, 412, 413, 415, 422, 428})
"""Past the door: what is sent does not suffice, or the state does not allow it."""
TABLE = Table()


NO = asked.NO_OBJECT


class _Undo(Exception):
    """Takes back what a write did."""


@pytest.fixture()
def house(db: None, tmp_path: Path) -> Hospital:
    return hospital.build(tmp_path)


class Trial:
    """One person before every route."""

    def __init__(self, house: Hospital, *, role: str, standing: str) -> None:
        self.house, self.role, self.standing = house, role, standing
        self.client = house.client(role=role, standing=standing)
        self.projection = house.projection(role=role, standing=standing)
        self.surprises: list[str] = []
        self.counts: Counter[str] = Counter()

    def try_all(self) -> None:
        for route, view in OURS:
            for method in METHODS:
                if policy := view.policies.get(method):
                    self.try_one(route, method, policy)

    def try_one(self, route: str, method: str, policy: Any) -> None:
        permission = TABLE.permission_of(method=method, route=route, policy=policy)
        assert permission, f"{method} {route}: {policy.__module__}.{policy.__name__} has no line"
        cell = TABLE.cell(permission=permission, role=self.role, standing=self.standing)
        path = self.house.path(route, as_known_to=self.projection)
        if path is None and not cell.is_allowed and TABLE.is_of_the_house(permission):
            path = fill(route)  # there is none, and that is not what they are told
        statuses = [self.send(route, method, path)] if path else []
        verdict = judge(method, cell, statuses)
        if verdict == "surprise" and cell.is_allowed:
            verdict = "nothing there" if self.has_nothing(route, statuses) else verdict
        self.counts[verdict] += 1
        if verdict == "surprise":
            self.surprises.append(
                f"{self.role}/{self.standing} {method} {route} ({permission}): {statuses}, "
                f"{'allowed' if cell.is_allowed else sorted(cell.refusals)}"
            )

    def has_nothing(self, route: str, statuses: list[tuple[int, str]]) -> bool:
        """It says that there is nothing, in the words of a thing and not of a door."""
        if all(status != 403 for status, _ in statuses) and route in asked.NOTHING_THERE:
            return True
        return self.role == "consultant" and route in asked.NOTHING_DEIDENTIFIED

    def send(self, route: str, method: str, path: str) -> tuple[int, str]:
        body = asked.BODIES.get(f"{method.upper()} {route}")
        options = dict(asked.HEADERS.get(f"{method.upper()} {route}", {}))
        if method != "get":
            data = body(self.house) if body else {}
            options["data"] = data
            if isinstance(data, bytes):
                options["content_type"] = "application/offset+octet-stream"
            elif not any(isinstance(one, UploadedFile) for one in data.values()):
                options["content_type"] = "application/json"
            if (version := version_of(route, path)) is not None:
                options["HTTP_IF_MATCH"] = f'"{version}"'
        else:
            path += asked.query(route=route, hospital=self.house)
        try:
            with transaction.atomic():
                answer = getattr(self.client, method)(path, **options)
                said = b"".join(answer) if answer.streaming else answer.content
                raise _Undo
        except _Undo:
            pass
        code = ""
        if answer.status_code >= 400 and "json" in answer["Content-Type"]:
            code = answer.json().get("code", "")
        assert said is not None
        return answer.status_code, code


def judge(method: str, cell: Cell, statuses: list[tuple[int, str]]) -> str:
    """``data``, ``past the door``, ``refused`` as it should be, ``no object``, or a surprise."""
    if not statuses:
        return "no object"
    if not cell.is_allowed:
        return "refused" if all(status in cell.refusals for status, _ in statuses) else "surprise"
    if any(status < 400 for status, _ in statuses):
        return "data"
    incomplete = all(status in INCOMPLETE for status, _ in statuses)
    return "past the door" if method != "get" and incomplete else "surprise"


def version_of(route: str, path: str) -> int | None:
    """The version of the thing that the route's last id names."""
    names = [name for _, name in PARAMETER.findall(route)]
    if not names:
        return None
    named = "case" if names[-1] == "case_id" else OF_MODEL.get(names[-1], "")
    named = named or names[-1].removesuffix("_id").replace("_", "")
    for model in apps.get_models():
        if model._meta.model_name == named and issubclass(model, VersionedModel):
            key = [part for part in path.split("/") if len(part) == 36 and "-" in part][-1]
            row = model.objects.filter(pk=key).first()
            return int(row.version) if row is not None else None
    return None


def test_the_table_names_only_what_there_is() -> None:
    known = {f"{p.__module__}.{p.__name__}" for _, view in OURS for p in view.policies.values()}
    assert set(TABLE.data["policies"]) <= known
    routes = {f"{m.upper()} {route}" for route, view in OURS for m in view.policies}
    assert set(TABLE.data["routes"]) <= routes
    assert set(asked.BODIES) <= routes
    named = {*TABLE.data["policies"].values(), *TABLE.data["routes"].values()}
    named |= set(TABLE.data["ops"].values())
    assert named == set(TABLE.permissions)


def test_the_page_is_printed_from_the_table() -> None:
    page = Path(__file__).parents[2] / "docs" / "permissions.md"
    assert page.read_text(encoding="utf-8") == print_page(TABLE), (
        "python -m tests.security.permissions"
    )


@pytest.mark.timeout(900)
def test_no_route_surprises(house: Hospital, capsys: Any) -> None:
    counts: Counter[str] = Counter()
    surprises: list[str] = []
    for role, standing in itertools.product(TABLE.roles, STANDINGS):
        trial = Trial(house, role=role, standing=standing)
        trial.try_all()
        counts += trial.counts
        surprises += trial.surprises
    with capsys.disabled():
        print(f"\npermissions: {dict(counts)}")
    assert not surprises, "\n".join(surprises)


def test_routes_without_a_thing_here_are_named(house: Hospital) -> None:
    """A new kind of thing belongs into the hospital, or here with its reason."""
    empty = [route for route, _ in OURS if "<" in route and house.path(route) is None]
    unexplained = [one for one in empty if not {n for _, n in PARAMETER.findall(one)} & set(NO)]
    assert not unexplained
    known = {name for route, _ in OURS for _, name in PARAMETER.findall(route)}
    assert set(NO) <= known - set(house.ids)


@pytest.mark.timeout(600)
def test_no_op_of_the_live_session_surprises(house: Hospital, capsys: Any) -> None:
    assert set(TABLE.data["ops"]) == handled_kinds() == set(ops.asked(house))
    counts: Counter[str] = Counter()
    surprises: list[str] = []
    for role, standing, kind in itertools.product(TABLE.roles, STANDINGS, sorted(handled_kinds())):
        cell = TABLE.cell(permission=TABLE.data["ops"][kind], role=role, standing=standing)
        user = house.person(role=role, standing=standing)
        outcome, code = ops.submit(house, user=user, kind=kind)
        refused = outcome == "rejected" and code in ops.DOORS
        if refused == cell.is_allowed and code != ops.NO_LEASE:
            surprises.append(f"{role}/{standing} {kind}: {outcome} {code}")
        done = "done" if outcome in {"committed", "noop"} else f"past the door: {code}"
        counts["refused" if refused else done] += 1
    with capsys.disabled():
        print(f"\nops: {dict(counts)}")
    assert not surprises, "\n".join(surprises)
