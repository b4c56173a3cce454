"""Words of the clinical content of a case. Where mCODE has a value set, its concepts are here."""

from django.db import models


class EntryStatus(models.TextChoices):
    """An entry is never overwritten: what replaces it stands beside it."""

    CURRENT = "current", "Current"
    SUPERSEDED = "superseded", "Superseded"
    IN_ERROR = "entered_in_error", "Entered in error"


class Precision(models.TextChoices):
    """Of a date, as FHIR writes one: 2026, 2026-03 or 2026-03-14."""

    DAY = "day", "Day"
    MONTH = "month", "Month"
    YEAR = "year", "Year"
    UNKNOWN = "", "Not known"


class EntrySource(models.TextChoices):
    CLINICIAN = "clinician", "Clinician"
    PATHOLOGY = "pathology_report", "Pathology report"
    RADIOLOGY = "radiology_report", "Radiology report"
    LABORATORY = "laboratory", "Laboratory"
    REFERRAL = "referral_letter", "Referral letter"
    PATIENT = "patient", "The patient"
    OTHER = "other", "Other"


class ReferralReason(models.TextChoices):
    FIRST_DIAGNOSIS = "first_diagnosis", "First diagnosis"
    RECURRENCE = "recurrence", "Recurrence or progression"
    PRE_OPERATIVE = "pre_operative", "Before an operation"
    POST_OPERATIVE = "post_operative", "After an operation"
    OTHER = "other", "Other"


class Certainty(models.TextChoices):
    """FHIR's condition-ver-status."""

    CONFIRMED = "confirmed", "Confirmed"
    PROVISIONAL = "provisional", "Suspected"
    DIFFERENTIAL = "differential", "Differential diagnosis"
    REFUTED = "refuted", "Refuted"


class Laterality(models.TextChoices):
    LEFT = "left", "Left"
    RIGHT = "right", "Right"
    BILATERAL = "bilateral", "Both sides"
    MIDLINE = "midline", "Midline"
    NONE = "", "Not stated"


class StagingScheme(models.TextChoices):
    TNM = "tnm", "TNM"
    FIGO = "figo", "FIGO"
    LUGANO = "lugano", "Ann Arbor / Lugano"
    BCLC = "bclc", "BCLC"
    ISS = "iss", "ISS"
    OTHER = "other", "Other"


class Edition(models.TextChoices):
    """Which edition a TNM was given by; a TNM without one cannot be read."""

    AJCC_7 = "ajcc_7", "AJCC 7"
    AJCC_8 = "ajcc_8", "AJCC 8"
    AJCC_9 = "ajcc_9", "AJCC 9"
    UICC_7 = "uicc_7", "UICC 7"
    UICC_8 = "uicc_8", "UICC 8"
    UICC_9 = "uicc_9", "UICC 9"
    NONE = "", "Not TNM"


class StagePrefix(models.TextChoices):
    CLINICAL = "c", "Clinical"
    PATHOLOGICAL = "p", "Pathological"
    AFTER_THERAPY_CLINICAL = "yc", "Clinical, after therapy"
    AFTER_THERAPY_PATHOLOGICAL = "yp", "Pathological, after therapy"
    RECURRENCE = "r", "Recurrence"
    AUTOPSY = "a", "Autopsy"
    NONE = "", "Not TNM"


class GroupSource(models.TextChoices):
    TYPED = "typed", "Given by a person"
    TABLE = "table", "From a table that the site has loaded"
    NONE = "", "No group"


class PerformanceScale(models.TextChoices):
    """ECOG (LOINC 89247-1) and Karnofsky (LOINC 89243-0). Neither is ever made of the other."""

    ECOG = "ecog", "ECOG"
    KPS = "kps", "Karnofsky"


class BiomarkerKind(models.TextChoices):
    VARIANT = "variant", "Variant"
    FUSION = "fusion", "Fusion"
    COPY_NUMBER = "copy_number", "Copy number"
    RECEPTOR = "receptor", "Receptor or protein"
    MSI = "msi", "Microsatellite instability"
    TMB = "tmb", "Tumour mutational burden"
    OTHER = "other", "Other"


class Analyte(models.TextChoices):
    """What was stained or measured; a gene has its symbol instead."""

    ER = "er", "Oestrogen receptor"
    PR = "pr", "Progesterone receptor"
    HER2 = "her2", "HER2"
    PDL1 = "pd_l1", "PD-L1"
    KI67 = "ki_67", "Ki-67"
    AR = "ar", "Androgen receptor"
    MMR = "mmr", "Mismatch repair proteins"
    CLDN18 = "cldn18_2", "Claudin 18.2"
    OTHER = "other", "Other"
    NONE = "", "None"


class BiomarkerResult(models.TextChoices):
    """A test that failed or is under way is no negative one."""

    POSITIVE = "positive", "Positive"
    NEGATIVE = "negative", "Negative"
    LOW = "low", "Low"
    HIGH = "high", "High"
    EQUIVOCAL = "equivocal", "Equivocal"
    DETECTED = "detected", "Detected"
    NOT_DETECTED = "not_detected", "Not detected"
    STABLE = "stable", "Stable (MSS)"
    MSI_LOW = "msi_low", "MSI-low"
    MSI_HIGH = "msi_high", "MSI-high"
    PENDING = "pending", "Not known yet"
    FAILED = "failed", "The test failed"


class BiomarkerUnit(models.TextChoices):
    PERCENT = "percent", "%"
    TPS = "tps_percent", "TPS, %"
    CPS = "cps", "CPS"
    IC = "ic_percent", "IC, %"
    IHC = "ihc_score", "IHC score, 0 to 3"
    MUTATIONS = "mut_per_mb", "mutations/Mb"
    COPIES = "copies", "copies"
    RATIO = "ratio", "ratio"
    NONE = "", "None"


class SpecimenKind(models.TextChoices):
    PRIMARY = "primary", "Primary tumour"
    METASTASIS = "metastasis", "Metastasis"
    NODE = "lymph_node", "Lymph node"
    BLOOD = "blood", "Blood (ctDNA)"
    FLUID = "fluid", "Effusion or liquor"
    MARROW = "bone_marrow", "Bone marrow"
    GERMLINE = "germline", "Germline"
    OTHER = "other", "Other"
    NONE = "", "Not stated"


class TreatmentKind(models.TextChoices):
    SURGERY = "surgery", "Operation"
    RADIOTHERAPY = "radiotherapy", "Radiotherapy"
    SYSTEMIC = "systemic", "Systemic treatment"
    CHEMORADIATION = "chemoradiation", "Chemoradiotherapy"
    INTERVENTION = "intervention", "Local intervention"
    TRANSPLANT = "transplant", "Transplantation"
    SUPPORTIVE = "supportive", "Supportive care"
    WATCH = "active_surveillance", "Active surveillance"
    OTHER = "other", "Other"


class TreatmentIntent(models.TextChoices):
    CURATIVE = "curative", "Curative"
    NEOADJUVANT = "neoadjuvant", "Neoadjuvant"
    ADJUVANT = "adjuvant", "Adjuvant"
    PALLIATIVE = "palliative", "Palliative"
    DIAGNOSTIC = "diagnostic", "Diagnostic"
    NONE = "", "Not stated"


class TreatmentOutcome(models.TextChoices):
    """As told; a RECIST category is measured and stands elsewhere."""

    PLANNED = "planned", "Planned"
    ONGOING = "ongoing", "Under way"
    COMPLETED = "completed", "Completed"
    STOPPED_PROGRESSION = "stopped_progression", "Stopped: progression"
    STOPPED_TOXICITY = "stopped_toxicity", "Stopped: toxicity"
    STOPPED_WISH = "stopped_patient_wish", "Stopped: the patient's wish"
    STOPPED_OTHER = "stopped_other", "Stopped: other reason"
    NONE = "", "Not known"


class Criticality(models.TextChoices):
    """FHIR's allergy-intolerance-criticality."""

    LOW = "low", "Low"
    HIGH = "high", "High"
    UNABLE = "unable_to_assess", "Cannot be told"
