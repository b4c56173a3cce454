"""The report: it needs nothing, runs nothing, and says what was left out. And a run's life."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from apps.ai import conf, storage
from apps.ai.choices import ValidationState
from apps.ai.exceptions import ValidationNotPossible
from apps.ai.models import ModelVersion, ValidationRun
from apps.ai.validation_runs import recording, running, services
from tests.apps.ai.test_validation_run import (
    LARGE,
    SYSTEM,
    document_of,
    pet_version,
    phantoms,
    run_folder,
)
from tests.apps.ai.validation_phantoms import write_study

__all__ = ["pet_version", "phantoms"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fresh_runner")]


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(body)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [
            value or "" for name, value in attrs if name in {"src", "href", "data", "action"}
        ]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_report_needs_nothing_from_outside_and_runs_nothing(
    pet_version: ModelVersion, tmp_path: Path
) -> None:
    folder = tmp_path / "set"
    name = "<script>alert(1)</script>"
    write_study(
        folder / "a <b>&amp; x", hot=LARGE, reference=LARGE,
        Manufacturer="<img src=x onerror=1>", InstitutionName='"><svg/onload=1>',
    )  # fmt: skip
    write_study(folder / "=cmd()", hot=LARGE, reference=None, label=name)
    run = run_folder(pet_version, folder)

    html = storage.get_bytes(sha256=run.report_sha256).decode()
    page = Page(html)
    assert page.addresses == []
    assert not {"script", "img", "link", "iframe", "object"} & set(page.tags)
    assert "default-src 'none'" in html
    assert "a <b>&amp; x" in page.text
    for said in (
        "Research use. Not a medical device.",
        run.model_tree_sha256,
        run.dataset_sha256,
        "2 studies: 1 evaluated, 0 out of scope, 0 failed, 1 refused",
        "no_reference",
        "test",
    ):
        assert said in page.text, said
    rows = list(
        csv.DictReader(io.StringIO(storage.get_bytes(sha256=run.rows_sha256).decode("utf-8-sig")))
    )
    assert {one["study"]: one["state"] for one in rows} == {
        "a <b>&amp; x": "evaluated",
        "'=cmd()": "refused",
    }
    assert document_of(run)["note"].startswith("Research use")


def test_a_scanner_or_site_of_a_shown_group_is_escaped(
    pet_version: ModelVersion, tmp_path: Path
) -> None:
    folder = tmp_path / "set"
    for number in range(10):
        write_study(folder / f"{number}", hot=LARGE, reference=LARGE,
                    Manufacturer="<script>x</script>")  # fmt: skip
    html = storage.get_bytes(sha256=run_folder(pet_version, folder).report_sha256).decode()

    assert "<script" not in html
    assert "&lt;script&gt;x&lt;/script&gt; Ring 9" in html


# --- the life of a run -------------------------------------------------------------------------


def test_summary_for_the_versions_record(pet_version: ModelVersion, phantoms: Path) -> None:
    run = run_folder(pet_version, phantoms)
    summary = recording.summarise_for_record(run)

    assert json.loads(json.dumps(summary)) == summary
    assert summary["model_tree_sha256"] == pet_version.tree_sha256
    assert summary["studies"] == {
        "total": 7, "evaluated": 7, "out_of_scope": 0, "failed": 0, "refused": 0,
    }  # fmt: skip
    assert summary["sensitivity"]["n"] == 7
    unfinished = services.create_run(
        actor=SYSTEM, version_id=pet_version.pk, folder="x", limit=None
    )
    with pytest.raises(ValidationNotPossible):
        recording.summarise_for_record(unfinished)


def test_one_run_at_a_time_and_a_doubled_bell_does_nothing(
    pet_version: ModelVersion, phantoms: Path
) -> None:
    first = services.create_run(actor=SYSTEM, version_id=pet_version.pk, folder="a", limit=None)
    with pytest.raises(ValidationNotPossible) as refused:
        services.create_run(actor=SYSTEM, version_id=pet_version.pk, folder="b", limit=None)

    assert refused.value.error_code == "run_open"
    assert services.claim_run(run_id=first.pk, worker="one") is not None
    assert services.claim_run(run_id=first.pk, worker="two") is None


def test_a_run_whose_worker_is_gone_fails_and_says_so(pet_version: ModelVersion) -> None:
    run = services.create_run(actor=SYSTEM, version_id=pet_version.pk, folder="a", limit=None)
    services.claim_run(run_id=run.pk, worker="one")
    ValidationRun.objects.filter(pk=run.pk).update(
        lease_until=timezone.now() - conf.VALIDATION_LEASE
    )

    services.sweep_runs()

    run.refresh_from_db()
    assert (run.state, run.reason_code) == (ValidationState.FAILED, "worker_lost")
    assert not services.report_progress(run_id=run.pk, progress=0.5, stage="late", counts={})


def test_cancelled_between_two_studies_it_ends_without_a_report(
    pet_version: ModelVersion, phantoms: Path
) -> None:
    run = services.create_run(actor=SYSTEM, version_id=pet_version.pk, folder="a", limit=None)
    claimed = services.claim_run(run_id=run.pk, worker="one")
    assert claimed is not None
    seen: list[int] = []

    def cancel_at_the_third() -> None:
        seen.append(1)
        if len(seen) == 3:
            ValidationRun.objects.filter(pk=run.pk).update(cancel_requested=True)

    running.run_claimed(run=claimed, folder=phantoms, between=cancel_at_the_third)

    run.refresh_from_db()
    assert (run.state, run.report_sha256) == (ValidationState.CANCELLED, "")
    assert len(seen) == 3


def test_a_broken_validation_json_fails_the_run(pet_version: ModelVersion, phantoms: Path) -> None:
    (phantoms / "validation.json").write_text("{")
    run = run_folder(pet_version, phantoms)

    assert (run.state, run.reason_code) == (ValidationState.FAILED, "bad_manifest")


def test_the_command_runs_and_writes_its_files(
    pet_version: ModelVersion, phantoms: Path, tmp_path: Path
) -> None:
    said = StringIO()
    call_command(
        "validate_model", "pet-uptake", pet_version.version, str(phantoms),
        "--limit", "2", "--output", str(tmp_path / "out"), stdout=said,
    )  # fmt: skip

    assert "2 studies: 2 evaluated" in said.getvalue()
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == [
        "cases.csv",
        "metrics.json",
        "report.html",
    ]
    with pytest.raises(CommandError, match="no version"):
        call_command("validate_model", "pet-uptake", "9.9", str(phantoms), stdout=said)
