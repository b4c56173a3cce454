"""What is kept of a bundle's documents for its card: plain values, bounded, as written."""

from __future__ import annotations

from typing import Any

from apps.ai.bundle_manifest import BundleManifest
from apps.ai.side_car import OutputPart, SideCar

METADATA_FIELDS = (
    "intended_use",
    "data_source",
    "data_type",
    "image_classes",
    "authors",
    "copyright",
    "description",
    "references",
    "eval_metrics",
    "changelog",
    "monai_version",
)
"""Of ``metadata.json``, as the MONAI bundle specification names them."""

MAX_TEXT = 4_000
MAX_ENTRIES = 60


def describe_bundle(manifest: BundleManifest) -> dict[str, Any]:
    """The card of a bundle: the side-car's own, and what other files of it say.

    ``metadata``, ``weights``, ``thresholds`` and ``licence`` are read from the files; a card
    that names them itself keeps its own words for the licence only.
    """
    licence = manifest.document.get("licence") or manifest.document.get("license")
    said = {
        "licence": licence or manifest.metadata.get("license") or manifest.metadata.get("licence"),
        **manifest.card,
        "manufacturer": manifest.manufacturer,
        "metadata": {
            field: bounded(manifest.metadata[field])
            for field in METADATA_FIELDS
            if manifest.metadata.get(field)
        },
        "weights": {
            "path": manifest.weights,
            "format": manifest.weights_format,
            "sha256": next(
                (one.sha256 for one in manifest.files if one.path == manifest.weights), ""
            ),
        },
        "thresholds": _thresholds(manifest.side_car),
    }
    return {name: value for name, value in said.items() if value not in (None, "", [], {})}


def bounded(value: Any, depth: int = 0) -> Any:
    """The value with its texts cut and its lists shortened: it is stored and shown."""
    if isinstance(value, str):
        return value[:MAX_TEXT]
    if isinstance(value, bool | int | float) or value is None:
        return value
    if depth >= 3:
        return str(value)[:MAX_TEXT]
    if isinstance(value, dict):
        pairs = list(value.items())[:MAX_ENTRIES]
        return {str(name)[:200]: bounded(inner, depth + 1) for name, inner in pairs}
    if isinstance(value, list):
        return [bounded(inner, depth + 1) for inner in value[:MAX_ENTRIES]]
    return str(value)[:MAX_TEXT]


def _thresholds(side_car: SideCar) -> list[str]:
    """Each limit that decides what becomes a finding, as a sentence."""
    said = []
    if side_car.boxes is not None:
        said.append(f"Boxes with a score of at least {side_car.boxes.min_score:g}")
    for output in side_car.outputs:
        said.extend(_of_output(output))
    return said[:MAX_ENTRIES]


def _of_output(output: OutputPart) -> list[str]:
    said = []
    if output.channel is not None:
        said.append(f"{output.label}: probability of at least {output.threshold:g}")
    if output.min_volume_ml > 0:
        said.append(f"{output.label}: at least {output.min_volume_ml:g} mL")
    return said
