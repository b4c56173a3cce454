"""Writes of local validation: start, claim, report, end. One run at a time."""

import importlib.metadata
import platform
import sys
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.ai import conf, policies, selectors
from apps.ai.bundle_documents import read_document
from apps.ai.bundle_errors import BundleError
from apps.ai.bundle_manifest import SIDE_CAR
from apps.ai.choices import VALIDATION_MOVES, ModelKind, ValidationState, check_move
from apps.ai.exceptions import ModelNotApproved, ValidationNotPossible
from apps.ai.models import ModelVersion, ValidationRun
from apps.ai.side_car import SideCar, read_side_car
from apps.ai.validation.manifest import Manifest
from apps.ai.validation_runs.folders import list_studies, open_manifest, resolve_folder
from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.core.outbox import enqueue

RUN_TASK = "apps.ai.tasks.run_validation"
PACKAGES = ("consilium", "numpy", "scipy", "pydicom", "torch", "monai")
OPEN = (ValidationState.QUEUED, ValidationState.RUNNING)
LONGEST_STAGE = 260


@transaction.atomic
def start_run(
    *, actor: Actor, version_id: UUID, folder: str, limit: int | None = None
) -> ValidationRun:
    """Owe a run of a version on a folder below the configured root.

    Raises
    ------
    ModelNotApproved
        Its content may not be evaluated yet.
    ValidationNotPossible
        The folder cannot be used, another run is open, or the model gives no masks.
    """
    policies.manage_models(actor=actor)
    path = resolve_folder(folder)
    list_studies(path)
    open_manifest(path)
    run = create_run(actor=actor, version_id=version_id, folder=folder, limit=limit)
    enqueue(task=RUN_TASK, kwargs={"run_id": str(run.pk)}, queue="ai")
    return run


@transaction.atomic
def create_run(*, actor: Actor, version_id: UUID, folder: str, limit: int | None) -> ValidationRun:
    """The row of a run; whoever makes it sees that somebody runs it.

    Raises
    ------
    As ``start_run``.
    """
    policies.manage_models(actor=actor)
    version = ModelVersion.objects.select_for_update(of=("self",)).select_related("model")
    found = version.filter(pk=version_id).first()
    if found is None:
        raise NotVisible()
    if not selectors.is_approved(version=found):
        raise ModelNotApproved("Two people must approve exactly this content first.")
    if ValidationRun.objects.filter(state__in=OPEN).exists():
        raise ValidationNotPossible("Another validation run is open.", code="run_open")
    side_car = _side_car_of(found)
    if side_car is not None and side_car.task == "classification":
        raise ValidationNotPossible(
            "A classification gives no masks; a folder of masks says nothing of it.",
            code="task_not_validated",
        )
    run = ValidationRun.objects.create(
        version=found,
        model_tree_sha256=found.tree_sha256,
        folder=folder,
        study_limit=limit,
        started_by_id=actor.id if actor.is_person else None,
        started_by_label=actor.label,
        rung_at=timezone.now(),
        parameters=dict(found.default_parameters),
        thresholds={"model": _model_thresholds(side_car)},
        software=_software(),
    )
    _audit(actor, "validation.started", run)
    return run


@transaction.atomic
def claim_run(*, run_id: UUID, worker: str) -> ValidationRun | None:
    """The run, if it waits still; a doubled message finds nothing."""
    run = _lock(run_id)
    if run is None or run.state != ValidationState.QUEUED:
        return None
    if run.cancel_requested:
        _end(run, ValidationState.CANCELLED)
        return None
    check_move(moves=VALIDATION_MOVES, subject="validation run", source=run.state,
               to=ValidationState.RUNNING)  # fmt: skip
    now = timezone.now()
    run.state = ValidationState.RUNNING
    run.worker = worker
    run.started_at = now
    run.lease_until = now + conf.VALIDATION_LEASE
    run.save()
    return run


@transaction.atomic
def note_dataset(*, run_id: UUID, manifest: Manifest, total: int) -> None:
    """What is compared, and how, as the folder says it at the start."""
    run = _lock_owned(run_id)
    run.dataset_name = manifest.name
    run.studies_total = total
    run.thresholds = {
        **run.thresholds,
        "labels": [one.model_dump(mode="json") for one in manifest.labels],
        "labels_are_default": manifest.uses_default_labels,
        "lesions": manifest.lesions,
        "matching": manifest.matching,
        "min_iou": manifest.min_iou if manifest.matching == "overlap" else None,
        "score": manifest.score,
    }
    run.save()


def report_progress(*, run_id: UUID, progress: float, stage: str, counts: dict[str, int]) -> bool:
    """Say how far it is and extend the lease; whether to go on.

    ``counts`` are studies by how they ended.
    """
    changed = ValidationRun.objects.filter(pk=run_id, state=ValidationState.RUNNING).update(
        progress=min(1.0, max(0.0, progress)),
        stage=stage[:LONGEST_STAGE],
        lease_until=timezone.now() + conf.VALIDATION_LEASE,
        studies_evaluated=counts.get("evaluated", 0),
        studies_out_of_scope=counts.get("out_of_scope", 0),
        studies_failed=counts.get("failed", 0),
        studies_refused=counts.get("refused", 0),
        updated_at=timezone.now(),
    )
    if not changed:
        return False
    return not ValidationRun.objects.filter(pk=run_id, cancel_requested=True).exists()


def extend_lease(*, run_id: UUID) -> None:
    """The worker lives; a run that has ended stays ended."""
    ValidationRun.objects.filter(pk=run_id, state=ValidationState.RUNNING).update(
        lease_until=timezone.now() + conf.VALIDATION_LEASE
    )


@transaction.atomic
def finish_run(
    *,
    run_id: UUID,
    metrics: dict[str, Any],
    dataset_sha256: str,
    report_sha256: str,
    rows_sha256: str,
    metrics_sha256: str,
    finished_at: datetime,
) -> ValidationRun:
    """End the run with its figures, once."""
    run = _lock_owned(run_id)
    studies = metrics["studies"]
    run.metrics = metrics
    run.dataset_sha256 = dataset_sha256
    run.report_sha256 = report_sha256
    run.rows_sha256 = rows_sha256
    run.metrics_sha256 = metrics_sha256
    run.studies_evaluated = studies["evaluated"]
    run.studies_out_of_scope = studies["out_of_scope"]
    run.studies_failed = studies["failed"]
    run.studies_refused = studies["refused"]
    run.progress = 1.0
    _end(run, ValidationState.FINISHED, at=finished_at)
    _audit(Actor.system(run.worker or "validation"), "validation.finished", run)
    return run


@transaction.atomic
def fail_run(*, run_id: UUID, code: str, message: str) -> None:
    """End the run without a report; one that has ended stays as it is."""
    run = _lock(run_id)
    if run is None or run.state not in OPEN:
        return
    run.reason_code = code[:80]
    run.reason_message = message[:2_000]
    _end(run, ValidationState.FAILED)
    _audit(Actor.system(run.worker or "validation"), "validation.failed", run)


@transaction.atomic
def finish_cancelled_run(*, run_id: UUID) -> None:
    run = _lock(run_id)
    if run is not None and run.state in OPEN:
        _end(run, ValidationState.CANCELLED)


@transaction.atomic
def cancel_run(*, actor: Actor, run_id: UUID) -> ValidationRun:
    """Ask a run to stop: one that waits ends at once, one that runs within seconds.

    Raises
    ------
    IllegalMove
        It has ended.
    """
    policies.manage_models(actor=actor)
    run = _lock(run_id)
    if run is None:
        raise NotVisible()
    check_move(moves=VALIDATION_MOVES, subject="validation run", source=run.state,
               to=ValidationState.CANCELLED)  # fmt: skip
    run.cancel_requested = True
    if run.state == ValidationState.QUEUED:
        _end(run, ValidationState.CANCELLED)
    else:
        run.save()
    _audit(actor, "validation.cancelled", run)
    return run


def sweep_runs() -> None:
    """Runs whose worker is gone fail; a bell that was lost is rung again. For the ticker."""
    now = timezone.now()
    lost = ValidationRun.objects.filter(state=ValidationState.RUNNING, lease_until__lt=now)
    for run_id in list(lost.values_list("pk", flat=True)):
        fail_run(run_id=run_id, code="worker_lost", message="The worker stopped reporting.")
    with transaction.atomic():
        waiting = ValidationRun.objects.select_for_update(skip_locked=True).filter(
            state=ValidationState.QUEUED,
            worker="",
            rung_at__lt=now - conf.VALIDATION_BELL_EVERY,
        )
        for run in waiting:
            run.rung_at = now
            run.save(update_fields=["rung_at", "updated_at"])
            enqueue(task=RUN_TASK, kwargs={"run_id": str(run.pk)}, queue="ai")


def _end(run: ValidationRun, to: ValidationState, *, at: datetime | None = None) -> None:
    check_move(moves=VALIDATION_MOVES, subject="validation run", source=run.state, to=to)
    run.state = to
    run.lease_until = None
    run.stage = ""
    run.finished_at = at or timezone.now()
    run.save()


def _lock(run_id: UUID) -> ValidationRun | None:
    rows = ValidationRun.objects.select_for_update(of=("self",)).select_related("version__model")
    return rows.filter(pk=run_id).first()


def _lock_owned(run_id: UUID) -> ValidationRun:
    run = _lock(run_id)
    if run is None or run.state != ValidationState.RUNNING:
        raise ValidationNotPossible("The run has ended.", code="run_ended")
    return run


def _side_car_of(version: ModelVersion) -> SideCar | None:
    if version.model.kind != ModelKind.BUNDLE:
        return None
    try:
        return read_side_car(read_document(conf.bundle_store() / version.tree_sha256 / SIDE_CAR))
    except (BundleError, OSError):
        return None  # the runner refuses such a tree by its own code


def _model_thresholds(side_car: SideCar | None) -> dict[str, Any]:
    """Where the model itself cuts: what it keeps below is never seen here."""
    if side_car is None:
        return {}
    return {
        "outputs": [
            {"label": one.label, "threshold": one.threshold, "min_volume_ml": one.min_volume_ml}
            for one in side_car.outputs
        ],
        "min_score": side_car.boxes.min_score if side_car.boxes else None,
    }


def _software() -> dict[str, str]:
    found = {"python": platform.python_version(), "platform": sys.platform}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _audit(actor: Actor, action: str, run: ValidationRun) -> None:
    record_entry(
        actor=actor,
        action=action,
        entity="validation_run",
        entity_id=run.pk,
        details={
            "model": run.version.model.slug,
            "version": run.version.version,
            "tree_sha256": run.model_tree_sha256,
            "folder": run.folder,
            "state": run.state,
            "report_sha256": run.report_sha256,
        },
    )
