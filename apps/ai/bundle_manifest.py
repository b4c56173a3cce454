"""What a bundle's documents say, unevaluated, and whether its files are the ones it names."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from apps.ai.bundle_documents import check_references, read_document
from apps.ai.bundle_errors import BundleError
from apps.ai.bundle_tree import Tree, TreeFile, read_tree
from apps.ai.bundle_weights import WEIGHT_SUFFIXES, WeightsFormat, check_weight_files
from apps.ai.side_car import SideCar, read_side_car

SIDE_CAR = "consilium.json"
METADATA = Path("configs") / "metadata.json"
_DOCUMENTS = ("inference.json", "inference.yaml", "inference.yml")


@dataclass(frozen=True, slots=True)
class BundleManifest:
    """What the documents of a bundle say, unevaluated."""

    tree_sha256: str
    name: str
    version: str
    metadata: dict[str, Any]
    document: dict[str, Any]
    side_car: SideCar
    configs: tuple[str, ...]
    weights: str
    weights_format: WeightsFormat
    files: tuple[TreeFile, ...]

    @property
    def scope(self) -> dict[str, Any]:
        """The rules, the inputs of a model that reads several series, thresholds by code."""
        inputs = [one.model_dump(mode="json") for one in self.side_car.inputs]
        scope = dict(self.side_car.scope)
        if thresholds := self.side_car.read_thresholds():
            scope["thresholds"] = thresholds
        return {**scope, "inputs": inputs} if inputs else scope

    @property
    def manufacturer(self) -> str:
        return self.side_car.manufacturer

    @property
    def card(self) -> dict[str, Any]:
        return dict(self.side_car.card)

    @property
    def limits(self) -> dict[str, Any]:
        return self.side_car.limits.model_dump(mode="json", exclude_none=True)


def read_manifest(root: Path, *, tree: Tree | None = None) -> BundleManifest:
    """Read the bundle at ``root``: documents, allow-list, weights' format.

    Parameters
    ----------
    tree:
        What ``read_tree`` said of it just now, to spare a second pass over the weights.

    Raises
    ------
    BundleError
        A document is missing or does not say what it must, a file is not the one that is
        listed, or weights would execute something.
    """
    tree = tree or read_tree(root)
    files = tree.files
    metadata = read_document(root / METADATA)
    document = read_document(root / SIDE_CAR)
    side_car = read_side_car(document)
    configs = _find_configs(root, side_car, {one.path for one in files})
    for name in configs:
        check_references(read_document(root / name), name=name)
    _check_listed(side_car.files, files)
    weights, weights_format = _choose_weights(side_car, root, files)
    return BundleManifest(
        tree_sha256=tree.sha256,
        name=_plain(side_car.title or metadata.get("name") or root.name, "name", 200),
        version=_plain(metadata.get("version", ""), "version", 60),
        metadata=metadata,
        document=document,
        side_car=side_car,
        configs=configs,
        weights=weights,
        weights_format=weights_format,
        files=files,
    )


def list_missing_packages(metadata: dict[str, Any]) -> tuple[str, ...]:
    """Packages the metadata names that are not installed here; versions are not compared."""
    named: set[str] = set()
    for field in ("required_packages_version", "optional_packages_version"):
        packages = metadata.get(field)
        named |= {str(name) for name in packages} if isinstance(packages, dict) else set()
    return tuple(sorted(name for name in named if not _is_installed(name)))


def _is_installed(package: str) -> bool:
    try:
        installed_version(package)
    except (PackageNotFoundError, ValueError):
        return False
    return True


def _find_configs(root: Path, side_car: SideCar, paths: set[str]) -> tuple[str, ...]:
    named = side_car.configs
    if not named:
        named = [f"configs/{name}" for name in _DOCUMENTS if f"configs/{name}" in paths][:1]
    if not named or not set(named) <= paths:
        raise BundleError("configs/inference.json (or .yaml) is missing", code="document_missing")
    return tuple(named)


def _check_listed(listed: dict[str, str], files: tuple[TreeFile, ...]) -> None:
    """Weights must be on the allow-list, and whatever is listed must be what is there."""
    present = {one.path: one.sha256 for one in files}
    for path, sha256 in listed.items():
        if path not in present:
            raise BundleError(f"{path} is listed and missing", code="file_missing")
        if present[path] != sha256:
            raise BundleError(f"{path} is not the file that is listed", code="file_changed")
    for path in present:
        if Path(path).suffix.lower() in WEIGHT_SUFFIXES and path not in listed:
            raise BundleError(
                f"{path} is not on the list of files in {SIDE_CAR}", code="weights_not_listed"
            )


def _choose_weights(
    side_car: SideCar, root: Path, files: tuple[TreeFile, ...]
) -> tuple[str, WeightsFormat]:
    """Which weights are used, and how they are read.

    A state dict or safetensors under ``models`` may stay unnamed. TorchScript is a program: it
    is used only where the side-car names both file and format, so that who approves reads it.
    """
    formats = check_weight_files(root, [one.path for one in files])
    chosen = side_car.weights
    if not chosen:
        candidates = [path for path, kind in formats.items() if kind != "torchscript"]
        candidates = [path for path in candidates if path.startswith("models/")]
        candidates.sort(key=lambda path: (path != "models/model.safetensors",
                                          path != "models/model.pt", path))  # fmt: skip
        chosen = candidates[0] if candidates else ""
    if chosen not in formats:
        raise BundleError("the bundle has no weights that may be used", code="weights_missing")
    wanted = side_car.weights_format
    if formats[chosen] == "torchscript" and wanted != "torchscript":
        raise BundleError(
            f"{chosen} is TorchScript, a program; {SIDE_CAR} must say so", code="torchscript"
        )
    if wanted is not None and wanted != formats[chosen]:
        raise BundleError(f"{chosen} is {formats[chosen]}, not {wanted}", code="weights_format")
    return chosen, formats[chosen]


def _plain(value: Any, what: str, limit: int) -> str:
    text = str(value).strip()
    if not text or len(text) > limit or not text.isprintable() or set(text) & set("<>"):
        raise BundleError(f"the bundle's {what} cannot be shown as it is", code="unsafe_text")
    return text
