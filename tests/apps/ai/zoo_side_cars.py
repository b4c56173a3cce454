"""What stands beside the bundles of zoo.py: inputs, outputs and scope (``consilium.json``)."""

from typing import Any

MASS = {
    "code": {"system": "SCT", "code": "4147007", "display": "Mass"},
    "category": {
        "system": "SCT", "code": "49755003", "display": "Morphologically Abnormal Structure",
    },
}  # fmt: skip
ORGAN = {
    "code": {"system": "SCT", "code": "78961009", "display": "Spleen"},
    "category": {"system": "SCT", "code": "123037004", "display": "Anatomical Structure"},
}


def modality_rule(modality: str) -> dict[str, Any]:
    return {"code": "modality", "attribute": "Modality", "any_of": [modality],
            "message": f"This model reads {modality} only."}  # fmt: skip


def side_car(title: str, modality: str, outputs: list[dict[str, Any]], **more: Any) -> Any:
    return {
        "schema": 1,
        "title": title,
        "scope": {"rules": [modality_rule(modality)]},
        "outputs": outputs,
        "limits": {"timeout_s": 240},
        "card": {"intended_use": "Tests only"},
        **more,
    }


SEQUENCES = {"t1c": "*t1*post*", "t1": "*t1*pre*", "t2": "*t2*", "flair": "*flair*"}

SPLEEN_SIDE_CAR = side_car(
    "Spleen", "CT", [{"value": 1, "label": "Spleen", **ORGAN, "min_volume_ml": 0.01}]
)
BRATS_SIDE_CAR = side_car(
    "Brain tumour", "MR",
    [
        {"values": [1, 4], "label": "Tumour core", **MASS},
        {"values": [1, 2, 4], "label": "Whole tumour", **MASS},
        {"values": [4], "label": "Enhancing tumour", **MASS},
    ],
    inputs=[
        {"role": role, "label": role, "series": {"modality": "MR", "description": [pattern]},
         "rules": [modality_rule("MR")]}
        for role, pattern in SEQUENCES.items()
    ],
)  # fmt: skip
NODULE_SIDE_CAR = side_car(
    "Lung nodule detection", "CT", [{"value": 0, "label": "Nodule", **MASS, "urgency": "urgent"}],
    task="detection",
    boxes={"mode": "cccwhd", "space": "lps", "min_score": 0.3, "region": "ellipsoid"},
)  # fmt: skip
DENSITY_SIDE_CAR = side_car(
    "Breast density", "MG",
    [
        {"channel": index, "label": f"Breast density {letter}",
         "code": {"system": "SCT", "code": code, "display": display},
         "category": {"system": "SCT", "code": "118522005", "display": "Radiology finding"}}
        for index, (letter, code, display) in enumerate([
            ("A", "129715009", "Fatty breast"),
            ("B", "129716005", "Scattered fibroglandular density"),
            ("C", "129717001", "Heterogeneously dense breast"),
            ("D", "129718006", "Extremely dense breast"),
        ])
    ],
    task="classification",
    inputs=[{"role": "mammogram", "plane": True, "copies": 3}],
)  # fmt: skip
