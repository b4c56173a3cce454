"""What is drawn, marked, shown and pointed at in a room, as its author knows the images."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from pydicom.dataset import Dataset

from tests.live_client import Json, pointer, stage


def drawing(header: Dataset, *, label: str = "", uid: Any = str) -> Json:
    """A length on a slice; ``uid`` says how its author knows the images."""
    x, y, z = (float(value) for value in header.ImagePositionPatient)
    return {
        "id": str(uuid4()),
        "kind": "length",
        "study_instance_uid": uid(header.StudyInstanceUID),
        "series_instance_uid": uid(header.SeriesInstanceUID),
        "sop_instance_uid": uid(header.SOPInstanceUID),
        "frame_of_reference_uid": uid(header.FrameOfReferenceUID),
        "points_lps": [[x + 1.5, y + 2.0, z], [x + 9.0, y + 2.0, z]],
        "label": label,
    }


def key_image(header: Dataset, *, note: str = "", uid: Any = str) -> Json:
    return {
        "id": str(uuid4()),
        "study_instance_uid": uid(header.StudyInstanceUID),
        "series_instance_uid": uid(header.SeriesInstanceUID),
        "sop_instance_uid": uid(header.SOPInstanceUID),
        "note": note,
    }


def scene(header: Dataset, *, epoch: int, rev: int, overlay: str, uid: Any = str) -> Json:
    shown = stage(uid(header.StudyInstanceUID), epoch=epoch, rev=rev)
    shown["state"]["viewports"][0] |= {
        "series_instance_uid": uid(header.SeriesInstanceUID),
        "frame_of_reference_uid": uid(header.FrameOfReferenceUID),
        "reference": {"sop_instance_uid": uid(header.SOPInstanceUID), "frame": 1},
        "overlays": [f"segment:{uuid4()}:1:{uuid4()}", f"finding:{uuid4()}", overlay],
    }
    return shown


def pointing(header: Dataset, *, tool: str = "length", uid: Any = str) -> Json:
    said = pointer()
    said["tool"] = tool
    said["pointer"] |= {
        "series_instance_uid": uid(header.SeriesInstanceUID),
        "frame_of_reference_uid": uid(header.FrameOfReferenceUID),
        "sop_instance_uid": uid(header.SOPInstanceUID),
        "frame": 1,
    }
    return said
