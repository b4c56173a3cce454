"""Which file of tests moves into which of the two houses that run side by side.

A house keeps what its tests did: cases, imported files, marks on the demo's images. Were files
handed to whichever house is free, no two runs would be alike, and a test that stumbles over what
another left would fail only sometimes. So each house has its files, always in the same order.

What is not named here lives in the second house. Whoever adds a file puts it where `--durations=0`
shows less to do.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

#: `test_every_series` and `test_real_hangings` import the same files of others, one into a single
#: case, the other by patient. A study is one in a house, whatever case it is in: together, the
#: second would find more images in its cases than its own files have.
FIRST = frozenset(
    {
        "test_ai_bundles.py",
        "test_every_series.py",
        "test_house.py",
        "test_live_replay.py",
        "test_live_reveal.py",
        "test_main_line.py",
        "test_pacs_away.py",
        "test_real_data.py",
        "test_stacks.py",
        "test_viewer_documents.py",
        "test_viewer_fusion.py",
        "test_viewer_fusion_mr.py",
        "test_viewer_hanging.py",
        "test_viewer_hangings.py",
        "test_viewer_keyboard.py",
        "test_viewer_planes.py",
        "test_viewer_slides.py",
        "test_viewer_solid.py",
        "test_viewer_solid_ball.py",
    }
)


def house_of(node_id: str) -> str:
    """``first`` or ``second``, by the file of a test."""
    return "first" if PurePosixPath(node_id.split("::", maxsplit=1)[0]).name in FIRST else "second"


class ByHouse(LoadScopeScheduling):  # type: ignore[misc]
    """Hands a worker the tests of a house, all of them."""

    def _split_scope(self, nodeid: str) -> str:
        return house_of(nodeid)
