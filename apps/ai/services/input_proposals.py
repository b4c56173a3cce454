"""Which series a model would read of a study, and why: shown before a job is asked for.

The rules are those of ``inputs`` (roles of the side-car) and of ``series_matching`` (the best of
several for one series). A proposal is no choice: a person sees it, and what they ask for is held
to the same rules again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from apps.ai import policies
from apps.ai.models import ModelVersion
from apps.ai.scope import ScopeVerdict, check_scope
from apps.ai.services.inputs import read_roles, refusal_by_rule
from apps.ai.services.series_matching import first_header
from apps.ai.services.shadowing import version_to_ask
from apps.ai.side_car import InputPart
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.imaging.choices import SeriesKind
from apps.imaging.models import CaseStudy, Series

Rule = dict[str, Any]
"""A scope rule (``scope.check_scope``)."""
HEADERS_AWAY = ScopeVerdict(in_scope=False, code="headers_away", message="Its headers are away.")


class Why(StrEnum):
    """Why this series is proposed for an input, or why none is."""

    ONLY_FIT = "only_fit"
    ONLY_IN_SCOPE = "only_in_scope"
    MOST_IMAGES = "most_images"
    SEVERAL_FIT = "several_fit"
    NONE_FITS = "none_fits"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One image series of the study, held against one input.

    Attributes
    ----------
    refusal : code and sentence of the first rule of the input that it breaks; ``None`` fits.
    scope : by the attributes of its first header; the worker checks all of them.
    """

    series: Series
    refusal: tuple[str, str] | None
    scope: ScopeVerdict

    @property
    def fits(self) -> bool:
        return self.refusal is None


@dataclass(frozen=True, slots=True)
class InputProposal:
    """One input of the model: its role (empty for a model of one series) and what may be it."""

    role: str
    label: str
    candidates: tuple[Candidate, ...]
    proposed: Series | None
    why: Why


def propose_inputs(
    *, actor: Actor, case_id: UUID, study_instance_uid: str, model_id: UUID
) -> tuple[ModelVersion, list[InputProposal]]:
    """The version that would be asked, and its inputs in the order of its side-car.

    Of a model that reads one series, the best of several that fit is proposed, as a rule of the
    house would take it. Of one that reads several, a role that several series fit is left open:
    which of two sequences is meant is for a person to say (``choose_inputs``).

    Raises
    ------
    NotVisible, Forbidden, AiHidden, ModelNotActive
        As for the job itself.
    """
    policies.run_model(actor=actor, case_id=case_id)
    link = CaseStudy.objects.filter(
        case_id=case_id, study__study_instance_uid=study_instance_uid
    ).first()
    if link is None:
        raise NotVisible()
    version = version_to_ask(actor=actor, model_id=model_id)
    known = [
        one
        for one in Series.objects.filter(study_id=link.study_id, kind=SeriesKind.IMAGE)
        if one.content_sha256
    ]
    roles = read_roles(version=version) or (InputPart(role="series"),)
    of_model: list[Rule] = version.scope.get("rules", [])
    first, *others = roles
    if not others:
        return version, [_propose_one(first, known, rules=[*of_model, *first.rules])]
    # The model's own rules are of its first series (``reading.judge_for_version``).
    return version, [
        _propose_role(first, known, rules=[*of_model, *first.rules]),
        *(_propose_role(one, known, rules=one.rules) for one in others),
    ]


def _propose_one(
    role: InputPart, known: Sequence[Series], *, rules: Sequence[Rule]
) -> InputProposal:
    candidates = [_candidate(one, role, rules) for one in known]
    fitting = [one for one in candidates if one.fits]
    proposed, why = _only(fitting)
    if why == Why.SEVERAL_FIT:
        in_scope = [one for one in fitting if one.scope.in_scope] or fitting
        proposed, why = min(in_scope, key=_standing).series, Why.MOST_IMAGES
    return InputProposal("", role.label, _in_order(candidates), proposed, why)


def _propose_role(
    role: InputPart, known: Sequence[Series], *, rules: Sequence[Rule]
) -> InputProposal:
    candidates = [_candidate(one, role, rules) for one in known]
    proposed, why = _only([one for one in candidates if one.fits])
    return InputProposal(role.role, role.label, _in_order(candidates), proposed, why)


def _only(fitting: Sequence[Candidate]) -> tuple[Series | None, Why]:
    if not fitting:
        return None, Why.NONE_FITS
    if len(fitting) == 1:
        return fitting[0].series, Why.ONLY_FIT
    in_scope = [one for one in fitting if one.scope.in_scope]
    if len(in_scope) == 1:
        return in_scope[0].series, Why.ONLY_IN_SCOPE
    return None, Why.SEVERAL_FIT


def _candidate(series: Series, role: InputPart, rules: Sequence[Rule]) -> Candidate:
    refusal = refusal_by_rule(rule=role.series, series=series)
    return Candidate(series, refusal, _scope_of(series, rules))


def _scope_of(series: Series, rules: Sequence[Rule]) -> ScopeVerdict:
    of_headers = [rule for rule in rules if "attribute" in rule]
    if not of_headers:
        return ScopeVerdict(in_scope=True)
    header = first_header(series)
    if header is None:
        return HEADERS_AWAY
    return check_scope(scope={"rules": of_headers}, headers=[header], geometry={})


def _in_order(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """What fits first, then what is in scope, then as a study is shown."""
    return tuple(
        sorted(candidates, key=lambda one: (not one.fits, not one.scope.in_scope, _number(one)))
    )


def _standing(one: Candidate) -> tuple[int, int, str]:
    """As ``series_matching`` takes the best: most images, then the lowest number."""
    series = one.series
    return (
        -max(series.instance_count, series.frame_count),
        _number(one),
        series.series_instance_uid,
    )


def _number(one: Candidate) -> int:
    return one.series.number if one.series.number is not None else 2**31
