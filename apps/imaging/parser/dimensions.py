"""What tells frames at one place apart, as plain values: names of ``geometry.dimensions.AXES``.

Vendors wrote b-values into private elements before there was a standard one; those are read where
their private creator stands beside them, as it must (PS3.5 7.8.1).
"""

from typing import Any

from pydicom.datadict import keyword_for_tag
from pydicom.dataset import Dataset

from apps.imaging.parser.reading import numbers, text, value_of, whole

MAX_TEXT = 64
GE_B_VALUE_OFFSET = 1_000_000_000  # marks b-values of diffusion tensor series
#: Pointers that say what is read from its own macro, or where a frame lies.
_KNOWN_POINTERS = frozenset(
    {
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "InStackPositionNumber",
        "StackID",
        "SliceLocation",
        "TemporalPositionIndex",
        "DiffusionBValue",
        "DiffusionGradientOrientation",
        "EffectiveEchoTime",
        "NominalCardiacTriggerDelayTime",
        "InversionTimes",
        "FrameAcquisitionNumber",
        "FrameAcquisitionDateTime",
        "FrameReferenceDateTime",
    }
)
_FRAME_TYPES = (
    "MRImageFrameTypeSequence",
    "CTImageFrameTypeSequence",
    "PETFrameTypeSequence",
    "XAXRFFrameCharacteristicsSequence",
)
#: Group, private creator, element.
_PRIVATE_B_VALUES: tuple[tuple[int, str, int], ...] = (
    (0x0019, "SIEMENS MR HEADER", 0x0C),
    (0x0043, "GEMS_PARM_01", 0x39),
    (0x2001, "Philips Imaging DD 001", 0x03),
)


def classic_keys(dataset: Dataset) -> dict[str, Any]:
    """Of an object whose frames share one header."""
    moment = text(dataset, "AcquisitionDate") + text(dataset, "AcquisitionTime")
    b_value = number(dataset, "DiffusionBValue")
    return _present(
        {
            "temporal_position": whole(dataset, "TemporalPositionIdentifier"),
            "b_value": _private_b_value(dataset) if b_value is None else b_value,
            "gradient_direction": _direction(dataset),
            "echo_time_ms": number(dataset, "EchoTime"),
            "inversion_time_ms": number(dataset, "InversionTime"),
            "trigger_time_ms": number(dataset, "TriggerTime"),
            "image_type": _words(dataset, "ImageType"),
            "acquisition_number": whole(dataset, "AcquisitionNumber"),
            "acquired_at": moment or None,
        }
    )


def enhanced_keys(group: Dataset, shared: Dataset, *, pointers: list[str | None]) -> dict[str, Any]:
    """Of one frame with functional groups of its own (PS3.3 C.7.6.16)."""
    content = macro(group, shared, "FrameContentSequence")
    diffusion = macro(group, shared, "MRDiffusionSequence")
    gradient = _first(diffusion, "DiffusionGradientDirectionSequence")
    modifier = macro(group, shared, "MRModifierSequence")
    keys = {
        "temporal_position": whole(content, "TemporalPositionIndex"),
        "b_value": number(diffusion, "DiffusionBValue"),
        "gradient_direction": _direction(gradient),
        "echo_time_ms": number(macro(group, shared, "MREchoSequence"), "EffectiveEchoTime"),
        "inversion_time_ms": _first_number(modifier, "InversionTimes"),
        "trigger_time_ms": number(
            macro(group, shared, "CardiacSynchronizationSequence"),
            "NominalCardiacTriggerDelayTime",
        ),
        "image_type": _frame_type(group, shared),
        "stack_id": text(content, "StackID")[:MAX_TEXT] or None,
        "acquisition_number": whole(content, "FrameAcquisitionNumber"),
        "acquired_at": text(content, "FrameAcquisitionDateTime") or None,
    }
    return _present(keys) | _indexed(content, pointers)


def dimension_pointers(dataset: Dataset) -> list[str | None]:
    """Per dimension of the object the name of its axis, or ``None`` for what is read elsewhere."""
    found: list[str | None] = []
    for item in value_of(dataset, "DimensionIndexSequence") or []:
        tag = value_of(item, "DimensionIndexPointer")
        try:
            keyword = keyword_for_tag(int(tag)) or f"private_{int(tag):08X}"
        except (TypeError, ValueError):
            keyword = "unreadable"
        found.append(None if keyword in _KNOWN_POINTERS else f"dim_{keyword}")
    return found


def macro(group: Dataset, shared: Dataset, keyword: str) -> Dataset:
    """A functional group macro of the frame, else the one that all frames share."""
    own = _first(group, keyword)
    return own if len(own) else _first(shared, keyword)


def number(dataset: Dataset, keyword: str) -> float | None:
    value = numbers(dataset, keyword, 1)
    return None if value is None else value[0]


def _indexed(content: Dataset, pointers: list[str | None]) -> dict[str, Any]:
    values = value_of(content, "DimensionIndexValues")
    if not pointers or values is None:
        return {}
    try:
        indices = [int(value) for value in (values if hasattr(values, "__len__") else [values])]
    except (TypeError, ValueError):
        return {}
    if len(indices) != len(pointers):
        return {}
    return {axis: index for axis, index in zip(pointers, indices, strict=True) if axis}


def _frame_type(group: Dataset, shared: Dataset) -> str | None:
    for keyword in _FRAME_TYPES:
        item = macro(group, shared, keyword)
        words = [_words(item, "FrameType"), text(item, "ComplexImageComponent")]
        kept = [word for word in words if word and word != "MAGNITUDE"]
        if kept:
            return " ".join(kept)[:MAX_TEXT]
    return None


def _words(dataset: Dataset, keyword: str) -> str | None:
    value = value_of(dataset, keyword)
    if value is None:
        return None
    parts = [value] if isinstance(value, str) else list(value) if hasattr(value, "__len__") else []
    kept = [str(part).strip() for part in parts if str(part).strip() not in ("", "PRIMARY")]
    return " ".join(kept)[:MAX_TEXT] or None


def _direction(dataset: Dataset) -> str | None:
    """A gradient's direction as text, so that it compares by value."""
    vector = numbers(dataset, "DiffusionGradientOrientation", 3)
    return None if vector is None else " ".join(f"{part:.3f}" for part in vector)


def _private_b_value(dataset: Dataset) -> float | None:
    for group, creator, element in _PRIVATE_B_VALUES:
        try:
            raw = dataset.private_block(group, creator)[element].value
            if isinstance(raw, bytes):
                raw = raw.decode("ascii").split("\\")
            first = float(raw[0] if hasattr(raw, "__len__") and not isinstance(raw, str) else raw)
        except (KeyError, ValueError, TypeError, IndexError):
            continue
        return first % GE_B_VALUE_OFFSET if 0 <= first < 2 * GE_B_VALUE_OFFSET else None
    return None


def _first(dataset: Dataset, keyword: str) -> Dataset:
    items = value_of(dataset, keyword)
    try:
        if items is not None and len(items):
            item = items[0]
            return item if isinstance(item, Dataset) else Dataset()
    except TypeError:
        pass
    return Dataset()


def _first_number(dataset: Dataset, keyword: str) -> float | None:
    value = value_of(dataset, keyword)
    try:
        parsed = float(value[0] if hasattr(value, "__len__") else value)
    except (TypeError, ValueError, IndexError):
        return None
    return parsed if abs(parsed) < 1e9 else None


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
