"""Which series of a study a rule means: by its filters, the model's, and then the best of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset

from apps.ai.models import AutomationRule, ModelVersion
from apps.ai.scope import check_scope
from apps.ai.services.inputs import fits_role, read_roles
from apps.ai.side_car import SeriesRule
from apps.ai.urgency_choices import ContrastAsked, RuleOutcome
from apps.imaging.archive import open_series
from apps.imaging.choices import SeriesKind
from apps.imaging.models import Series

NO_AGENT = frozenset({"", "NONE", "NO", "NO CONTRAST", "WITHOUT"})
"""What scanners write into Contrast/Bolus Agent where none was given."""


@dataclass(frozen=True, slots=True)
class Match:
    """The series a rule means, or why there is none."""

    series: Series | None
    outcome: RuleOutcome = RuleOutcome.REQUESTED
    reason: str = ""


def match_series(*, rule: AutomationRule, version: ModelVersion, series: Sequence[Series]) -> Match:
    """The best-fitting series of one study.

    The rule's filters leave some; of those the model's own (its side-car's series rules) leave
    some; of those its scope takes by the headers come before others, then the one with most
    images, then the lowest series number. Each step that leaves none says so.
    """
    left = [one for one in series if one.kind == SeriesKind.IMAGE and one.content_sha256]
    if not left:
        return _none("The study has no series of images in the archive.")
    for part, words in _filters(rule):
        fitting = [one for one in left if fits_role(rule=part, series=one)]
        if not fitting:
            return _none(f"{words}: none of {len(left)} series.")
        left = fitting
    if rule.contrast != ContrastAsked.ANY:
        wanted = rule.contrast == ContrastAsked.WITH
        known = [(one, has_contrast(one)) for one in left]
        left = [one for one, given in known if given is wanted]
        if not left and any(given is None for _, given in known):
            return Match(
                None, RuleOutcome.HEADERS_AWAY, "Contrast is not known: the headers are away."
            )
        if not left:
            return _none(f"Contrast ({rule.contrast}): none of {len(known)} series.")
    roles = read_roles(version=version)
    fitting = (
        [one for one in left if fits_role(rule=roles[0].series, series=one)] if roles else left
    )
    if not fitting:
        return _none(f"The model's own series rules: none of {len(left)} series.")
    return Match(_best(fitting, version))


def has_contrast(series: Series) -> bool | None:
    """Whether contrast was given, by the first header; None where it cannot be read.

    The Contrast/Bolus module is there when contrast was used (PS3.3 A.3.3, usage C), so a header
    without it says none. Enhanced objects name the agents in a sequence (C.7.6.4b).
    """
    header = first_header(series)
    if header is None:
        return None
    agent = str(header.get("ContrastBolusAgent", "") or "").strip().upper()
    return agent not in NO_AGENT or bool(header.get("ContrastBolusAgentSequence"))


def _filters(rule: AutomationRule) -> list[tuple[SeriesRule, str]]:
    """One condition each, so that the first one nothing fits can be named."""
    filters = [(SeriesRule(modality=rule.modality), f"Modality {rule.modality}")]
    if rule.body_parts:
        said = "Body part " + " or ".join(rule.body_parts)
        filters.append((SeriesRule(body_part=rule.body_parts), said))
    if rule.descriptions or rule.not_descriptions:
        part = SeriesRule(description=rule.descriptions, not_description=rule.not_descriptions)
        filters.append((part, "Description"))
    said = f"{rule.min_images} images or more"
    return [*filters, (SeriesRule(min_images=rule.min_images), said)]


def _best(fitting: Sequence[Series], version: ModelVersion) -> Series:
    if len(fitting) == 1:
        return fitting[0]

    def standing(one: Series) -> tuple[bool, int, int, str]:
        return (
            not _in_scope(one, version),
            -max(one.instance_count, one.frame_count),
            one.number if one.number is not None else 2**31,
            one.series_instance_uid,
        )

    return min(fitting, key=standing)


def _in_scope(series: Series, version: ModelVersion) -> bool:
    """By the attributes of the first header; the worker checks all of them, and the geometry."""
    header = first_header(series)
    rules = [rule for rule in version.scope.get("rules", []) if "attribute" in rule]
    return (
        header is not None
        and check_scope(scope={"rules": rules}, headers=[header], geometry={}).in_scope
    )


def first_header(series: Series) -> Dataset | None:
    """Header of the first image; ``None`` where it cannot be read here."""
    try:
        archive = open_series(series.archive_key)
        return archive.read_header(archive.instances[0]["sop_instance_uid"])
    except (OSError, ValueError, LookupError):
        return None


def _none(reason: str) -> Match:
    return Match(None, RuleOutcome.NO_SERIES, reason)
