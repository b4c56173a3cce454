"""AI objects elsewhere: SEG, SR, RTSTRUCT and map by dciodvfy, by readers, and on OHIF's screen.

A phantom with two structures, once axial and once oblique, lies in an Orthanc with what our
encoders write about it, sent by STOW. OHIF as published shows it in Chromium. Each object is opened
by a double click on its thumbnail, in a fresh profile. On slices inside, at both ends and beyond
them two pictures are taken: of the images alone, where grey tells the structure, and with what OHIF
lays over it, where colour does. Gates, any of which fails the run: no error of dciodvfy; equal
voxels back; on every slice Dice and centres as stated; no colour on slices without the structure.
"""

from __future__ import annotations

import base64
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.bench.ohif.objects import Written, count_complaints, write_all
from tests.bench.ohif.overlap import Colour, Overlap, compare, find_colour
from tests.bench.ohif.phantom import Phantom, make_phantom
from tests.bench.ohif.screen import Picture, Viewer, opened
from tests.bench.ohif_peer import OhifPages
from tests.bench.peers import PeerOrthanc
from tests.bench.run import RESULTS, Figure, at_least, at_most
from tests.bench.scene import Server
from tests.e2e.conftest import CHROMIUM_ARGUMENTS
from tests.system_parts import find_chromium, find_ohif

DICE = 0.9
DISTANCE_PX = 1.5
MIRRORED = 0.85
STRAY_PX = 20
INSIDE = 3
MOST_LOOKS = 5
"""Slices compared between the ends of a structure."""


@dataclass(frozen=True)
class Shown:
    """What the screen showed of one object."""

    name: str
    overlaps: list[Overlap]
    stray_px: int | None
    """Most on a slice without the structure; None where no such slice was looked at."""


def measure() -> list[Figure]:
    """All figures of the table."""
    dist = find_ohif()
    if dist is None:
        raise SystemExit("bench ai-ohif needs OHIF's published build: make test fetches it")
    with tempfile.TemporaryDirectory(prefix="consilium-bench-") as name:
        directory = Path(name)
        pacs = PeerOrthanc(root=directory / "pacs", compression=False)
        pacs.start()
        pages = OhifPages(root=directory / "ohif", dist=dist, pacs=_server(pacs))
        try:
            with sync_playwright() as playwright:
                chromium = playwright.chromium.launch(
                    executable_path=find_chromium(), headless=True, args=CHROMIUM_ARGUMENTS
                )
                figures = [
                    figure
                    for phantom in (
                        make_phantom(name="axial", tilted=False),
                        make_phantom(name="oblique", tilted=True),
                    )
                    for figure in _measure(phantom, pacs, pages, chromium, directory)
                ]
                chromium.close()
        finally:
            pages.stop()
            pacs.stop()
    failed = [one for one in figures if one.met is False]
    for one in failed:
        print(f"FAILED {one.name}: {one.value:.4g} {one.unit}, goal {one.goal}")
    if failed:
        raise SystemExit(1)
    return figures


def _measure(
    phantom: Phantom, pacs: PeerOrthanc, pages: OhifPages, chromium: Browser, directory: Path
) -> list[Figure]:
    for image in phantom.images:
        path = directory / "image.dcm"
        image.save_as(path, enforce_file_format=True)
        pacs.store(path.read_bytes())
    written = write_all(phantom)
    _stow(pacs, [one.content for one in written])
    figures = []
    for one in written:
        errors, warnings = count_complaints(one.content, path=directory / "object.dcm")
        what = f"{phantom.name}, {one.name}"
        figures.append(at_most(f"{what}: errors of dciodvfy", errors, "", 0))
        figures.append(Figure(f"{what}: warnings of dciodvfy", warnings, ""))
        with opened(
            chromium,
            origin=pages.origin,
            study_uid=phantom.study_uid,
            images=str(phantom.images[0].SeriesInstanceUID),
        ) as viewer:
            figures += _look(viewer, phantom, one, what)
    return figures


def _look(viewer: Viewer, phantom: Phantom, one: Written, what: str) -> list[Figure]:
    if one.kind == "SR":
        return _read_report(viewer, phantom, one, what)
    seconds = viewer.open(one.series_uid, asks=one.kind != "map")
    parts: list[tuple[str, NDArray[np.bool_], bool, Colour]] = [
        (what, one.mask, one.is_bright, "map" if one.kind == "map" else "warm")
    ]
    if one.kind == "RTSTRUCT":
        viewer.fill_contours()
        parts.append((f"{what}, second region", phantom.dark, False, "cold"))
    figures = [Figure(f"{what}: from the double click to its colour", seconds, "s")]
    for name, mask, is_bright, colour in parts:
        shown = _compare(viewer, phantom, mask, is_bright, colour, name)
        figures += _figures(shown)
    return figures


def _compare(
    viewer: Viewer,
    phantom: Phantom,
    mask: NDArray[np.bool_],
    is_bright: bool,
    colour: Colour,
    name: str,
) -> Shown:
    held = np.flatnonzero(mask.any(axis=(1, 2)))
    steps = np.linspace(0, len(held) - 1, INSIDE + 2).round().astype(int)
    within = {int(held[step]) for step in steps}
    beyond = {int(held[0]) - 1, int(held[-1]) + 1}
    overlaps, stray = [], 0
    for index in sorted(within | beyond):
        viewer.go_to(str(phantom.images[index].SOPInstanceUID))
        plain, covered = viewer.pictures()
        _keep(covered, name, index)
        if index in within:
            overlaps.append(compare(plain, covered, is_bright=is_bright, colour=colour))
        else:
            stray = max(stray, int(find_colour(covered, plain, colour=colour).sum()))
    return Shown(name, overlaps, stray)


def _figures(shown: Shown) -> list[Figure]:
    dices = [one.dice for one in shown.overlaps]
    stray = (
        []
        if shown.stray_px is None
        else [
            at_most(
                f"{shown.name}: coloured pixels beyond its ends", shown.stray_px, "px", STRAY_PX
            )
        ]
    )
    return [
        Figure(f"{shown.name}: slices compared", len(dices), ""),
        at_least(f"{shown.name}: Dice on the screen, worst slice", min(dices), "", DICE),
        Figure(f"{shown.name}: Dice on the screen, median", statistics.median(dices), ""),
        at_most(
            f"{shown.name}: distance of the centres, worst slice",
            max(one.distance_px for one in shown.overlaps),
            "px",
            DISTANCE_PX,
        ),
        at_most(
            f"{shown.name}: Dice if it were mirrored, best slice",
            max(one.dice_mirrored for one in shown.overlaps),
            "",
            MIRRORED,
        ),
        *stray,
    ]


def _read_report(viewer: Viewer, phantom: Phantom, one: Written, what: str) -> list[Figure]:
    """Its number in words, and its outline on the slice that is its largest.

    On oblong pixels OHIF would draw beside the structure; there nothing may be drawn.
    """
    viewer.open(one.series_uid, shows=False)
    index = int(one.mask.sum(axis=(1, 2)).argmax())
    for _ in range(MOST_LOOKS):  # it draws when a slice is shown anew, and not always at once
        for beside in (1, 0):
            viewer.go_to(str(phantom.images[index - beside].SOPInstanceUID))
        if said := viewer.words():
            break
    plain, covered = viewer.pictures()
    _keep(covered, what, index)
    if not phantom.has_square_pixels:
        if not viewer.has_read(one.series_uid):
            raise AssertionError(
                f"{what}: OHIF has not read it, so that nothing drawn says nothing"
            )
        stray = int(find_colour(covered, plain, colour="line").sum())
        return [at_most(f"{what}, oblong pixels: drawn nowhere", stray, "px", STRAY_PX)]
    expected = f"Volume: {one.mask.sum() * phantom.voxel_ml:.2f} ml"
    overlap = compare(plain, covered, is_bright=one.is_bright, colour="line")
    return [
        at_least(f"{what}: its volume stands on the screen", float(expected in said), "", 1),
        *_figures(Shown(f"{what}, outline", [overlap], None)),
    ]


def _keep(picture: Picture, name: str, index: int) -> None:
    """Below ``var/bench``: to be looked at when a gate fails."""
    path = RESULTS / "ai-ohif" / f"{name.replace(', ', '-').replace(' ', '_')}-{index}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture.astype(np.uint8)).save(path)


def _server(pacs: PeerOrthanc) -> Server:
    secret = base64.b64encode(f"{pacs.username}:{pacs.password}".encode()).decode()
    return Server("orthanc", pacs.rest_url, {"Authorization": f"Basic {secret}"}, [])


def _stow(pacs: PeerOrthanc, objects: list[bytes]) -> None:
    boundary = "consilium-bench"
    parts = b"".join(
        f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode() + one + b"\r\n"
        for one in objects
    )
    answer = httpx.post(
        f"{pacs.base_url}/studies",
        auth=(pacs.username, pacs.password),
        headers={
            "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
            "Accept": "application/dicom+json",
        },
        content=parts + f"--{boundary}--\r\n".encode(),
        timeout=60,
    )
    answer.raise_for_status()
    stored = answer.json()["00081199"]["Value"]
    assert len(stored) == len(objects), answer.text
