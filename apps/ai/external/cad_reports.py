"""Reports of computer-aided detection: Mammography (TID 4000) and Chest (TID 4100), PS3.16.

Taken are the features that their maker wants shown to everybody (Rendering Intent "Presentation
Required"): composite features, and single image findings that are part of none. What is optional
belongs to an operating point that nobody has set here (PS3.17 E.4), what is not for presentation to
nobody. "Without findings" counts only where every algorithm succeeded.

Pure, from the archived DICOM JSON.
"""

from dataclasses import replace
from typing import Any

from apps.ai.external.cad_tree import Node, Path, Tree
from apps.ai.external.makers import Maker, clean_name, read_algorithm, read_authors
from apps.ai.external.refusals import Refused, Remark
from apps.ai.external.reports import (
    MAX_EVALUATIONS,
    MAX_REGIONS,
    read_laterality,
    read_measurements,
)
from apps.ai.external.statements import NOT_CODED, Statement, label_of, read_code, read_uid
from apps.imaging.dicom_json import Document
from apps.imaging.documents.measurements import SITE, TRACKING_ID, TRACKING_UID, Region, read_region
from apps.imaging.documents.reports import CONTENT
from apps.imaging.documents.values import ImageReference, code_of, references_of, text_of

ROOTS = frozenset({"111036", "112000"})  # Mammography CAD Report, Chest CAD Report
SUMMARY = "111017"  # CAD Processing and Findings Summary, values of CID 6047
ALL_WITHOUT, ALL_WITH, SOME_WITHOUT, SOME_WITH, NONE_WITHOUT = (
    "111241",
    "111242",
    "111243",
    "111244",
    "111245",
)
COMPOSITE, SINGLE = "111015", "111059"
FEATURES = frozenset({COMPOSITE, SINGLE})
INTENT, REQUIRED = "111056", "111150"  # Rendering Intent, CID 6034
CENTRE, OUTLINE = "111010", "111041"
PROBABILITY_OF_CANCER = "111047"
LATERALITY = frozenset({"272741003", "G-C171"})
_NO_EVALUATIONS = frozenset({INTENT, *FEATURES, *SITE, *LATERALITY})
_TRACKING = frozenset({TRACKING_ID, TRACKING_UID})


def read_cad_statements(document: Document) -> tuple[Statement, ...]:
    """The features to be shown; none where all algorithms succeeded and found nothing.

    Raises
    ------
    Refused
        ``cad_report_not_read``, ``cad_failed``, ``cad_summary_missing``, ``cad_nothing_required``,
        ``too_long``.
    """
    if code_of(document, "0040A043").value not in ROOTS:
        raise Refused("cad_report_not_read", name=code_of(document, "0040A043").words or "unnamed")
    tree = Tree(document)
    summaries = [one for one in tree.children(tree.root) if one.concept == SUMMARY]
    said = code_of(summaries[0].item, "0040A168").value if summaries else ""
    if said not in {ALL_WITHOUT, ALL_WITH, SOME_WITHOUT, SOME_WITH, NONE_WITHOUT}:
        raise Refused("cad_summary_missing")
    features = _shown_features(tree, summaries)
    if features:
        device = read_authors(document, CONTENT).device
        remarks = (Remark.of("cad_partly_failed"),) if said != ALL_WITH else ()
        return tuple(
            _read_feature(tree, one, number, device, remarks)
            for number, one in enumerate(features, start=1)
        )
    if said in {SOME_WITHOUT, NONE_WITHOUT}:
        raise Refused("cad_failed", said=code_of(summaries[0].item, "0040A168").words)
    if said != ALL_WITHOUT:
        raise Refused("cad_nothing_required")
    return ()


def _shown_features(tree: Tree, summaries: list[Node]) -> list[Node]:
    """Topmost required features; what another of them is made of is no second finding."""
    found: list[Node] = []
    pending = list(reversed(summaries))
    while pending:
        node = pending.pop()
        if node.concept in FEATURES and _is_of_another_report(tree, node):
            continue
        if node.concept in FEATURES and _is_required(tree, node):
            found.append(node)
        else:
            pending.extend(reversed(tree.owned(node)))
    parts = {
        one.path
        for feature in found
        for part in _parts(tree, feature)
        for one in (part, *_parts(tree, part))
    }
    return [one for one in found if one.path not in parts]


def _is_required(tree: Tree, node: Node) -> bool:
    return any(
        one.concept == INTENT and code_of(one.item, "0040A168").value == REQUIRED
        for one in tree.owned(node)
    )


def _parts(tree: Tree, node: Node) -> list[Node]:
    return [one for one in tree.children(node) if one.concept in FEATURES]


def _read_feature(
    tree: Tree, node: Node, number: int, device: Maker, remarks: tuple[Remark, ...]
) -> Statement:
    children = tree.owned(node)
    items = [one.item for one in children]
    facts = {one.concept: one.item for one in reversed(children)}
    code = read_code(code_of(node.item, "0040A168"))
    tracking = text_of(facts.get(TRACKING_ID, {}), "0040A160")
    site = next((facts[one] for one in SITE if one in facts), {})
    measured, valueless = read_measurements(items)
    regions, images, unreadable, lost = _read_places(tree, node)
    found = [*remarks]
    for count, name in (
        (unreadable, "outline_unreadable"),
        (lost, "reference_lost"),
        (valueless, "values_missing"),
    ):
        if count:
            found.append(Remark.of(name, count=count))
    if code is None:
        found.append(Remark.of("not_coded"))
    return Statement(
        number=number,
        label=label_of(code.display if code else "", tracking),
        code=code or NOT_CODED,
        category=NOT_CODED,
        maker=read_algorithm(items, fallback=device) or device,
        site=read_code(code_of(site, "0040A168")),
        laterality=read_laterality(site) or _own_laterality(facts),
        measurements=measured,
        evaluations=_read_evaluations(children),
        probability=_probability(measured),
        tracking_uid=read_uid(text_of(facts.get(TRACKING_UID, {}), "0040A124", limit=128)),
        regions=regions,
        images=images,
        remarks=tuple(found),
    )


def _own_laterality(facts: dict[str, Document]) -> Any:
    said = next((facts[one] for one in LATERALITY if one in facts), {})
    return read_code(code_of(said, "0040A168"))


def _probability(measured: tuple[dict[str, Any], ...]) -> float | None:
    """Probability of cancer; a certainty is something else and stays a number of its own."""
    for one in measured:
        if one["concept"]["code"] == PROBABILITY_OF_CANCER:
            value = float(one["value"]) * (0.01 if one["unit_code"]["code"] == "%" else 1.0)
            return value if 0.0 <= value <= 1.0 else None
    return None


def _read_evaluations(children: list[Node]) -> tuple[tuple[str, str], ...]:
    said = [
        (
            clean_name(code_of(one.item, "0040A043").words),
            clean_name(code_of(one.item, "0040A168").words),
        )
        for one in children
        if one.kind == "CODE" and one.concept not in _NO_EVALUATIONS
    ]
    return tuple((name, value) for name, value in said if name and value)[:MAX_EVALUATIONS]


def _read_places(
    tree: Tree, node: Node
) -> tuple[tuple[Region, ...], tuple[ImageReference, ...], int, int]:
    """Drawings of the feature, or of what it is made of; its images; what could not be read.

    Of a part its outline stands for it, and its centre where it has none.
    """
    regions: list[Region] = []
    images: list[ImageReference] = []
    unreadable = lost = 0
    seen: set[Path] = set()
    pending = [node]
    while pending:
        one = pending.pop()
        if one.path in seen or (one is not node and _is_of_another_report(tree, one)):
            continue
        seen.add(one.path)
        drawn, bad, missing = _read_drawings(tree, one)
        regions.extend(drawn)
        unreadable += bad
        lost += missing
        children = tree.children(one)
        images.extend(
            image
            for child in children
            if child.kind == "IMAGE"
            for image in references_of(child.item)
        )
        if one.concept == COMPOSITE:
            pending.extend(reversed(_parts(tree, one)))
    return tuple(regions[:MAX_REGIONS]), tuple(images[:MAX_REGIONS]), unreadable, lost


def _is_of_another_report(tree: Tree, node: Node) -> bool:
    """Repeated from an earlier report: it has an observation context of its own (PS3.17 E.2)."""
    return any(
        one.relationship == "HAS OBS CONTEXT" and one.concept not in _TRACKING
        for one in tree.owned(node)
    )


def _read_drawings(tree: Tree, node: Node) -> tuple[list[Region], int, int]:
    drawn = [
        one
        for one in tree.owned(node)
        if one.kind in ("SCOORD", "SCOORD3D") and one.concept in (CENTRE, OUTLINE)
    ]
    outlines = [one for one in drawn if one.concept == OUTLINE]
    read = [_read_drawing(tree, one) for one in outlines or drawn]
    lost = tree.lost_references(node) + sum(tree.lost_references(one) for one in drawn)
    return [one for one in read if one is not None], read.count(None), lost


def _read_drawing(tree: Tree, node: Node) -> Region | None:
    region = read_region(node.item)
    if region is None:
        return None
    named = [image for one in tree.referenced(node) for image in references_of(one.item)]
    return replace(region, images=(*region.images, *named)[:MAX_REGIONS])
