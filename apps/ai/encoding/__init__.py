"""Findings as DICOM: one SEG and one TID 1500 report each, equal bytes for equal inputs."""

import logging
import warnings

from apps.ai.encoding.errors import EncodingRefused
from apps.ai.encoding.identity import (
    AlgorithmIdentity,
    FindingUids,
    VerifyingObserver,
    derive_uid,
)
from apps.ai.encoding.report import encode_measurement_report
from apps.ai.encoding.segmentation import encode_segmentation
from apps.ai.encoding.source import prepare_sources
from apps.ai.encoding.statement import encode_statement_report
from apps.ai.encoding.structure_set import encode_structure_set

# highdicom puts a patient's name into a warning when it is no "Family^Given", and UIDs into its
# log: neither may reach ours.
warnings.filterwarnings("ignore", category=UserWarning, module=r"highdicom\.")
logging.getLogger("highdicom").setLevel(logging.ERROR)

__all__ = [
    "AlgorithmIdentity",
    "EncodingRefused",
    "FindingUids",
    "VerifyingObserver",
    "derive_uid",
    "encode_measurement_report",
    "encode_segmentation",
    "encode_statement_report",
    "encode_structure_set",
    "prepare_sources",
]
