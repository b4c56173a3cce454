"""``manage.py validate_model``: a model version on a folder of studies with reference masks."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.models import User
from apps.accounts.selectors import actor_for
from apps.ai import storage
from apps.ai.choices import ValidationState
from apps.ai.models import ModelVersion, ValidationRun
from apps.ai.validation_runs import services
from apps.ai.validation_runs.running import run_claimed, worker_name
from apps.core.actors import Actor
from apps.core.exceptions import DomainError

SHORTEST_PREFIX = 8


class Command(BaseCommand):
    help = (
        "Run a model version on a folder of studies (one directory each) with reference masks, "
        "and write Dice, surface distances, sensitivity, FROC and calibration as a report. "
        "Nothing enters the archive or a case. See docs/model-validation.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the model")
        parser.add_argument("version", help="its version, or the start of its tree's SHA-256")
        parser.add_argument("folder", type=Path, help="any folder this user may read")
        parser.add_argument("--limit", type=_count, help="only the first so many studies")
        parser.add_argument("--person", metavar="EMAIL", help="who runs it; an AI administrator")
        parser.add_argument(
            "--output", type=Path, help="folder for report.html, cases.csv, metrics.json"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder = options["folder"].resolve()
        if not folder.is_dir():
            raise CommandError(f"{folder}: no such folder")
        version = _find_version(options["slug"], options["version"])
        try:
            run = services.create_run(
                actor=_actor(options["person"]),
                version_id=version.pk,
                folder=str(folder)[-400:],
                limit=options["limit"],
            )
        except DomainError as error:
            raise CommandError(f"{error.error_code}: {error.message}") from error
        claimed = services.claim_run(run_id=run.pk, worker=worker_name())
        if claimed is None:
            raise CommandError("the run was claimed by somebody else")
        self.stdout.write(f"run {run.pk}: {version.model.slug} {version.version} on {folder}")
        try:
            run_claimed(run=claimed, folder=folder)
        except KeyboardInterrupt:
            services.fail_run(run_id=run.pk, code="interrupted", message="Stopped by its operator.")
            raise CommandError("stopped") from None
        self._say(ValidationRun.objects.get(pk=run.pk), options["output"])

    def _say(self, run: ValidationRun, output: Path | None) -> None:
        if run.state != ValidationState.FINISHED:
            raise CommandError(f"{run.state}: {run.reason_code} {run.reason_message}")
        self.stdout.write(
            f"{run.studies_total} studies: {run.studies_evaluated} evaluated, "
            f"{run.studies_out_of_scope} out of scope, {run.studies_failed} failed, "
            f"{run.studies_refused} refused"
        )
        for left in run.metrics["studies"]["left_out"]:
            self.stdout.write(
                f"  {left['state']} {left['code']}: {left['studies']} ({left['reason']})"
            )
        for one in run.metrics["overlap"]:
            dice = one["dice"]
            self.stdout.write(
                f"Dice of {', '.join(one['labels'])}: median {_said(dice['median'])}, mean "
                f"{_estimate(dice['mean'])}; HD95 median {_said(one['hd95_mm']['median'])} mm; "
                f"missed {one['only_reference']}, model only {one['only_model']}"
            )
        found = run.metrics["detection"]
        self.stdout.write(
            f"lesions found: {found['found']} of {found['lesions']}, sensitivity "
            f"{_estimate(found['sensitivity'])}; false positives per scan "
            f"{_estimate(found['false_positives_per_scan'])}"
        )
        froc = found["froc"]
        self.stdout.write(f"CPM: {froc['reason'] or _estimate(froc['cpm'])}")
        calibration = run.metrics["calibration"]
        self.stdout.write(
            f"calibration: n {calibration['n']}, ECE {_said(calibration['ece'])}, "
            f"Brier {_said(calibration['brier'])}"
        )
        self.stdout.write(f"data set SHA-256 {run.dataset_sha256}")
        self.stdout.write(f"report SHA-256 {run.report_sha256}")
        if output is not None:
            output.mkdir(parents=True, exist_ok=True)
            for name, sha256 in (
                ("report.html", run.report_sha256),
                ("cases.csv", run.rows_sha256),
                ("metrics.json", run.metrics_sha256),
            ):
                (output / name).write_bytes(storage.get_bytes(sha256=sha256))
            self.stdout.write(f"written to {output}")


def _count(said: str) -> int:
    number = int(said)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _actor(email: str | None) -> Actor:
    if not email:
        return Actor.system("validate_model")
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None:
        raise CommandError(f"{email}: no such person")
    return actor_for(user=user)


def _find_version(slug: str, named: str) -> ModelVersion:
    versions = ModelVersion.objects.select_related("model").filter(model__slug=slug)
    found = list(versions.filter(version=named)[:2])
    if not found and len(named) >= SHORTEST_PREFIX:
        found = list(versions.filter(tree_sha256__startswith=named.lower())[:2])
    if len(found) != 1:
        many = "several versions, name the SHA-256" if found else "no version"
        raise CommandError(f"{slug} {named}: {many}")
    return found[0]


def _said(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _estimate(one: dict[str, Any]) -> str:
    if one["value"] is None:
        return "–"
    interval = "" if one["lower"] is None else f" ({one['lower']:.3f} to {one['upper']:.3f})"
    return f"{one['value']:.3f}{interval}"
