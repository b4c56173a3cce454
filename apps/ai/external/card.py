"""The card of a model that runs elsewhere: what its objects say, and that nothing else is known."""

from typing import Any

from apps.ai.external.makers import UNKNOWN, Maker

NOT_KNOWN = "Not known here: the objects do not say it"


def make_card(maker: Maker) -> dict[str, Any]:
    return {
        "manufacturer": maker.manufacturer,
        "algorithm": maker.algorithm,
        "output": {
            "developer": maker.manufacturer or UNKNOWN,
            "algorithm": maker.algorithm or UNKNOWN,
            "version": maker.version or UNKNOWN,
            "output_value": "What stands in DICOM objects that came with studies: segmentations, "
            "reports and maps of probability",
        },
        "purpose": {
            "intended_use": NOT_KNOWN,
            "intended_population": NOT_KNOWN,
            "limits": "It runs elsewhere. Name and version are what its objects state; nobody has "
            "checked them here, and nothing of it was validated here.",
        },
        "regulatory": {"status": NOT_KNOWN},
        "training": {"data": NOT_KNOWN},
    }
