"""Reading an approved bundle's configuration into the parts that are driven from here.

Evaluated inside the runner only. What differs from ``monai.bundle run``: images come from the
archive instead of files, nothing is saved, and the device is chosen by the worker. The
evaluator, its data loader and its handlers are never built; what the evaluator *requires* is.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import torch
from monai.bundle import ConfigParser  # type: ignore[attr-defined]
from monai.bundle.utils import merge_kv
from monai.inferers import SimpleInferer  # type: ignore[attr-defined]

from apps.ai.bundle_documents import read_document
from apps.ai.bundle_manifest import BundleManifest
from apps.ai.runner.refusals import BundleRefused

_DICT_LOADERS = frozenset({"LoadImaged", "LoadImageD", "LoadImageDict"})
_DISABLED = frozenset({"LoadImage", "SaveImaged", "SaveImageD", "SaveImageDict", "SaveImage"})
_LOADER = "apps.ai.runner.model_inputs.LoadVolumed"


class OwnCode:
    """While entered, ``import scripts`` finds this bundle's code and nobody else's.

    Bundles name their packages alike. Each keeps its own modules, which are put aside when
    another bundle's turn comes.
    """

    def __init__(self, *, root: Path) -> None:
        self._root = str(root.resolve())
        self._modules: dict[str, ModuleType] = {}
        self._others: frozenset[str] = frozenset()

    def __enter__(self) -> None:
        self._others = frozenset(sys.modules)
        sys.path.insert(0, self._root)
        importlib.invalidate_caches()
        sys.modules.update(self._modules)

    def __exit__(self, *_: object) -> None:
        if self._root in sys.path:
            sys.path.remove(self._root)
        for name in sys.modules.keys() - self._others:
            module = sys.modules[name]
            if isinstance(module, ModuleType) and self._owns(module):
                self._modules[name] = sys.modules.pop(name)

    def _owns(self, module: ModuleType) -> bool:
        spec = module.__dict__.get("__spec__")
        locations = [getattr(spec, "origin", None)]
        locations += list(getattr(spec, "submodule_search_locations", None) or [])
        return any(str(location).startswith(self._root) for location in locations if location)


@dataclass(frozen=True, slots=True)
class BundleParts:
    """The parts of a configuration that a run needs; the network holds its weights."""

    preprocessing: Callable[[dict[str, Any]], Any]
    postprocessing: Callable[[dict[str, Any]], Any] | None
    inferer: Callable[..., Any]
    network: torch.nn.Module
    inverts: bool


def build_parts(*, root: Path, manifest: BundleManifest, device: torch.device) -> BundleParts:
    """Evaluate the configuration and load the weights.

    Raises
    ------
    BundleRefused
        ``config_missing``: the configuration lacks a part.
    """
    with _inside(root):
        parser = _read_config(root, manifest, device)
        names = manifest.side_car.names
        for key in ("imports", "import"):
            if key in parser:
                parser.get_parsed_content(key)
        network = _build_network(parser, root, manifest, device)
        for name in _required_by_evaluator(parser):
            parser.get_parsed_content(name)
        if names.preprocessing not in parser:
            raise BundleRefused("config_missing", "The configuration has no preprocessing.")
        return BundleParts(
            preprocessing=parser.get_parsed_content(names.preprocessing),
            postprocessing=_optional(parser, names.postprocessing),
            inferer=_optional(parser, names.inferer) or SimpleInferer(),
            network=network,
            inverts="Invertd" in str(parser.get(names.postprocessing, "")),
        )


def _read_config(root: Path, manifest: BundleManifest, device: torch.device) -> ConfigParser:
    parser = ConfigParser(config={"_meta_": manifest.metadata})
    for name in manifest.configs:
        for key, value in read_document(root / name).items():
            merge_kv(parser, key, value)
    parser["bundle_root"] = str(root)
    parser["device"] = f"$torch.device('{device}')"
    imports = parser.get("imports", [])
    parser["imports"] = [*imports, "$import torch"] if isinstance(imports, list) else imports
    parser.resolve_macro_and_relative_ids()  # type: ignore[no-untyped-call]
    _replace_file_access(parser.config)
    parser.parse(reset=True)
    return parser


def _build_network(
    parser: ConfigParser, root: Path, manifest: BundleManifest, device: torch.device
) -> torch.nn.Module:
    path = root / manifest.weights
    if manifest.weights_format == "torchscript":
        script: Any = torch.jit.load(str(path), map_location=device)  # type: ignore[no-untyped-call]
        return cast(torch.nn.Module, script.eval())
    named = manifest.side_car.names.network
    key = named or ("network_def" if "network_def" in parser else "network")
    if key not in parser:
        raise BundleRefused("config_missing", "The configuration has no network.")
    network = parser.get_parsed_content(key)
    network.load_state_dict(_read_weights(path), strict=True)
    return cast(torch.nn.Module, network.to(device).eval())


def _required_by_evaluator(parser: ConfigParser) -> list[str]:
    """What must be evaluated first, as the zoo's detector is set up (``_requires_``)."""
    evaluator = parser.get("evaluator", {})
    required = evaluator.get("_requires_", []) if isinstance(evaluator, dict) else []
    wanted = [required] if isinstance(required, str) else list(required)
    return [str(one)[1:] for one in wanted if str(one).startswith("@")]


def _optional(parser: ConfigParser, key: str) -> Any:
    return parser.get_parsed_content(key) if key in parser else None


def _replace_file_access(config: Any) -> None:
    """Loaders take volumes that are there; savers are disabled, MONAI leaves them out."""
    if isinstance(config, dict):
        target = str(config.get("_target_", "")).rsplit(".", 1)[-1]
        if target in _DICT_LOADERS:
            config["_target_"] = _LOADER
        elif target in _DISABLED:
            config["_disabled_"] = True
        for value in config.values():
            _replace_file_access(value)
    elif isinstance(config, list):
        for value in config:
            _replace_file_access(value)


def _read_weights(path: Path) -> dict[str, Any]:
    if path.suffix.lower() == ".safetensors":
        from safetensors.torch import load_file

        return dict(load_file(str(path)))
    state = torch.load(path, map_location="cpu", weights_only=True)
    for key in ("model", "state_dict", "network"):
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            return dict(state[key])
    return dict(state)


@contextlib.contextmanager
def _inside(root: Path) -> Iterator[None]:
    """Configurations name files relative to the bundle; ``monai.bundle run`` starts there."""
    before = Path.cwd()
    os.chdir(root)
    try:
        yield
    finally:
        os.chdir(before)
