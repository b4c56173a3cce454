"""Words that may be shown because they are DICOM's or radiology's, and codes with our own meaning.

A word from a closed list names nobody. What is not in the list is withheld: it could be a name.
"""

from functools import lru_cache
from typing import Any

from pydicom.sr._concepts_dict import concepts
from pydicom.sr._snomed_dict import mapping as retired_codes


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DEFINED_TERMS = _words(
    """
    ORIGINAL DERIVED PRIMARY SECONDARY AXIAL LOCALIZER MIXED OTHER NONE RESAMPLED VOLUME AVERAGE
    MAX_IP MIN_IP MPR FILTERED SUBTRACTION ADDITION DIVISION MEDIAN STD_DEVIATION REFORMATTED
    PROJECTION_IMAGE DYNAMIC GATED STATIC WHOLE_BODY RECON EMISSION TRANSMISSION CT MR PT NM US
    XA RF CR DX MG SC OT SEG SR PR KO REG RTDOSE RTSTRUCT RTPLAN RWV SM ECG DOC IO PX ES XC OP
    OPT BI TG BMD AR IVUS IVOCT OCT YES NO UNKNOWN 00 01 R L U B A P H F LR RL AP PA HF FH HFS
    HFP HFDL HFDR FFS FFP FFDL FFDR LFS LFP RFS RFP AFS AFP AFDL AFDR PFS PFP PFDL PFDR
    MONOCHROME1 MONOCHROME2 RGB YBR_FULL YBR_FULL_422 YBR_PARTIAL_420 YBR_ICT YBR_RCT IDENTITY
    INVERSE LINEAR LINEAR_EXACT SIGMOID HU HU_MOD OD PCT US CNTS BQML GML CM2ML PCNT CPS PROPCPS
    PROPCNTS BW LBM LBMJAMES128 LBMJANMA BSA IBW START ADMIN DECY ATTN SCAT DTIM MOTN PMOT CLN
    RAN RADL DCAL NORM ISO_10918_1 ISO_14495_1 ISO_15444_1 ISO_15444_15 ISO_13818_2 ISO_14496_10
    ISO_23008_2 SE IR GR EP RM SK MTC SS TRSS SP MP OSP 2D 3D 2D_SELECTIVE MTF ROW COLUMN COL
    SHORT LONG PRODUCT RESEARCH SERVICE DIAGNOSTIC SINGLE DUAL BODY HEAD SURFACE MULTICOIL
    MODIFIED UNMODIFIED REMOVED CALIBRATED UNCALIBRATED FIDUCIAL GEOMETRY MAGNITUDE PHASE REAL
    IMAGINARY COMPLEX DIFFUSION PERFUSION FLOW_ENCODED TAGGING CINE PROTON_DENSITY T1 T2 T2_STAR
    T1_RHO ADC FA TRACE EIGENVALUE ISOTROPIC DIRECTIONAL BMATRIX TRANSVERSE SAGITTAL CORONAL
    OBLIQUE SPIRAL SEQUENCED CONSTANT_ANGLE STATIONARY FREE BINARY FRACTIONAL LABELMAP
    PROBABILITY OCCUPANCY AUTOMATIC SEMIAUTOMATIC MANUAL SEGMENTATION COLOR COLOR_RANGE
    TRUE_COLOR MONOCHROME SAMPLED DISTORTED UNIFORM TRACKED SLICE_LOCATION STACK_ID INDEX
    STAND_ALONE IN_CONCATENATION
    """
)
"""Defined terms and enumerated values of PS3.3 for the objects that are shown."""

BODY_PARTS = _words(
    """
    ABDOMEN ABDOMENPELVIS BLADDER BRAIN BREAST CHEST CHESTABDOMEN CHESTABDPELVIS COLON CSPINE
    EXTREMITY FOOT HAND HEAD HEADNECK HEART HIP KIDNEY KNEE LEG LIVER LSPINE LUNG NECK PANCREAS
    PELVIS PROSTATE RECTUM SHOULDER SPINE SSPINE STOMACH THORAX THYROID TSPINE UTERUS WHOLEBODY
    """
)
"""PS3.16 Annex L, as far as a tumor board images it."""

DESCRIPTION_WORDS = _words(
    """
    ct cta mr mri mra pet suv us ac nac scout localizer localiser topogram survey plan native
    plain with without contrast pre post early late arterial portal venous delayed equilibrium
    phase dynamic perfusion angio diffusion dwi adc b0 flair stir dixon vibe space swi gre tse
    fse haste trufi mprage bravo cube t1 t1w t2 t2w pd fs fatsat water fat inphase opphase in opp
    out ax axial tra transverse cor coronal sag sagittal obl oblique mpr mip minip 2d 3d 4d thin
    thick soft tissue bone lung mediastinum brain head neck skull thorax thoracic chest abdomen
    abdominal pelvis pelvic liver kidney pancreas spleen prostate breast rectum colon heart
    cardiac spine cervical lumbar sacral whole body wb extremity hip knee shoulder leg arm left
    right bilateral attenuation corrected uncorrected iterative kernel recon reconstruction
    series image images dose report segmentation subtraction biopsy guidance follow up baseline
    and of for the
    """
)
"""What a description is cut down to (113105 Clean Descriptors): anything else, digits too, goes."""


@lru_cache(maxsize=1)
def _meanings() -> dict[tuple[str, str], str]:
    known: dict[tuple[str, str], str] = {}
    published: dict[str, Any] = dict(concepts)
    for scheme, keywords in published.items():
        for by_code in keywords.values():
            for code, (meaning, _) in by_code.items():  # of several meanings the short one
                key = (scheme, code)
                known[key] = min(known.get(key, meaning), meaning, key=len)
    for old, new in retired_codes["SRT"].items():
        meaning = known.get(("SCT", new))
        if meaning:
            known |= dict.fromkeys((("SRT", old), ("SNM3", old), ("99SDM", old)), meaning)
    return known


def meaning_of(*, scheme: str, code: str) -> str | None:
    """The published meaning of a published code (PS3.16); never the words in the object."""
    return _meanings().get((scheme, code))


def clean_description(text: str) -> str:
    """The words of a description that are radiology's own, in their order."""
    parts = text.replace("_", " ").replace("/", " ").split()
    words = (word.strip(".,;:()[]{}*#") for word in parts)
    return " ".join(word for word in words if word.lower() in DESCRIPTION_WORDS)[:64]


def clean_term(text: str) -> str:
    """A code string when it is one of DICOM's, else nothing."""
    return text if text in DEFINED_TERMS or text in BODY_PARTS else ""
