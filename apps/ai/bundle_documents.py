"""JSON and YAML of a bundle as plain values. Nothing in them is constructed or evaluated."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from apps.ai.bundle_errors import BundleError

MAX_DOCUMENT_BYTES = 4 * 1024**2
MAX_DOCUMENT_VALUES = 200_000
MAX_DOCUMENT_DEPTH = 64
MAX_NUMBER = 1e15
_CORE_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset({"null", "bool", "int", "float", "str", "seq", "map", "merge"})
_MACRO_FILE = re.compile(r"^%+(?P<path>[^:]+\.(?:json|ya?ml))(?:::|$)", re.IGNORECASE)


def read_document(path: Path) -> dict[str, Any]:
    """The mapping in a JSON or YAML file, by its suffix.

    Raises
    ------
    BundleError
        ``document_missing``, ``document_too_large``, ``document_unreadable``,
        ``document_no_mapping``, ``duplicate_key``, ``number_out_of_range``; of YAML also
        ``yaml_tag``, ``yaml_alias_bomb``.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise BundleError(f"{path.name} is missing", code="document_missing") from error
    if size > MAX_DOCUMENT_BYTES:
        raise BundleError(f"{path.name} is larger than the limit", code="document_too_large")
    try:
        text = path.read_text(encoding="utf-8")
        values = _parse_json(text) if path.suffix == ".json" else _parse_yaml(text, path.name)
        _check_values(values, path.name)
    except BundleError:
        raise
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        kind = "JSON" if path.suffix == ".json" else "YAML"
        raise BundleError(f"{path.name} is not {kind}", code="document_unreadable") from error
    if not isinstance(values, dict):
        raise BundleError(f"{path.name} holds no mapping", code="document_no_mapping")
    return values


def check_references(values: Any, *, name: str) -> None:
    """Refuse a macro (``%file.json::key``) that reads a file outside the bundle.

    Raises
    ------
    BundleError
        ``outside_reference``.
    """
    if isinstance(values, dict):
        for value in values.values():
            check_references(value, name=name)
    elif isinstance(values, list):
        for value in values:
            check_references(value, name=name)
    elif isinstance(values, str) and (found := _MACRO_FILE.match(values.strip())):
        path = PurePosixPath(found["path"].replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts:
            raise BundleError(f"{name} refers to a file outside", code="outside_reference")


def _parse_json(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise BundleError("a key is there twice", code="duplicate_key")
    return document


def _refuse_constant(text: str) -> Any:
    raise BundleError(f"{text} is no number of JSON", code="number_out_of_range")


class _PlainLoader(yaml.SafeLoader):
    """YAML's own kinds of values only, and no key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [str(key.value) for key, _ in node.value if key.tag != f"{_CORE_TAG}merge"]
        if len(set(keys)) != len(keys):
            raise BundleError("a key is there twice", code="duplicate_key")
        return super().construct_mapping(node, deep=deep)


def _parse_yaml(text: str, name: str) -> Any:
    root = yaml.compose(text, Loader=_PlainLoader)
    if root is None:
        return None
    _check_nodes(root, name)
    loader = _PlainLoader(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def _check_nodes(root: yaml.Node, name: str) -> None:
    """Refuse tags beyond the plain ones, and aliases that grow without end when written out."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def measure(node: yaml.Node, depth: int) -> int:
        if id(node) in sizes:
            return sizes[id(node)]
        if id(node) in open_nodes or depth > MAX_DOCUMENT_DEPTH:
            raise BundleError(f"{name} contains itself", code="yaml_alias_bomb")
        if node.tag.removeprefix(_CORE_TAG) not in _PLAIN_TAGS:
            raise BundleError(f"{name} holds a YAML tag ({node.tag[:60]})", code="yaml_tag")
        open_nodes.add(id(node))
        total = 1
        if isinstance(node, yaml.SequenceNode):
            total += sum(measure(child, depth + 1) for child in node.value)
        elif isinstance(node, yaml.MappingNode):
            total += sum(measure(child, depth + 1) for pair in node.value for child in pair)
        open_nodes.discard(id(node))
        if total > MAX_DOCUMENT_VALUES:
            raise BundleError(f"{name} grows without end", code="yaml_alias_bomb")
        sizes[id(node)] = total
        return total

    measure(root, 0)


def _check_values(values: Any, name: str, depth: int = 0) -> None:
    if depth > MAX_DOCUMENT_DEPTH:
        raise BundleError(f"{name} is nested too deep", code="document_unreadable")
    if isinstance(values, dict):
        if not all(isinstance(key, str | int | float | bool) for key in values):
            raise BundleError(f"{name} has a key that is no text", code="document_unreadable")
        for value in values.values():
            _check_values(value, name, depth + 1)
    elif isinstance(values, list):
        for value in values:
            _check_values(value, name, depth + 1)
    elif isinstance(values, int | float) and not (
        math.isfinite(values) and abs(values) <= MAX_NUMBER
    ):
        raise BundleError(f"{name} holds an absurd number", code="number_out_of_range")
