"""Radiomics per IBSI 1 of any segment; see ``measure.measure_radiomics``."""

from apps.ai.analyses.radiomics.features import FeatureRefusal, FeatureValue, RadiomicsResult
from apps.ai.analyses.radiomics.measure import measure_radiomics
from apps.ai.analyses.radiomics.prepare import spacing_of_affine
from apps.ai.analyses.radiomics.settings import RadiomicsSettings

__all__ = [
    "FeatureRefusal",
    "FeatureValue",
    "RadiomicsResult",
    "RadiomicsSettings",
    "measure_radiomics",
    "spacing_of_affine",
]
