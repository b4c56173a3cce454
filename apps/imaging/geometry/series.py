"""A series as a whole: its stacks in order, and why it is not one volume."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps.imaging.geometry.dimensions import Facet, Part, split_by_dimensions, words_for
from apps.imaging.geometry.oddities import GeometryWarning
from apps.imaging.geometry.poses import FloatArray, FramePose, plane_of
from apps.imaging.geometry.stacks import Stack, describe_stack, group_levels

SAME_DIRECTION_COSINE = 0.9999  # 0.8 degrees between slices still counts as parallel
SAME_SPACING = 1e-3  # of the spacing
LISTED_STACKS = 64
"""More than this many are counted, not listed, in the index."""


@dataclass(frozen=True, slots=True)
class SeriesGeometry:
    """What the frames of a series are, together.

    Attributes
    ----------
    order : indices into the poses given, in slice order (stack by stack).
    affine_lps : (column, row, slice, 1) -> LPS mm, where one regular volume exists.
    refusal : code of the first reason why this is not one volume; empty when it is.
    stacks : what to scroll through, the largest orientation first.
    volumes : how many volumes of the same slices there are at most.
    """

    order: tuple[int, ...]
    warnings: tuple[GeometryWarning, ...]
    refusal: str
    affine_lps: FloatArray | None = None
    spacing_mm: tuple[float, float, float] | None = None  # slice, row, column
    normal_lps: tuple[float, float, float] | None = None
    stacks: tuple[Stack, ...] = ()
    volumes: int = 1

    def summary(self) -> dict[str, Any]:
        """JSON for the index and the manifest."""
        return {
            "is_volume": not self.refusal,
            "refusal": self.refusal,
            "affine_lps": None if self.affine_lps is None else self.affine_lps.tolist(),
            "spacing_mm": self.spacing_mm,
            "normal_lps": self.normal_lps,
            "stack_count": len(self.stacks),
            "stacks": [stack.summary() for stack in self.stacks[:LISTED_STACKS]],
            "volumes": self.volumes,
        }


@dataclass(frozen=True, slots=True)
class _Group:
    """Frames that are parallel, of one size and in one frame of reference; or have no place."""

    members: list[int]
    facets: tuple[Facet, ...] = ()
    warning: GeometryWarning | None = None  # a heap of its own, not to be divided


def describe_frames(poses: Sequence[FramePose]) -> SeriesGeometry:
    """Order the frames of one series and name everything unusual about them.

    Parameters
    ----------
    poses : one per frame, in any order.
    """
    if not poses:
        return SeriesGeometry(order=(), warnings=(), refusal="not_an_image")
    placed = [i for i, pose in enumerate(poses) if pose.has_space]
    warnings = _mixtures(poses, placed)
    stacks: list[Stack] = []
    volumes = 1
    for group in _divide(poses, placed):
        if group.warning is not None:
            stacks.append(_heap(group, number=len(stacks) + 1))
            continue
        parts, about = _volumes(poses, group)
        if len(parts) > 1:
            volumes = max(volumes, len(parts))
        warnings += [w for w in about if w not in warnings]
        for part, own in parts:
            stack = describe_stack(
                poses,
                part.members,
                number=len(stacks) + 1,
                facets=(*group.facets, *part.facets),
                warnings=own,
            )
            stacks.append(stack)
            warnings += [w for w in stack.warnings if w not in warnings]
    refusal = next((w.code for w in warnings), "") or ("single_slice" if len(poses) < 2 else "")
    if len(placed) < len(poses):
        refusal = "no_patient_space"
    first = stacks[0]
    is_one = len(stacks) == 1
    return SeriesGeometry(
        order=tuple(index for stack in stacks for index in stack.order),
        warnings=tuple(warnings),
        refusal=refusal,
        affine_lps=None if refusal else first.affine_lps,
        spacing_mm=first.spacing_mm if is_one else None,
        normal_lps=first.normal_lps if is_one else None,
        stacks=tuple(stacks),
        volumes=volumes,
    )


def instance_order(poses: Sequence[FramePose], geometry: SeriesGeometry) -> list[str]:
    """SOP Instance UIDs in slice order, each once (at its first frame)."""
    seen: dict[str, None] = {}
    for index in geometry.order:
        seen.setdefault(poses[index].sop_instance_uid, None)
    return list(seen)


def _mixtures(poses: Sequence[FramePose], placed: Sequence[int]) -> list[GeometryWarning]:
    """What a series mixes that one volume cannot hold."""
    found: list[GeometryWarning] = []
    if len(placed) < len(poses) and len(poses) > 1:
        found.append(GeometryWarning.of("no_patient_space"))
    references = {poses[i].frame_of_reference_uid for i in placed}
    if len(references) > 1:
        found.append(GeometryWarning.of("mixed_frame_of_reference", n=len(references)))
    directions = _group_alike(poses, placed, by_size=False)
    if len(directions) > 1:
        found.append(GeometryWarning.of("mixed_orientation", n=len(directions)))
    if len(_group_alike(poses, placed, by_direction=False)) > 1:
        found.append(GeometryWarning.of("mixed_size"))
    named = {str(poses[i].keys["stack_id"]) for i in placed if "stack_id" in poses[i].keys}
    if len(named) > 1 and len(directions) == 1:
        found.append(GeometryWarning.of("multiple_stacks", n=len(named)))
    return found


def _divide(poses: Sequence[FramePose], placed: Sequence[int]) -> list[_Group]:
    """Groups of frames that belong together, the largest first; those without a place last."""
    by_reference: dict[str, list[int]] = {}
    for index in placed:
        by_reference.setdefault(poses[index].frame_of_reference_uid, []).append(index)
    alike: list[tuple[list[int], tuple[Facet, ...]]] = []
    for number, members in enumerate(by_reference.values(), start=1):
        reference = (Facet("frame_of_reference", None, number),) if len(by_reference) > 1 else ()
        for group in _group_alike(poses, members):
            alike += [(part, (*reference, *own)) for part, own in _by_stack_id(poses, group)]
    alike.sort(key=lambda one: -len(one[0]))
    groups = [_Group(members, facets) for members, facets in alike]
    singles = [group for group in groups if len(group.members) == 1]
    if len(singles) > 1:  # a scout in three planes, a turning projection: one heap to scroll
        groups = [group for group in groups if len(group.members) > 1]
        heap = sorted((g.members[0] for g in singles), key=lambda i: _number_key(poses[i]))
        warning = GeometryWarning.of("mixed_orientation", n=len(heap))
        if len(_group_alike(poses, heap, by_size=False)) < 2:
            warning = GeometryWarning.of("mixed_size")
        facets = (Facet("singles", None, 1),) if groups or len(heap) < len(poses) else ()
        groups.append(_Group(heap, facets, warning))
    return [*_name_planes(poses, groups), *_unplaced(poses, placed)]


def _name_planes(poses: Sequence[FramePose], groups: list[_Group]) -> list[_Group]:
    """Orientation and size as facets, where the groups differ in them."""
    planes = [plane_of(poses[g.members[0]].orientation or ()) for g in groups]
    sizes = [_size(poses[g.members[0]]) for g in groups]
    named = []
    for number, (group, plane, size) in enumerate(zip(groups, planes, sizes, strict=True), 1):
        facets = list(group.facets)
        if group.warning is None and len(set(planes)) > 1:
            facets.append(Facet("orientation", plane, number))
        if group.warning is None and len(set(sizes)) > 1:
            facets.append(Facet("size", size, number))
        if group.warning is None and not facets and len(groups) > 1:
            facets.append(Facet("orientation", plane, number))
        named.append(_Group(group.members, tuple(facets), group.warning))
    return named


def _size(pose: FramePose) -> str:
    return f"{pose.columns} × {pose.rows}"


def _unplaced(poses: Sequence[FramePose], placed: Sequence[int]) -> list[_Group]:
    """Films and clips: each multi-frame object by itself, single pictures together."""
    there = set(placed)
    by_object: dict[str, list[int]] = {}
    for index in sorted(range(len(poses)), key=lambda i: _number_key(poses[i])):
        if index not in there:
            by_object.setdefault(poses[index].sop_instance_uid, []).append(index)
    warning = GeometryWarning.of("no_patient_space")
    clips = [members for members in by_object.values() if len(members) > 1]
    stills = [members[0] for members in by_object.values() if len(members) == 1]
    is_only = not placed and len(clips) + bool(stills) == 1
    groups = [
        _Group(members, () if is_only else (Facet("clip", None, number),), warning)
        for number, members in enumerate(clips, start=1)
    ]
    if stills:
        axis = "unplaced" if placed else "singles"
        groups.append(_Group(stills, () if is_only else (Facet(axis, None, 1),), warning))
    return groups


def _heap(group: _Group, *, number: int) -> Stack:
    """Frames to scroll through that are no volume and never will be."""
    assert group.warning is not None
    return Stack(
        number=number,
        facets=group.facets,
        order=tuple(group.members),
        warnings=(group.warning,) if len(group.members) > 1 else (),
        refusal=group.warning.code,
    )


def _volumes(
    poses: Sequence[FramePose], group: _Group
) -> tuple[list[tuple[Part, list[GeometryWarning]]], list[GeometryWarning]]:
    """The volumes of parallel frames, what is missing in each, and what to say of the series."""
    levels = group_levels(poses, group.members)
    parts = split_by_dimensions(poses, [list(level) for level in levels])
    if len(parts) < 2:
        return [(part, []) for part in parts], []
    axes = dict.fromkeys(words_for(facet.axis) for part in parts for facet in part.facets)
    about = [GeometryWarning.of("multiple_volumes", n=len(parts), axis=" and ".join(axes))]
    judged: list[tuple[Part, list[GeometryWarning]]] = []
    for part in parts:
        count = len(group_levels(poses, part.members))
        own = []
        if count < len(levels):
            own = [GeometryWarning.of("incomplete_stack", n=count, total=len(levels))]
        judged.append((part, own))
    return judged, about


def _by_stack_id(
    poses: Sequence[FramePose], members: list[int]
) -> list[tuple[list[int], tuple[Facet, ...]]]:
    """Stacks that an enhanced object names itself (PS3.3 C.7.6.16.2.2), where they are stacks."""
    parts: dict[Any, list[int]] = {}
    for index in members:
        parts.setdefault(poses[index].keys.get("stack_id"), []).append(index)
    if len(parts) < 2 or None in parts or any(len(part) < 2 for part in parts.values()):
        return [(members, ())]
    return [
        (part, (Facet("stack_id", str(name), number),))
        for number, (name, part) in enumerate(parts.items(), start=1)
    ]


def _group_alike(
    poses: Sequence[FramePose],
    members: Sequence[int],
    *,
    by_size: bool = True,
    by_direction: bool = True,
) -> list[list[int]]:
    """Groups of equal matrix, spacing and direction, within tolerance, by first appearance."""
    exact: dict[tuple[Any, ...], list[int]] = {}
    for index in members:
        pose = poses[index]
        size = (pose.rows, pose.columns, pose.pixel_spacing_mm) if by_size else ()
        exact.setdefault((size, pose.orientation if by_direction else ()), []).append(index)
    if len(exact) < 2:
        return list(exact.values())
    references = np.empty((len(exact), 10))
    groups: list[list[int]] = []
    for same in exact.values():
        likeness = _likeness(poses[same[0]], by_size=by_size, by_direction=by_direction)
        known = references[: len(groups)]
        fits = np.all(known[:, :2] == likeness[:2], axis=1)
        fits &= np.all(
            np.abs(known[:, 2:4] - likeness[2:4]) <= SAME_SPACING * known[:, 2:4], axis=1
        )
        for part in (slice(4, 7), slice(7, 10)):
            fits &= known[:, part] @ likeness[part] > SAME_DIRECTION_COSINE
        hits = np.flatnonzero(fits)
        if len(hits):
            groups[int(hits[0])].extend(same)
        else:
            references[len(groups)] = likeness
            groups.append(list(same))
    return groups


def _likeness(pose: FramePose, *, by_size: bool, by_direction: bool) -> FloatArray:
    """Matrix, spacing and direction as ten numbers; what is not asked for is always alike."""
    size = (pose.rows, pose.columns, *(pose.pixel_spacing_mm or ())) if by_size else (1, 1, 1, 1)
    direction = pose.orientation if by_direction else (1, 0, 0, 0, 1, 0)
    return np.asarray([*size, *(direction or ())], dtype=np.float64)


def _number_key(pose: FramePose) -> tuple[int, str, int]:
    return (pose.instance_number, pose.sop_instance_uid, pose.frame)
