"""What a file of weights would import when it is read, found without reading it as code.

PyTorch's ``.pt`` is a ZIP file around a pickle. The pickle's instructions are listed
(``pickletools.genops`` executes nothing), and whatever they would import must be among the few
names that tensors need; the runner reads with ``weights_only=True`` on top of that.
"""

from __future__ import annotations

import pickletools
import re
import struct
import zipfile
from io import BytesIO
from pathlib import Path
from typing import IO, Literal

from apps.ai.bundle_errors import BundleError

WeightsFormat = Literal["state_dict", "torchscript", "safetensors"]
WEIGHT_SUFFIXES = frozenset({".pt", ".pth", ".ckpt", ".ts", ".safetensors"})
_PICKLE_SUFFIXES = frozenset({".pkl", ".pickle", ".joblib", ".dill", ".p"})
_MAX_PICKLE_BYTES = 64 * 1024**2
_MAX_PICKLES_OF_OLD_FORMAT = 5
_TENSOR_NAMES = re.compile(
    r"collections (OrderedDict|Counter)"
    r"|_codecs encode"
    r"|torch\._utils _rebuild_(tensor|tensor_v2|tensor_v3|parameter|parameter_with_state|qtensor"
    r"|sparse_tensor)"
    r"|torch\._tensor _rebuild_from_type_v2"
    r"|torch\.serialization _get_layout"
    r"|torch\.storage (Typed|Untyped)Storage"
    r"|torch(\.cuda)? \w*(Storage|Tensor)"
    r"|torch (Size|device|\w*int\d+|b?float\d+|complex\d+|bool|per_\w+)"
    r"|torch\.nn\.parameter Parameter"
)
_SCRIPT_NAMES = re.compile(r"__torch__(\.[\w.]+)? \w+|torch\.jit\._pickle \w+")


def check_weight_files(root: Path, paths: list[str]) -> dict[str, WeightsFormat]:
    """The format of every weights file among ``paths``, after its instructions were read.

    Raises
    ------
    BundleError
        ``pickle_file``, ``pickle_imports``, ``weights_unreadable``.
    """
    formats: dict[str, WeightsFormat] = {}
    for name in paths:
        suffix = Path(name).suffix.lower()
        if suffix in _PICKLE_SUFFIXES:
            raise BundleError(f"{name} is a pickle, and those execute", code="pickle_file")
        if suffix in WEIGHT_SUFFIXES:
            formats[name] = _check_weights(root / name, name)
    return formats


def _check_weights(path: Path, name: str) -> WeightsFormat:
    if path.suffix.lower() == ".safetensors":
        _check_safetensors(path, name)
        return "safetensors"
    try:
        with path.open("rb") as stream:
            # As PyTorch tells the two apart; a file may be both, read from the other end.
            if stream.read(4) != b"PK\x03\x04":
                stream.seek(0)
                _check_old_format(stream, name)
                return "state_dict"
        return _check_archive(path, name)
    except BundleError:
        raise
    except (ValueError, KeyError, IndexError, OSError, EOFError, RuntimeError,
            NotImplementedError, zipfile.BadZipFile) as error:  # fmt: skip
        raise BundleError(f"{name} is no file of weights", code="weights_unreadable") from error


def _check_archive(path: Path, name: str) -> WeightsFormat:
    with zipfile.ZipFile(path) as archive:
        inside = archive.namelist()
        is_script = any(one.endswith("/constants.pkl") for one in inside)
        pickles = [one for one in inside if one.endswith((".pkl", ".pickle"))]
        if not any(one.endswith("data.pkl") for one in pickles):
            raise BundleError(f"{name} is no file of weights", code="weights_unreadable")
        for one in pickles:
            if archive.getinfo(one).file_size > _MAX_PICKLE_BYTES:
                raise BundleError(f"{name} holds a huge pickle", code="weights_unreadable")
            _check_imports(BytesIO(archive.read(one)), name, allow_script=is_script)
    return "torchscript" if is_script else "state_dict"


def _check_old_format(stream: IO[bytes], name: str) -> None:
    """The format before PyTorch 1.6: a few pickles in a row, then the tensors' bytes."""
    for _ in range(_MAX_PICKLES_OF_OLD_FORMAT):
        _check_imports(stream, name, allow_script=False)


def _check_imports(stream: IO[bytes], name: str, *, allow_script: bool) -> None:
    """Refuse a name to import that no tensor needs, or one that cannot be told.

    ``torch.save`` writes GLOBAL, which carries its name. STACK_GLOBAL takes it from the stack:
    it is read only where both strings stand right before it.
    """
    literals: list[str] = []
    for opcode, argument, _ in pickletools.genops(stream):
        if opcode.name in {"GLOBAL", "INST"}:
            _check_import(str(argument), name, allow_script=allow_script)
        elif opcode.name == "STACK_GLOBAL":
            if len(literals) < 2:
                raise BundleError(f"{name} hides what it imports", code="pickle_imports")
            _check_import(" ".join(literals[-2:]), name, allow_script=allow_script)
        elif opcode.name.startswith("EXT"):
            raise BundleError(f"{name} hides what it imports", code="pickle_imports")
        if opcode.name in {"MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT"}:
            continue
        literals = [*literals, argument] if isinstance(argument, str) else []


def _check_import(imported: str, name: str, *, allow_script: bool) -> None:
    if _TENSOR_NAMES.fullmatch(imported):
        return
    if allow_script and _SCRIPT_NAMES.fullmatch(imported):
        return
    what = imported.replace(" ", ".")[:80]
    raise BundleError(f"{name} would import {what}", code="pickle_imports")


def _check_safetensors(path: Path, name: str) -> None:
    with path.open("rb") as stream:
        prefix = stream.read(8)
        length = struct.unpack("<Q", prefix)[0] if len(prefix) == 8 else 0
        if not 2 <= length <= 100_000_000 or stream.read(1) != b"{":
            raise BundleError(f"{name} is no safetensors file", code="weights_unreadable")
