"""The content tree of a CAD report with its references by position (PS3.3 C.17.3, PS3.16 TID 4000).

In these reports a drawing names its image by the place of that image in the tree (1.1.2: the second
entry of the first container), and a feature may be part of several others the same way.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from apps.ai.external.refusals import Refused
from apps.ai.external.reports import MAX_ENTRIES
from apps.imaging.dicom_json import Document, items_of, values_of
from apps.imaging.documents.reports import CONTENT
from apps.imaging.documents.values import code_of, text_of

DEEPEST = 24
Path = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One content item and where it stands; the root is ``(1,)``."""

    path: Path
    item: Document

    @property
    def concept(self) -> str:
        return code_of(self.item, "0040A043").value

    @property
    def kind(self) -> str:
        return text_of(self.item, "0040A040", limit=16).upper()

    @property
    def relationship(self) -> str:
        return text_of(self.item, "0040A010", limit=32).upper()


class Tree:
    """All content items of a report.

    Raises
    ------
    Refused
        ``too_long``: it has more items, or lies deeper, than what is read.
    """

    def __init__(self, document: Document) -> None:
        self.root = Node((1,), document)
        self._nodes: dict[Path, Node] = {self.root.path: self.root}
        pending = [self.root]
        while pending:
            node = pending.pop()
            for number, item in enumerate(items_of(node.item, CONTENT), start=1):
                child = Node((*node.path, number), item)
                self._nodes[child.path] = child
                pending.append(child)
            if len(self._nodes) > MAX_ENTRIES or len(node.path) > DEEPEST:
                raise Refused("too_long", most=MAX_ENTRIES)

    def children(self, node: Node) -> list[Node]:
        """What stands below it, each reference replaced by what it points to.

        A reference that points nowhere, or to what holds it, is left out.
        """
        return [one for one, _ in self._below(node)]

    def owned(self, node: Node) -> list[Node]:
        """What stands below it by value."""
        return [one for one, is_reference in self._below(node) if not is_reference]

    def referenced(self, node: Node) -> list[Node]:
        return [one for one, is_reference in self._below(node) if is_reference]

    def lost_references(self, node: Node) -> int:
        """References below it that point nowhere."""
        return len(items_of(node.item, CONTENT)) - len(self._below(node))

    def _below(self, node: Node) -> list[tuple[Node, bool]]:
        found: list[tuple[Node, bool]] = []
        for number in range(1, len(items_of(node.item, CONTENT)) + 1):
            child = self._nodes[(*node.path, number)]
            pointed = _read_path(child.item)
            if pointed is None:
                found.append((child, False))
            elif pointed in self._nodes and pointed != node.path[: len(pointed)]:
                found.append((self._nodes[pointed], True))
        return found

    def walk(self) -> Iterator[Node]:
        """Every item, in the order of the report."""
        return iter(sorted(self._nodes.values(), key=lambda node: node.path))


def _read_path(item: Document) -> Path | None:
    """Referenced Content Item Identifier (0040,DB73); ``None`` for an item that stands here."""
    values = values_of(item, "0040DB73")
    if not values:
        return None
    return tuple(int(one) if isinstance(one, int | float) else 0 for one in values[: DEEPEST + 1])
