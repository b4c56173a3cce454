"""Radiomics per IBSI 1 of any segment; see ``measure.measure_radiomics``."""

from apps.ai.analyses.radiomics.features import FeatureRefusal, FeatureValue, RadiomicsResult
from apps.ai.analyses.radiomics.measure import measure_radiomics
from apps.ai.analyses.radiomics.prepare import Placement, margin_voxels, spacing_of_affine
from apps.ai.analyses.radiomics.settings import RadiomicsSettings
from apps.ai.analyses.radiomics_card import CARD

__all__ = [
    "CARD",
    "NAME",
    "VERSION",
    "FeatureRefusal",
    "FeatureValue",
    "Placement",
    "RadiomicsResult",
    "RadiomicsSettings",
    "margin_voxels",
    "measure_radiomics",
    "spacing_of_affine",
]

NAME = "Radiomics by IBSI 1"
VERSION = "1.0.0"
