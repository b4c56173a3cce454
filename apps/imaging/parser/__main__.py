"""One request a line on stdin, one answer a line on the original stdout; ends with stdin."""

import hashlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from apps.imaging.parser import kinds
from apps.imaging.parser.describing import describe
from apps.imaging.parser.frames import FrameReport, check_pixels, write_frames
from apps.imaging.parser.limits import (
    Limits,
    lift_memory_limit,
    limit_next_file,
    tighten_process,
)
from apps.imaging.parser.metadata import full_metadata, viewer_profile
from apps.imaging.parser.pages import render_page
from apps.imaging.parser.reading import clean_preamble, read_dataset
from apps.imaging.parser.segments import unpack_segmentation
from apps.imaging.parser.verdicts import Rejected


def parse_file(*, source: Path, prefix: Path, limits: Limits) -> dict[str, Any]:
    """Check one file and write ``<prefix>.dcm .frames .meta .viewer .json``.

    The ``.json`` comes last: where it is, the others are complete.
    """
    size = source.stat().st_size
    if size > limits.file_bytes:
        raise Rejected("too_large")
    limit_next_file(limits=limits, size_bytes=size)
    raw = clean_preamble(source.read_bytes())
    dataset = read_dataset(raw, limits=limits)
    check_pixels(dataset, limits=limits)
    report = FrameReport(frames=[])
    if kinds.kind_of(dataset) in kinds.KINDS_WITH_FRAMES:
        with _side(prefix, "frames").open("wb") as out:
            report = write_frames(dataset, out)
            out.truncate()
    document = full_metadata(dataset)
    _side(prefix, "meta").write_bytes(orjson.dumps(document))
    profile = viewer_profile(document, dataset=dataset, report=report)
    _side(prefix, "viewer").write_bytes(orjson.dumps(profile))
    _side(prefix, "dcm").write_bytes(raw)
    summary = describe(
        dataset,
        document=document,
        report=report,
        sha256=hashlib.sha256(raw).hexdigest(),
        size_bytes=len(raw),
    )
    draft = _side(prefix, "json-draft")
    draft.write_bytes(orjson.dumps(summary))
    draft.rename(_side(prefix, "json"))
    return {"ok": True}


def _side(prefix: Path, suffix: str) -> Path:
    return prefix.with_name(f"{prefix.name}.{suffix}")


def unpack_segments(
    *, source: Path, prefix: Path, limits: Limits, offset: int, length: int
) -> dict[str, Any]:
    """Unpack one archived segmentation that lies in a pack at ``offset``."""
    if length > limits.file_bytes:
        raise Rejected("too_large")
    limit_next_file(limits=limits, size_bytes=length)
    with source.open("rb") as stream:
        stream.seek(offset)
        raw = stream.read(length)
    return unpack_segmentation(raw=raw, prefix=prefix, limits=limits)


def draw_page(
    *, source: Path, prefix: Path, limits: Limits, page: int, width: int
) -> dict[str, Any]:
    """Draw one page of an encapsulated PDF that lies alone in a file."""
    size = source.stat().st_size
    if size > limits.file_bytes:
        raise Rejected("too_large")
    limit_next_file(limits=limits, size_bytes=size)
    return render_page(
        raw=source.read_bytes(), prefix=prefix, limits=limits, page=page, width=width
    )


TASKS: dict[str, Callable[..., dict[str, Any]]] = {
    "file": parse_file,
    "segments": unpack_segments,
    "page": draw_page,
}


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    try:
        return TASKS[request.get("task", "file")](
            source=Path(request["source"]),
            prefix=Path(request["prefix"]),
            limits=Limits(**request.get("limits", {})),
            **request.get("extent", {}),
        )
    except Rejected as error:
        told = {"ok": False, "code": error.code, "reason": error.reason}
        return told | {"listed": error.listed} if error.listed else told
    except MemoryError:
        refused = Rejected("out_of_memory")
    except RecursionError:
        refused = Rejected("nested_too_deep")
    except OSError as error:
        return {"ok": False, "code": "storage_error", "reason": f"{error.strerror}"}
    except Exception as error:  # noqa: BLE001 - whatever hostile bytes provoke is a verdict
        refused = Rejected("malformed", type(error).__name__)
    return {"ok": False, "code": refused.code, "reason": refused.reason}


def main() -> None:
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="ascii")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # libraries print; answers stay clean
    tighten_process()
    for line in sys.stdin:
        answer = _answer(json.loads(line))
        lift_memory_limit()
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
