"""From a run that came to its end to a version's local validation, by a person's word."""

from typing import Any
from uuid import UUID

from apps.ai import policies
from apps.ai.choices import ValidationState
from apps.ai.exceptions import ValidationNotPossible
from apps.ai.models import ValidationRun
from apps.ai.services.cards import record_local_validation
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible


def summarise_for_record(run: ValidationRun) -> dict[str, Any]:
    """What a version's record keeps of a finished run: figures with their n, hashes, who, when.

    Raises
    ------
    ValidationNotPossible
        ``not_finished``: nothing else is a validation.
    """
    if run.state != ValidationState.FINISHED:
        raise ValidationNotPossible("The run has not finished.", code="not_finished")
    detection = run.metrics["detection"]
    return {
        "run": str(run.pk),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "started_by": run.started_by_label,
        "model_tree_sha256": run.model_tree_sha256,
        "dataset_name": run.dataset_name,
        "folder": run.folder,
        "dataset_sha256": run.dataset_sha256,
        "report_sha256": run.report_sha256,
        "studies": {
            key: run.metrics["studies"][key]
            for key in ("total", "evaluated", "out_of_scope", "failed", "refused")
        },
        "overlap": [
            {
                "target": one["target"],
                "labels": one["labels"],
                "studies": one["studies"],
                "both": one["both"],
                "only_reference": one["only_reference"],
                "only_model": one["only_model"],
                "dice": one["dice"],
                "hd95_mm": one["hd95_mm"],
            }
            for one in run.metrics["overlap"]
        ],
        "lesions": detection["lesions"],
        "sensitivity": detection["sensitivity"],
        "false_positives_per_scan": detection["false_positives_per_scan"],
        "cpm": detection["froc"]["cpm"],
        "calibration": {key: run.metrics["calibration"][key] for key in ("n", "ece", "brier")},
    }


def record_run(*, actor: Actor, run_id: UUID) -> ValidationRun:
    """Take a finished run as the version's local validation; a registered version is validated.

    A person does this who has read the report: that a run came to its end says nothing yet.

    Raises
    ------
    NotVisible
        There is no such run.
    ValidationNotPossible
        ``not_finished``, or ``no_figures``: not one study could be compared.
    Conflict
        It was recorded before (``validation_known``), or the version is retired.
    """
    policies.manage_models(actor=actor)
    run = ValidationRun.objects.select_related("version__model").filter(pk=run_id).first()
    if run is None:
        raise NotVisible()
    summary = summarise_for_record(run)
    headline = _headline(run.metrics)
    if not headline or run.finished_at is None:
        raise ValidationNotPossible("No study could be compared.", code="no_figures")
    record_local_validation(
        actor=actor,
        version_id=run.version_id,
        summary={
            **summary,
            "date": run.finished_at.date(),
            "n": run.metrics["studies"]["evaluated"],
            "headline": headline,
        },
    )
    return run


def _headline(metrics: dict[str, Any]) -> dict[str, float]:
    """Median Dice of each target, sensitivity and false positives, as far as there are any."""
    found = {
        f"Median Dice, {one['target']}"[:80]: one["dice"]["median"]
        for one in metrics["overlap"][:10]
        if one["dice"]
    }
    detection = metrics["detection"]
    found["Sensitivity per lesion"] = detection["sensitivity"]["value"]
    found["False positives per scan"] = detection["false_positives_per_scan"]["value"]
    return {name: float(value) for name, value in found.items() if value is not None}
