"""What a worker does with a run: each study in turn, then the figures and the report, once."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import numpy as np
from django.utils import timezone

from apps.ai import conf, storage
from apps.ai.analyses.results import AnalysisOutcome
from apps.ai.execution import UNREADABLE, build_request, model_runner, run_waiting_jobs
from apps.ai.models import ModelVersion, ValidationRun
from apps.ai.reading import ReadInput, judge_for_version
from apps.ai.runner.client import RunStopped
from apps.ai.runner.process import RunnerError
from apps.ai.validation.cases import CaseResult, ReferenceMask, compare, lesions_of
from apps.ai.validation.manifest import Manifest
from apps.ai.validation.report import write_html
from apps.ai.validation.rows import ReportFacts, write_json, write_rows
from apps.ai.validation.subgroups import Traits
from apps.ai.validation.totals import summarise
from apps.ai.validation_runs import services
from apps.ai.validation_runs.folders import (
    StudyRefused,
    is_shown,
    list_studies,
    open_manifest,
    resolve_folder,
    spool_study,
)
from apps.ai.validation_runs.keeping import LeaseKeeper, scratch_directory
from apps.ai.validation_runs.references import empty_references, lay_references
from apps.ai.validation_runs.studies import (
    FolderStudy,
    open_inputs,
    parse_study,
    read_traits,
)
from apps.core.exceptions import DomainError
from apps.imaging.exceptions import NotAVolume
from apps.imaging.research.grid import ImageGrid, read_grid

logger = logging.getLogger(__name__)

ATTEMPTS = 2
"""A runner that died is started once more; a second death is the study's result."""
UNPRINTABLE = "(name that cannot be printed)"


def worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def run_claimed(
    *, run: ValidationRun, folder: Path, between: Callable[[], None] = lambda: None
) -> None:
    """Run a claimed run to an ending; whatever happens, it is written.

    Parameters
    ----------
    between:
        Called before each study: the worker lets waiting jobs of patients go first.
    """
    keeper = LeaseKeeper(run.pk)
    try:
        with keeper:
            _Validation(run=run, folder=folder, between=between).execute()
    except RunStopped:
        services.finish_cancelled_run(run_id=run.pk)
    except DomainError as error:
        services.fail_run(run_id=run.pk, code=error.error_code, message=error.message)
    except Exception as error:
        logger.exception("validation run %s failed", run.pk)
        services.fail_run(
            run_id=run.pk, code="internal_error", message=f"{type(error).__name__} in the worker."
        )
        raise


@dataclass
class _Validation:
    """One run in the making."""

    run: ValidationRun
    folder: Path
    between: Callable[[], None]
    results: list[CaseResult] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    _place: float = 0.0
    _share: float = 0.0
    _part: float = 0.0
    _told: float = 0.0
    _stage: str = ""

    @property
    def version(self) -> ModelVersion:
        return self.run.version

    def execute(self) -> None:
        manifest, manifest_sha256 = open_manifest(self.folder)
        names = list_studies(self.folder)
        if self.run.study_limit:
            names = names[: self.run.study_limit]
        services.note_dataset(run_id=self.run.pk, manifest=manifest, total=len(names))
        self.digests.append(f"validation.json {manifest_sha256}")
        scratch = scratch_directory()
        try:
            for place, name in enumerate(names):
                self._place, self._share = place / len(names), 1.0 / len(names)
                self._stage = name if is_shown(name) else UNPRINTABLE
                self._tell(0.0)
                self.between()
                self.results.append(self._one_study(name, manifest, scratch))
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        self._stage, self._place, self._share = "report", 1.0, 0.0
        self._tell(0.0)
        self._finish(manifest)

    def _one_study(self, name: str, manifest: Manifest, scratch: Path) -> CaseResult:
        began = time.monotonic()
        own = Path(tempfile.mkdtemp(prefix="study-", dir=scratch))
        case = _Case(name if is_shown(name) else UNPRINTABLE)
        try:
            return self._evaluate(name, manifest, own, case, began)
        except RunStopped:
            raise
        except StudyRefused as error:
            return case.left_out("refused", error.code, error.message, began)
        except NotAVolume as error:
            unreadable = error.error_code in UNREADABLE
            state = "refused" if unreadable else "out_of_scope"
            return case.left_out(state, error.error_code, error.message, began)
        except RunnerError as error:
            return case.left_out("failed", error.code, error.message, began)
        except Exception as error:
            logger.exception("validation run %s: study failed", self.run.pk)
            message = f"{type(error).__name__} in the worker."
            return case.left_out("failed", "internal_error", message, began)
        finally:
            shutil.rmtree(own, ignore_errors=True)

    def _evaluate(
        self, name: str, manifest: Manifest, own: Path, case: _Case, began: float
    ) -> CaseResult:
        if not is_shown(name):
            self.digests.append("refused unsafe_name")
            raise StudyRefused("unsafe_name", "The study's name cannot be printed.")
        study = self._parse(name, manifest, own)
        case.remarks = list(study.remarks)
        inputs = open_inputs(study=study, version=self.version, scratch=own)
        case.traits = read_traits(
            headers=inputs[0].headers,
            rule=study.rule,
            slice_spacing_mm=inputs[0].volume.spacing_mm[0],
        )
        grid = _grid_of(inputs[0], study)
        references = self._references(study, grid, manifest, case)
        case.reference_lesions = len(lesions_of(references, manifest))
        verdict = judge_for_version(version=self.version, inputs=inputs)
        if not verdict.in_scope:
            return case.left_out("out_of_scope", verdict.code, verdict.message, began)
        self._tell(0.2)
        outcome = self._run_model(inputs)
        if outcome.kind == "out_of_scope":
            return case.left_out("out_of_scope", outcome.reason_code, outcome.reason, began)
        if outcome.kind == "failed":
            return case.left_out("failed", outcome.reason_code, outcome.reason, began)
        found = compare(
            outcome=outcome,
            references=references,
            spacing_mm=inputs[0].volume.spacing_mm,
            manifest=manifest,
        )
        case.remarks += outcome.warnings
        if found.left_out:
            case.remarks.append(
                ("other_codes", f"{found.left_out} results have codes that are not compared.")
            )
        return CaseResult(
            study=case.name,
            state="evaluated",
            outcome=outcome.kind,
            seconds=time.monotonic() - began,
            traits=case.traits,
            reference_lesions=case.reference_lesions,
            overlaps=found.overlaps,
            detection=found.detection,
            probabilities=found.probabilities,
            outcomes=found.outcomes,
            remarks=tuple(case.remarks),
        )

    def _parse(self, name: str, manifest: Manifest, own: Path) -> FolderStudy:
        copies, parsed = own / "copies", own / "parsed"
        copies.mkdir()
        parsed.mkdir()
        try:
            spooled = spool_study(self.folder / name, into=copies)
        except StudyRefused as error:
            self.digests.append(f"{name} refused {error.code}")
            raise
        self.digests += [f"{name}/{path} {sha256}" for path, sha256 in spooled.digests]
        return parse_study(
            name=name, spooled=spooled, version=self.version, manifest=manifest, scratch=parsed
        )

    def _references(
        self, study: FolderStudy, grid: ImageGrid, manifest: Manifest, case: _Case
    ) -> list[ReferenceMask]:
        if not study.references.are_there:
            return empty_references(grid=grid, manifest=manifest)
        references, remarks = lay_references(
            files=study.references, series=study.main, grid=grid, manifest=manifest
        )
        case.remarks += remarks
        return references

    def _run_model(self, inputs: list[ReadInput]) -> AnalysisOutcome:
        request = build_request(version=self.version, parameters=self.run.parameters, inputs=inputs)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return model_runner().run(
                    request=request,
                    on_progress=self._note_progress,
                    should_stop=self._should_stop,
                )
            except RunnerError as error:
                if not error.retryable or attempt == ATTEMPTS:
                    raise
                logger.warning("validation run %s: %s, once more", self.run.pk, error.code)
        raise AssertionError("unreachable")

    def _note_progress(self, fraction: float, stage: str) -> None:
        self._part = 0.2 + 0.7 * fraction

    def _should_stop(self) -> bool:
        """Asked several times a second; the database is asked every two."""
        if time.monotonic() - self._told < conf.VALIDATION_REPORT_EVERY_S:
            return False
        return not self._goes_on()

    def _tell(self, part: float) -> None:
        """Progress, lease and the question whether to go on.

        Raises
        ------
        RunStopped
            It was cancelled, or given up for lost.
        """
        self._part = part
        if not self._goes_on():
            raise RunStopped

    def _goes_on(self) -> bool:
        self._told = time.monotonic()
        return services.report_progress(
            run_id=self.run.pk,
            progress=self._place + self._part * self._share,
            stage=self._stage,
            counts=dict(Counter(str(one.state) for one in self.results)),
        )

    def _finish(self, manifest: Manifest) -> None:
        metrics = summarise(self.results)
        dataset_sha256 = hashlib.sha256("\n".join(sorted(self.digests)).encode()).hexdigest()
        now = timezone.now()
        run = ValidationRun.objects.select_related("version__model").get(pk=self.run.pk)
        facts = ReportFacts(
            run=str(run.pk),
            model=run.version.model.name,
            slug=run.version.model.slug,
            version=run.version.version,
            model_tree_sha256=run.model_tree_sha256,
            dataset_name=run.dataset_name,
            folder=run.folder,
            dataset_sha256=dataset_sha256,
            study_limit=run.study_limit,
            person=run.started_by_label,
            started_at=run.started_at.isoformat(timespec="seconds") if run.started_at else "",
            finished_at=now.isoformat(timespec="seconds"),
            parameters=run.parameters,
            thresholds=run.thresholds,
            software=run.software,
        )
        put = storage.put_bytes
        services.finish_run(
            run_id=run.pk,
            metrics=metrics,
            dataset_sha256=dataset_sha256,
            report_sha256=put(content=write_html(facts, metrics, self.results)),
            rows_sha256=put(content=write_rows(self.results)),
            metrics_sha256=put(content=write_json(facts, metrics, self.results)),
            finished_at=now,
        )


@dataclass
class _Case:
    """What is known of a study so far, for whichever way it ends."""

    name: str
    traits: Traits = field(default_factory=Traits)
    reference_lesions: int | None = None
    remarks: list[tuple[str, str]] = field(default_factory=list)

    def left_out(self, state: str, code: str, reason: str, began: float) -> CaseResult:
        return CaseResult(
            study=self.name,
            state=state,  # type: ignore[arg-type]  # one of CaseState
            reason_code=code,
            reason=reason,
            seconds=time.monotonic() - began,
            traits=self.traits,
            reference_lesions=self.reference_lesions,
            remarks=tuple(self.remarks),
        )


def _grid_of(first: ReadInput, study: FolderStudy) -> ImageGrid:
    """The grid of the very volume the model gets; of a plane without a place there is none."""
    if not first.volume.frame_of_reference_uid and first.volume.voxels.shape[0] == 1:
        raise StudyRefused("no_place", "An image without a place holds no reference mask.")
    grid = read_grid(study.main)
    same = np.allclose(grid.affine_lps, first.volume.affine_lps, atol=1e-6)
    if grid.shape != first.volume.voxels.shape or not same:
        raise StudyRefused("other_grid", "Images and masks are not of one grid.")
    return grid


def run_from_queue(*, run_id: UUID) -> None:
    """Claim and run; between two studies waiting jobs of patients go first."""
    run = services.claim_run(run_id=run_id, worker=worker_name())
    if run is None:
        return
    try:
        folder = resolve_folder(run.folder)
    except DomainError as error:
        services.fail_run(run_id=run.pk, code=error.error_code, message=error.message)
        return

    def let_jobs_pass() -> None:
        run_waiting_jobs(worker=worker_name())

    run_claimed(run=run, folder=folder, between=let_jobs_pass)
