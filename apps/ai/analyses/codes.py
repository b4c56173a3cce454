"""Coded concepts the built-in analyses and the encoding write (DICOM PS3.16, SNOMED CT, UCUM)."""

from __future__ import annotations

from apps.ai.analyses.results import Code

SPATIAL_CONCEPT = Code("SCT", "309825002", "Spatial and Relational Concept")
#: Claims a region and nothing about what it is: thresholded uptake is no lesion until read.
REGION_OF_INTEREST = Code("NCIt", "C85402", "Imaging Region of Interest")

SUV_BODY_WEIGHT = Code("DCM", "126401", "SUVbw")
METABOLIC_VOLUME = Code("DCM", "126032", "Metabolic Volume")
TOTAL_LESION_GLYCOLYSIS = Code("DCM", "126033", "Total Lesion Glycolysis")

VOLUME = Code("SCT", "118565006", "Volume")
LONG_AXIS = Code("SCT", "103339001", "Long axis")
SHORT_AXIS = Code("SCT", "103340004", "Short axis")
DIAMETER = Code("SCT", "81827009", "Diameter")

LUNG = Code("SCT", "39607008", "Lung")
RIGHT = Code("SCT", "24028007", "Right")
LEFT = Code("SCT", "7771000", "Left")

MAXIMUM = Code("SCT", "56851009", "Maximum")
MEAN = Code("SCT", "373098007", "Mean")
#: PS3.16 CID 7464; DICOM has no concept "SUVpeak" of its own.
PEAK = Code("DCM", "126031", "Peak Value Within ROI")

UNIT_SUV_BODY_WEIGHT = Code("UCUM", "g/ml{SUVbw}", "Standardized Uptake Value body weight")
UNIT_MILLILITRE = Code("UCUM", "ml", "ml")
UNIT_MILLIMETRE = Code("UCUM", "mm", "mm")
UNIT_GRAM = Code("UCUM", "g", "g")
