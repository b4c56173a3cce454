"""The model card: HTI-1's 31 source attributes in their groups, and what imaging adds.

Source of the attributes: 45 CFR 170.315(b)(11)(iv)(B), predictive decision support. What nobody
stated has no text; it is shown as not stated, never left out. Free of Django.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

NO_CLEARANCE = "No regulatory clearance."
MAX_TEXT = 6_000

Source = Literal["developer", "house", "record", "rule", "nobody"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One thing a card must say. ``places`` are where developers write it, best first."""

    key: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    key: str
    attributes: tuple[Attribute, ...]


def _attribute(key: str, *further: str) -> Attribute:
    return Attribute(key, (key, *further))


SOURCE_ATTRIBUTES: tuple[Group, ...] = (
    Group(
        "output",
        (
            _attribute("output.developer", "developer", "metadata.authors"),
            _attribute("output.funding", "funding"),
            _attribute("output.output_value", "output_value"),
            _attribute("output.output_type", "output_type"),
        ),
    ),
    Group(
        "purpose",
        (
            _attribute("purpose.intended_use", "intended_use", "metadata.intended_use"),
            _attribute("purpose.intended_population", "intended_population"),
            _attribute("purpose.intended_users", "intended_users"),
            _attribute("purpose.decision_role", "decision_role"),
        ),
    ),
    Group(
        "out_of_scope",
        (
            _attribute("out_of_scope.cautioned_use", "cautioned_use"),
            _attribute("out_of_scope.known_risks", "known_risks"),
        ),
    ),
    Group(
        "development",
        (
            _attribute("development.inclusion", "inclusion"),
            _attribute("development.demographic_inputs"),
            _attribute("development.representativeness"),
            _attribute("development.relevance_to_deployment"),
        ),
    ),
    Group(
        "fairness",
        (_attribute("fairness.approach"), _attribute("fairness.mitigation")),
    ),
    Group(
        "external_validation",
        (
            _attribute("external_validation.source"),
            _attribute("external_validation.party"),
            _attribute("external_validation.demographics"),
            _attribute("external_validation.process"),
        ),
    ),
    Group(
        "quantitative",
        (
            _attribute("quantitative.internal_validity", "metadata.eval_metrics"),
            _attribute("quantitative.internal_fairness"),
            _attribute("quantitative.external_validity"),
            _attribute("quantitative.external_fairness"),
            _attribute("quantitative.outcome_evaluation"),
        ),
    ),
    Group(
        "maintenance",
        (
            _attribute("maintenance.validity_monitoring"),
            _attribute("maintenance.local_validity", "update_schedule.local_validation"),
            _attribute("maintenance.fairness_monitoring"),
            _attribute("maintenance.local_fairness"),
        ),
    ),
    Group(
        "update_schedule",
        (
            _attribute(
                "update_schedule.update_process",
                "maintenance.update_process",
                "update_schedule.update_frequency",
            ),
            _attribute(
                "update_schedule.correction_frequency",
                "maintenance.validity_risk_management",
            ),
        ),
    ),
)

IMAGING = Group(
    "imaging",
    (
        _attribute("training_data", "metadata.data_source", "development.inclusion"),
        _attribute("modality"),
        _attribute("body_part"),
        _attribute("contrast_phase"),
        _attribute("slice_thickness", "slice_spacing_mm"),
        _attribute("kernels"),
        _attribute("vendors"),
        _attribute("age_range"),
        _attribute("failure_modes", "known_failure_modes"),
        _attribute("sources", "references", "metadata.references"),
        _attribute("check_values"),
        _attribute("runtime"),
        _attribute("udi"),
        _attribute("licence", "license", "metadata.copyright"),
    ),
)

CHANGE_LOG = Group(
    "change_log",
    (
        _attribute(
            "change_log.description_of_modifications",
            "change_log.modifications",
            "metadata.changelog",
        ),
        _attribute("change_log.modification_protocol"),
        _attribute("change_log.impact_assessment"),
    ),
)
"""The three parts of a Predetermined Change Control Plan (FDA, final guidance, December 2024)."""

GROUPS = (*SOURCE_ATTRIBUTES, IMAGING, CHANGE_LOG)
ENTERABLE = frozenset(one.key for group in GROUPS for one in group.attributes)
"""What the house may fill in where the developer did not. Regulatory status is not among them."""


@dataclass(frozen=True, slots=True)
class HouseEntry:
    """What a person of the house wrote, with name and date."""

    key: str
    text: str
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Statement:
    """One attribute with whose words it has; ``nobody`` has none."""

    key: str
    text: str
    source: Source
    author: str = ""
    at: datetime | None = None


def state_group(
    *, group: Group, card: Mapping[str, Any], entries: Sequence[HouseEntry]
) -> list[Statement]:
    """Every attribute of the group, in order. The developer's own words come first."""
    newest = {entry.key: entry for entry in entries}
    return [_state(attribute, card, newest) for attribute in group.attributes]


def developer_said(*, key: str, card: Mapping[str, Any]) -> bool:
    """Whether the developer stated it: then the house has nothing to fill in."""
    found = next((one for group in GROUPS for one in group.attributes if one.key == key), None)
    return found is not None and bool(_find(found, card))


def state_regulatory_status(*, card: Mapping[str, Any]) -> Statement:
    """What the developer says of it, else that there is no clearance: it is never assumed."""
    said = read_text(card.get("regulatory_status"))
    if said:
        return Statement("regulatory_status", said, "developer")
    return Statement("regulatory_status", NO_CLEARANCE, "rule")


def read_text(value: Any, depth: int = 0) -> str:
    """A free-form value as lines of text."""
    if value is None or value == "" or (isinstance(value, bool) and not value):
        return ""
    if isinstance(value, Mapping) and depth < 3:
        lines = (f"{name}: {read_text(inner, depth + 1)}" for name, inner in value.items())
        return "\n".join(lines)[:MAX_TEXT]
    if isinstance(value, list | tuple) and depth < 3:
        return "\n".join(read_text(inner, depth + 1) for inner in value)[:MAX_TEXT]
    return str(value).strip()[:MAX_TEXT]


def _state(
    attribute: Attribute, card: Mapping[str, Any], newest: Mapping[str, HouseEntry]
) -> Statement:
    if said := _find(attribute, card):
        return Statement(attribute.key, said, "developer")
    if (entry := newest.get(attribute.key)) is not None:
        return Statement(attribute.key, entry.text, "house", entry.author, entry.at)
    return Statement(attribute.key, "", "nobody")


def _find(attribute: Attribute, card: Mapping[str, Any]) -> str:
    for place in attribute.places:
        found: Any = card
        for part in place.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        if said := read_text(found):
            return said
    return ""
