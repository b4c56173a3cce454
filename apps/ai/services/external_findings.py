"""From what an object says to rows: the model, a job that has ended, its findings."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.utils import timezone

from apps.ai import storage
from apps.ai.choices import ExternalOutcome, JobState, ModelKind, VersionState
from apps.ai.encoding import derive_uid
from apps.ai.external.card import make_card
from apps.ai.external.makers import Maker
from apps.ai.external.reading import Reading, Result
from apps.ai.external.refusals import Remark
from apps.ai.external.statements import read_uid
from apps.ai.models import (
    ExternalFinding,
    ExternalObject,
    Finding,
    Job,
    Model,
    ModelVersion,
)
from apps.ai.services.announcing import announce_findings, announce_job
from apps.ai.services.inputs import hash_parameters
from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.imaging.models import Instance, Series

READER = Actor.system("external results")
NO_PARAMETERS = hash_parameters({})


def take(*, row: Instance, reading: Reading) -> ExternalObject:
    """Write what one object holds; inside the transaction that holds its study's lock."""
    if reading.outcome == ExternalOutcome.REFUSED:
        return fail(row=row, reading=reading)
    if reading.outcome == ExternalOutcome.EMPTY:
        job = _end_job(row, reading.maker, row.series, JobState.NO_FINDINGS)
        return _finish(row, reading, jobs=[job])
    fresh, joined = _sort_out(row, reading)
    jobs = [
        _write(row, reading, maker, series, results)
        for (maker, series), results in _by_job(row, fresh).items()
    ]
    if jobs or not joined:
        return _finish(row, reading, jobs=jobs)
    announce_findings(actor=READER, job=joined[0].job, findings=joined)
    return _finish(row, replace(reading, outcome=ExternalOutcome.JOINED), jobs=[])


def fail(*, row: Instance, reading: Reading) -> ExternalObject:
    """Keep an object that became no finding, with the reason, as a job that failed."""
    job = _end_job(
        row, reading.maker, row.series, JobState.FAILED,
        code=reading.reason_code, message=reading.reason_message,
    )  # fmt: skip
    return _finish(row, reading, jobs=[job])


def external_version(*, maker: Maker) -> ModelVersion:
    """The model and version of this maker, made when its first result comes."""
    model, _ = Model.objects.get_or_create(
        slug=maker.slug, defaults={"name": maker.model_name, "kind": ModelKind.EXTERNAL}
    )
    version, created = ModelVersion.objects.get_or_create(
        model=model,
        tree_sha256=maker.tree_sha256,
        defaults={
            "version": maker.version_name,
            "state": VersionState.EXTERNAL,
            "card": make_card(maker),
        },
    )
    if created:
        record_entry(
            actor=READER,
            action="model.seen",
            entity="model_version",
            entity_id=version.pk,
            details={"model": model.slug, "name": model.name, "version": version.version},
        )
    return version


# --- one thing, several objects ------------------------------------------------------------


def _sort_out(row: Instance, reading: Reading) -> tuple[list[Result], list[Finding]]:
    """Results that are new, and findings that the others say more of."""
    fresh: list[Result] = []
    joined: list[Finding] = []
    for result in reading.results:
        known = _find_known(row, result, reading.predecessors)
        if known is None:
            fresh.append(result)
        elif _adds_nothing(known, result):
            joined.append(known.finding)
        elif known.finding.reviews.exists():
            fresh.append(_remarked(result, "reviewed_before"))
        else:
            _join(known, result, reading)
            joined.append(known.finding)
    return fresh, joined


def _find_known(
    row: Instance, result: Result, predecessors: Iterable[str]
) -> ExternalFinding | None:
    """The finding of the same segment; or of the same tracking UID in the report before."""
    rows = ExternalFinding.objects.filter(finding__study_id=row.study_id).select_related(
        "finding__job__series"
    )
    before = ["", *predecessors]
    if result.segment is not None:
        same = rows.filter(pixels_uid=result.pixels_uid, segment=result.segment)
        if result.report_uid:
            same = same.filter(report_uid__in=before)
        if (found := same.order_by("created_at").first()) is not None:
            return found
    if result.report_uid and result.statement.tracking_uid:
        older = rows.filter(report_uid__in=[one for one in before if one])
        tracked = older.filter(finding__tracking_uid=result.statement.tracking_uid)
        return tracked.order_by("created_at").first()
    return None


def _adds_nothing(known: ExternalFinding, result: Result) -> bool:
    """A segment whose finding, made by its report, has its pixels already."""
    return not result.report_uid and bool(known.finding.mask_sha256 or known.finding.bbox_lps)


def _join(known: ExternalFinding, result: Result, reading: Reading) -> None:
    """Nobody has reviewed it: what the later object says goes into the same finding."""
    finding, place = known.finding, result.place
    if not finding.mask_sha256 and not finding.bbox_lps and (place.mask or place.bbox_lps):
        _move_to(finding, result)
        known.remarks = [one for one in known.remarks if one["code"] != "segment_not_here"]
    if result.report_uid:
        _say(finding, result)
        known.report_uid = result.report_uid
        known.pixels_uid = result.pixels_uid or known.pixels_uid
        known.segment = result.segment if result.segment is not None else known.segment
        known.outlines = place.outlines or known.outlines
        _vouch(known, reading)
    known.evaluations = _evaluations(result) or known.evaluations
    known.remarks = _merged(known.remarks, _remarks(result))
    finding.save()
    known.save()


def _move_to(finding: Finding, result: Result) -> None:
    """The pixels came after the report: the job was made for this segment alone."""
    place, job = result.place, finding.job
    if place.mask and place.series is not None and job.findings.count() == 1:
        job.series, job.grid = place.series, place.grid
        job.save(update_fields=["series", "grid", "updated_at"])
        finding.mask_sha256 = storage.put_bytes(content=place.mask)
    finding.frame_of_reference_uid = read_uid(place.frame_of_reference_uid)
    finding.sop_instance_uid, finding.frame = place.sop_instance_uid, place.frame
    finding.centroid_lps, finding.bbox_lps = place.centroid_lps, place.bbox_lps


def _say(finding: Finding, result: Result) -> None:
    said = result.statement
    finding.label = said.label
    finding.code, finding.category = said.code.as_dict(), said.category.as_dict()
    finding.site = said.site.as_dict() if said.site else None
    finding.laterality = said.laterality.as_dict() if said.laterality else None
    finding.measurements = list(said.measurements)
    finding.probability = said.probability
    finding.tracking_uid = said.tracking_uid or finding.tracking_uid


def _vouch(known: ExternalFinding, reading: Reading) -> None:
    known.verification = reading.verification.state
    known.verified_by = reading.verification.by
    known.verified_at = reading.verification.at


# --- rows ----------------------------------------------------------------------------------


def _by_job(
    row: Instance, results: Sequence[Result]
) -> dict[tuple[Maker, tuple[Series, str]], list[Result]]:
    """One job for each maker and image series; for a segment that is awaited, one of its own."""
    found: dict[tuple[Maker, tuple[Series, str]], list[Result]] = {}
    for result in results:
        series = result.place.series or row.series
        awaited = f"{result.pixels_uid}#{result.segment}" if result.awaits_segment else ""
        found.setdefault((result.maker, (series, awaited)), []).append(result)
    return found


def _write(
    row: Instance,
    reading: Reading,
    maker: Maker,
    where: tuple[Series, str],
    results: Sequence[Result],
) -> Job:
    series, awaited = where
    grid = next((one.place.grid for one in results if one.place.grid), {})
    job = _end_job(row, maker, series, JobState.FINDINGS, grid=grid, awaited=awaited)
    findings = Finding.objects.bulk_create(
        [_build(row, job, number, one) for number, one in enumerate(results, start=1)]
    )
    external = [
        _build_external(finding, one, reading)
        for finding, one in zip(findings, results, strict=True)
    ]
    ExternalFinding.objects.bulk_create(external)
    announce_findings(actor=READER, job=job, findings=findings)
    announce_job(actor=READER, job=job)
    return job


def _end_job(
    row: Instance,
    maker: Maker,
    series: Series,
    state: JobState,
    *,
    grid: dict[str, object] | None = None,
    awaited: str = "",
    code: str = "",
    message: str = "",
) -> Job:
    """A run that ended elsewhere. Its content is the object's: arriving again it is the same."""
    now = timezone.now()
    parts = ("external", str(row.study_id), row.sha256, series.series_instance_uid, awaited)
    job = Job.objects.create(
        version=external_version(maker=maker),
        series=series,
        series_content_sha256=hashlib.sha256("\0".join(parts).encode()).hexdigest(),
        parameters_sha256=NO_PARAMETERS,
        state=state,
        queued_at=now,
        rank_at=now,
        not_before=now,
        rung_at=now,
        first_started_at=now,
        started_at=now,
        finished_at=now,
        progress=1.0,
        worker=READER.label[:120],
        requested_by_label=READER.label,
        grid=grid or {},
        reason_code=code[:80],
        reason_message=message[:4_000],
    )
    if state != JobState.FINDINGS:
        announce_job(actor=READER, job=job)
    return job


def _build(row: Instance, job: Job, number: int, result: Result) -> Finding:
    said, place = result.statement, result.place
    finding = Finding(
        job=job,
        study_id=row.study_id,
        number=number,
        frame_of_reference_uid=read_uid(place.frame_of_reference_uid),
        sop_instance_uid=place.sop_instance_uid,
        frame=place.frame,
        centroid_lps=place.centroid_lps,
        bbox_lps=place.bbox_lps,
        mask_sha256=storage.put_bytes(content=place.mask) if place.mask else "",
        tracking_uid=said.tracking_uid
        or derive_uid("external", row.sop_instance_uid, str(said.number)),
    )
    _say(finding, result)
    return finding


def _build_external(finding: Finding, result: Result, reading: Reading) -> ExternalFinding:
    external = ExternalFinding(
        finding=finding,
        pixels_uid=result.pixels_uid,
        segment=result.segment,
        report_uid=result.report_uid,
        outlines=result.place.outlines,
        evaluations=_evaluations(result),
        remarks=_remarks(result),
    )
    _vouch(external, reading)
    return external


def _evaluations(result: Result) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in result.statement.evaluations]


def _remarks(result: Result) -> list[dict[str, str]]:
    said = (*result.statement.remarks, *result.place.remarks)
    return _merged([], [one.as_dict() for one in said])


def _merged(older: list[dict[str, str]], newer: list[dict[str, str]]) -> list[dict[str, str]]:
    return list({one["code"]: one for one in (*older, *newer)}.values())


def _remarked(result: Result, code: str) -> Result:
    statement = result.statement
    remarks = (*statement.remarks, Remark.of(code))
    return replace(result, statement=replace(statement, remarks=remarks))


def _finish(row: Instance, reading: Reading, *, jobs: Sequence[Job]) -> ExternalObject:
    found = ExternalObject.objects.create(
        study_id=row.study_id,
        sop_instance_uid=row.sop_instance_uid,
        sop_class_uid=row.sop_class_uid,
        sha256=row.sha256,
        outcome=reading.outcome,
        reason_code=reading.reason_code[:80],
        reason_message=reading.reason_message,
        job=jobs[0] if jobs else None,
    )
    record_entry(
        actor=READER,
        action="external.read",
        entity="external_object",
        entity_id=found.pk,
        details={
            "outcome": found.outcome,
            "reason": found.reason_code,
            "findings": sum(job.findings.count() for job in jobs),
        },
    )
    return found
