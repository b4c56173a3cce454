"""Which series of a study a model reads: by the roles of its side-car, never by a guess."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Protocol

from apps.ai.exceptions import InputsUnclear, SeriesNotReady
from apps.ai.models import Job, JobInput, ModelVersion
from apps.ai.side_car import InputPart, SeriesRule
from apps.core.exceptions import InvalidInput
from apps.imaging.models import Series


@dataclass(frozen=True, slots=True)
class ChosenInput:
    """One series in its role; the role is empty for a model that reads one series."""

    role: str
    series: Series


def choose_inputs(
    *, version: ModelVersion, series: Series, named: Mapping[str, str]
) -> tuple[ChosenInput, ...]:
    """The inputs in the order of the roles; the asked series alone where there are none.

    Parameters
    ----------
    series:
        The series that was asked about; its study is searched. Where it fits a role that
        others fit as well, it is meant.
    named:
        Role to Series Instance UID, where a person chose. It is held to the role's rules.

    Raises
    ------
    InputsUnclear
        ``inputs_missing`` or ``inputs_ambiguous``.
    InvalidInput
        A role the model does not have.
    """
    roles = read_roles(version=version)
    unknown = set(named) - {role.role for role in roles}
    if unknown:
        raise InvalidInput("The model has no such input.", details={"roles": sorted(unknown)})
    if len(roles) < 2:
        return (ChosenInput(role="", series=series),)
    candidates = [
        one
        for one in Series.objects.filter(study_id=series.study_id).select_related("study")
        if one.content_sha256
    ]
    chosen = tuple(
        ChosenInput(role=role.role, series=_choose(role, candidates, series, named))
        for role in roles
    )
    if len({one.series.pk for one in chosen}) != len(chosen):
        raise InputsUnclear(
            "One series would be two inputs; name a series for each.", code="inputs_ambiguous",
            details={"roles": [role.role for role in roles]},
        )  # fmt: skip
    return chosen


def read_roles(*, version: ModelVersion) -> tuple[InputPart, ...]:
    """The inputs a version's side-car names, in order; none for one unnamed series."""
    return tuple(InputPart.model_validate(one) for one in version.scope.get("inputs", []))


def digest_inputs(chosen: Sequence[ChosenInput]) -> str:
    """What makes the question unique: the content of the series, or of all in their roles."""
    return _digest([(one.role, one.series.content_sha256) for one in chosen])


def hash_parameters(parameters: dict[str, Any]) -> str:
    canonical = json.dumps(parameters, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def write_inputs(*, job: Job, chosen: Sequence[ChosenInput]) -> None:
    """Keep the inputs of a job that was just created; called in its transaction."""
    if len(chosen) < 2:
        return
    JobInput.objects.bulk_create(
        JobInput(
            job=job,
            position=position,
            role=one.role,
            series=one.series,
            content_sha256=one.series.content_sha256,
        )
        for position, one in enumerate(chosen, start=1)
    )


def current_inputs(*, job: Job) -> tuple[ChosenInput, ...]:
    """The job's series in their roles, the first one first.

    Raises
    ------
    SeriesNotReady
        A series is not the one the job was asked for any more (``series_changed``).
    """
    rows = list(job.inputs.select_related("series__study").order_by("position"))
    chosen = tuple(ChosenInput(role=row.role, series=row.series) for row in rows)
    chosen = chosen or (ChosenInput(role="", series=job.series),)
    if digest_inputs(chosen) != job.series_content_sha256:
        raise SeriesNotReady(
            "The series changed after the job was asked for; ask again.", code="series_changed"
        )
    return chosen


def _digest(contents: list[tuple[str, str]]) -> str:
    if len(contents) == 1:
        return contents[0][1]
    return hashlib.sha256(json.dumps(contents, separators=(",", ":")).encode()).hexdigest()


def _choose(
    role: InputPart, candidates: Sequence[Series], asked: Series, named: Mapping[str, str]
) -> Series:
    fitting = [one for one in candidates if fits_role(rule=role.series, series=one)]
    if role.role in named:
        fitting = [one for one in fitting if one.series_instance_uid == named[role.role]]
    elif asked in fitting:
        fitting = [asked]
    details: dict[str, Any] = {"role": role.role, "label": role.label or role.role}
    if not fitting:
        raise InputsUnclear(
            f"No series of the study is {role.label or role.role}.", code="inputs_missing",
            details=details,
        )  # fmt: skip
    if len(fitting) > 1:
        details["series"] = [one.series_instance_uid for one in fitting]
        raise InputsUnclear(
            f"Several series may be {role.label or role.role}; name one.",
            code="inputs_ambiguous", details=details,
        )  # fmt: skip
    return fitting[0]


class SeriesFacts(Protocol):
    """What a role's rule reads of a series: a row of the index, or a series of a folder."""

    modality: str
    body_part: str
    description: str
    instance_count: int
    frame_count: int


def fits_role(*, rule: SeriesRule, series: "Series | SeriesFacts") -> bool:
    """Whether what the index knows of the series fits; headers are read in the worker."""
    return refusal_by_rule(rule=rule, series=series) is None


def refusal_by_rule(*, rule: SeriesRule, series: "Series | SeriesFacts") -> tuple[str, str] | None:
    """Code and sentence of the first part of the rule that the series breaks."""
    if rule.modality and series.modality != rule.modality:
        return "modality", f"It is {series.modality or 'of no modality'}, not {rule.modality}."
    parts = {one.upper() for one in rule.body_part}
    if parts and series.body_part.upper() not in parts:
        said = series.body_part or "not named"
        return "body_part", f"Its body part is {said}, not {' or '.join(rule.body_part)}."
    images = max(series.instance_count, series.frame_count)
    if images < rule.min_images:
        return "too_few_images", f"It has {images} images, fewer than {rule.min_images}."
    if images > rule.max_images:
        return "too_many_images", f"It has {images} images, more than {rule.max_images}."
    text = series.description.lower()
    excluded = [one for one in rule.not_description if fnmatchcase(text, one.lower())]
    if excluded:
        return "description_excluded", f"Its description fits {excluded[0]}, which is left out."
    if rule.description and not any(fnmatchcase(text, one.lower()) for one in rule.description):
        return "description", f"Its description fits none of {', '.join(rule.description)}."
    return None
