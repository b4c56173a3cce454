"""The cases of the demo hospital: credible questions about people who do not exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.boards.choices import AiReading
from apps.cases.choices import TumourType, Urgency

ICD10 = "http://hl7.org/fhir/sid/icd-10"
THORACIC, ABDOMINAL, SARCOMA = "Thoracic board", "Abdominal board", "Sarcoma and RT board"


@dataclass(frozen=True)
class BoardRecipe:
    """A board, how long it takes for a case, and who sits there besides its coordinator."""

    name: str
    description: str
    minutes_per_case: int
    members: tuple[tuple[str, str], ...]
    ai_reading: str = AiReading.NEVER


_CORE = (
    ("chair", "chair"),
    ("radiologist", "core"),
    ("surgeon", "core"),
    ("oncologist", "core"),
    ("pathologist", "core"),
)

BOARDS: tuple[BoardRecipe, ...] = (
    BoardRecipe(
        THORACIC,
        "Lung, pleura and mediastinum. Every week.",
        6,
        (*_CORE, ("nuclear", "core"), ("radiotherapist", "extended"), ("trainee", "observer")),
    ),
    BoardRecipe(
        ABDOMINAL,
        "Liver, pancreas and metastases of the gut. Every week.",
        8,
        (*_CORE, ("trainee", "observer")),
        AiReading.IN_MEETING,
    ),
    BoardRecipe(
        SARCOMA,
        "Soft tissue sarcoma and radiotherapy of oligometastases. Every second week.",
        10,
        (*_CORE, ("radiotherapist", "core"), ("nuclear", "core")),
    ),
)


@dataclass(frozen=True)
class CaseRecipe:
    """One case: whose, which board, and what it says."""

    patient: str
    board: str
    title: str
    fields: dict[str, Any]
    studies: tuple[str, ...] = ()
    meeting: str = "next"  # today | next | past | none


def _case(
    patient: str,
    board: str,
    title: str,
    *,
    question: str,
    history: str,
    tumour: str,
    icd10: tuple[str, str],
    diagnosis: str,
    stage: str = "",
    ecog: int = 1,
    studies: tuple[str, ...] = (),
    meeting: str = "next",
    urgency: str = Urgency.ROUTINE,
    urgency_reason: str = "",
) -> CaseRecipe:
    fields = {
        "clinical_question": question,
        "history": history,
        "tumour_type": tumour,
        "diagnosis_system": ICD10,
        "diagnosis_code": icd10[0],
        "diagnosis_display": icd10[1],
        "diagnosis_text": diagnosis,
        "stage": stage,
        "ecog": ecog,
        "urgency": urgency,
        "urgency_reason": urgency_reason,
    }
    return CaseRecipe(patient, board, title, fields, studies, meeting)


_UPPER = ("C34.1", "Malignant neoplasm of upper lobe, bronchus or lung")
_MIDDLE = ("C34.2", "Malignant neoplasm of middle lobe, bronchus or lung")
_LOWER = ("C34.3", "Malignant neoplasm of lower lobe, bronchus or lung")
_LUNG_METASTASES = ("C78.0", "Secondary malignant neoplasm of lung")
_LIVER_METASTASES = ("C78.7", "Secondary malignant neoplasm of liver")
_HCC = ("C22.0", "Liver cell carcinoma")

CASES: tuple[CaseRecipe, ...] = (
    _case(
        "alder", THORACIC, "Adenocarcinoma of the right lung, growing on treatment",
        question="Has the mass progressed since August, and is the node at 4R involved? "
        "Change of systemic treatment, or chemoradiotherapy now?",
        history="68-year-old man, 40 pack-years. Adenocarcinoma proven by CT-guided biopsy in "
        "August; EGFR and ALK wild type, PD-L1 20 %. Two cycles of carboplatin, pemetrexed and "
        "pembrolizumab, tolerated well. More cough for three weeks, no weight loss.",
        tumour=TumourType.LUNG, icd10=_MIDDLE,
        diagnosis="Adenocarcinoma of the right lung, acinar pattern, PD-L1 TPS 20 %",
        stage="cT2a cN2a cM0, stage IIIA (TNM 9)", ecog=1,
        studies=("alder-baseline", "alder-followup", "small-alder"), meeting="today",
        urgency=Urgency.SOON, urgency_reason="Symptoms on treatment",
    ),
    _case(
        "birch", THORACIC, "Spiculated nodule in the left lower lobe",
        question="Resect without histology, or biopsy first?",
        history="60-year-old woman, never smoked. Nodule found on a CT after a fall. FEV1 92 %, "
        "DLCO 85 %. No previous images.",
        tumour=TumourType.LUNG, icd10=("R91", "Abnormal findings on diagnostic imaging of lung"),
        diagnosis="Nodule of the left lower lobe, no histology yet",
        stage="cT1b cN0 cM0 if malignant", ecog=0, studies=("birch",), meeting="today",
    ),
    _case(
        "cedar", THORACIC, "Squamous cell carcinoma of the left upper lobe with necrosis",
        question="Pneumonectomy or induction first? Is the chest wall free?",
        history="75-year-old man, COPD GOLD 2, 50 pack-years. Haemoptysis twice. Bronchoscopy: "
        "tumour in the upper lobe bronchus. Ergospirometry: VO2max 15 mL/kg/min.",
        tumour=TumourType.LUNG, icd10=_UPPER,
        diagnosis="Squamous cell carcinoma of the left upper lobe, G2",
        stage="cT2b cN1 cM0, stage IIB (TNM 9)", ecog=1, studies=("cedar",), meeting="today",
    ),
    _case(
        "dogwood", THORACIC, "Lung cancer in a frail patient",
        question="Stereotactic radiotherapy or best supportive care?",
        history="77-year-old woman, heart failure NYHA III, oxygen at night. Growing mass of the "
        "right lower lobe; biopsy refused by the patient after discussion.",
        tumour=TumourType.LUNG, icd10=_LOWER,
        diagnosis="Mass of the right lower lobe, clinically lung cancer, no histology",
        stage="cT1c cN0 cM0, stage IA3 (TNM 9)", ecog=2, studies=("dogwood",), meeting="next",
    ),
    _case(
        "elm", ABDOMINAL, "Colorectal liver metastases after six cycles",
        question="Response good enough for resection in one stage? Ablation for the smallest?",
        history="63-year-old man. Adenocarcinoma of the sigmoid, resected in March (pT3 pN1b), "
        "RAS wild type, left-sided. Three liver metastases in July. Six cycles FOLFOX and "
        "panitumumab; CEA 84 to 12 ng/mL.",
        tumour=TumourType.COLORECTAL, icd10=_LIVER_METASTASES,
        diagnosis="Liver metastases of an adenocarcinoma of the sigmoid colon",
        stage="ypT3 pN1b cM1a", ecog=0, studies=("elm-baseline", "elm-followup"), meeting="next",
    ),
    _case(
        "fir", ABDOMINAL, "Single liver lesion in a patient after breast cancer",
        question="Metastasis or second tumour? Biopsy before any treatment?",
        history="54-year-old woman. Breast cancer 2019 (pT2 pN0, ER+, HER2-), on letrozole. "
        "New single liver lesion in follow-up. CA 15-3 normal.",
        tumour=TumourType.LIVER, icd10=("K76.8", "Other specified diseases of liver"),
        diagnosis="Liver lesion of unknown nature",
        stage="", ecog=0, studies=("fir",), meeting="next",
    ),
    _case(
        "ginkgo", ABDOMINAL, "Hepatocellular carcinoma, Child-Pugh A",
        question="Resection, TACE as a bridge, or transplant listing?",
        history="71-year-old man, metabolic liver disease with compensated cirrhosis, "
        "Child-Pugh A5, platelets 132. AFP 310 ng/mL. No ascites, varices grade I.",
        tumour=TumourType.LIVER, icd10=_HCC,
        diagnosis="Hepatocellular carcinoma, LI-RADS 5",
        stage="BCLC A", ecog=0, studies=("ginkgo",), meeting="next",
        urgency=Urgency.SOON, urgency_reason="Listing is decided in two weeks",
    ),
    _case(
        "hazel", ABDOMINAL, "Pancreatic mass, images not here yet",
        question="Resectable? Neoadjuvant treatment?",
        history="58-year-old woman, painless jaundice, stent placed elsewhere. CT was done at "
        "another hospital and has been asked for.",
        tumour=TumourType.OTHER, icd10=("C25.0", "Malignant neoplasm of head of pancreas"),
        diagnosis="Mass of the head of the pancreas, cytology pending", ecog=1, meeting="none",
    ),
    _case(
        "larch", ABDOMINAL, "Single liver metastasis, decided last week",
        question="Resection or ablation of a single metastasis?",
        history="66-year-old woman. Rectal cancer 2023, complete response to total neoadjuvant "
        "treatment. Single new liver metastasis in segment V.",
        tumour=TumourType.COLORECTAL, icd10=_LIVER_METASTASES,
        diagnosis="Liver metastasis of an adenocarcinoma of the rectum",
        stage="ycT0 cN0 cM1a", ecog=0, studies=("larch",), meeting="past",
    ),
    _case(
        "ivy", SARCOMA, "Synovial sarcoma with lung metastases",
        question="Metastasectomy of all three nodules? Chemotherapy before?",
        history="36-year-old woman. Synovial sarcoma of the left thigh, resected and irradiated "
        "in 2024 (R0). Three lung nodules in follow-up, one growing.",
        tumour=TumourType.SARCOMA, icd10=_LUNG_METASTASES,
        diagnosis="Lung metastases of a synovial sarcoma, SS18::SSX1", stage="rcM1 (lung)",
        ecog=0, studies=("ivy", "small-ivy"), meeting="next",
    ),
    _case(
        "juniper", SARCOMA, "Stereotactic radiotherapy of a lung oligometastasis",
        question="Plan 54 Gy in 3 fractions: are lung and heart within limits? Treat the whole "
        "disease locally?",
        history="80-year-old man. Renal cell carcinoma, nephrectomy declined, stable on "
        "pembrolizumab and axitinib; one lung metastasis grows alone.",
        tumour=TumourType.OTHER, icd10=_LUNG_METASTASES,
        diagnosis="Lung metastasis of a clear cell renal cell carcinoma", stage="cM1 (lung)",
        ecog=1, studies=("juniper",), meeting="next",
    ),
    _case(
        "kapok", THORACIC, "Two lung nodules, new in follow-up of melanoma",
        question="Metastases or inflammation? Biopsy, or control in six weeks?",
        history="43-year-old man. Melanoma of the back (pT3a pN1a), adjuvant nivolumab until "
        "July. The CT lies in the PACS and waits to be linked.",
        tumour=TumourType.OTHER, icd10=_MIDDLE,
        diagnosis="Lung nodules, melanoma known", ecog=0, meeting="none",
    ),
)  # fmt: skip

DE_IDENTIFIED_FOR_CONSULTANT = "ginkgo"
"""The case on which the remote consultant gives an opinion without seeing who it is."""

SMALL_CASES = ("alder", "ivy", "kapok")
"""What ``demo_hospital --small`` has: all on one board."""
