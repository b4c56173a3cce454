"""Files that a parser child derives from one archived object, kept beside the archive."""

from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import uuid4

from apps.imaging.exceptions import UnreadableObject
from apps.imaging.parsing import ParseOutcome, ParserPool, clear_prefix, shared_pool, side_file


def write_side_files(
    original: bytes,
    *,
    directory: Path,
    name: str,
    suffixes: Sequence[str],
    work: Callable[[ParserPool, Path, Path], ParseOutcome],
) -> None:
    """Files ``<name>.<suffix>`` in ``directory``; where the last of ``suffixes`` is, all are.

    Parameters
    ----------
    work
        ``work(pool, source, prefix)`` has a child read ``source`` and write ``prefix``.*.

    Raises
    ------
    UnreadableObject
        The child refused the object, or did not survive it.
    """
    draft = directory / f"{uuid4().hex}.draft"
    source = directory / f"{draft.stem}.source.draft"
    try:
        source.write_bytes(original)
        with shared_pool() as pool:
            outcome = work(pool, source, draft)
        if outcome.summary is None:
            raise UnreadableObject(outcome.reason, code=outcome.code)
        for suffix in suffixes:
            side_file(draft, suffix).rename(directory / f"{name}.{suffix}")
    finally:
        source.unlink(missing_ok=True)
        clear_prefix(draft)
