"""The Charlson comorbidity index.

Weights: Charlson ME, Pompei P, Ales KL, MacKenzie CR. J Chronic Dis 1987;40:373-383, table 3.
Points for age: Charlson M, Szatrowski TP, Peterson J, Gold J. J Clin Epidemiol 1994;47:1245-1251:
one for each decade from 50 on, four from 80 on. Check: everything together 33, with age 37.
"""

from collections.abc import Iterable
from datetime import date

WEIGHTS: dict[str, int] = {
    "myocardial_infarction": 1,
    "heart_failure": 1,
    "peripheral_vascular": 1,
    "cerebrovascular": 1,
    "dementia": 1,
    "chronic_pulmonary": 1,
    "connective_tissue": 1,
    "peptic_ulcer": 1,
    "mild_liver": 1,
    "diabetes": 1,
    "hemiplegia": 2,
    "renal": 2,
    "diabetes_end_organ": 2,
    "solid_tumour": 2,
    "leukaemia": 2,
    "lymphoma": 2,
    "severe_liver": 3,
    "metastatic_tumour": 6,
    "aids": 6,
}
WORSE = {
    "mild_liver": "severe_liver",
    "diabetes": "diabetes_end_organ",
    "solid_tumour": "metastatic_tumour",
}
"""Of two degrees of one illness only the worse counts."""


def charlson_index(conditions: Iterable[str]) -> int:
    """The sum of the weights, without age.

    Raises
    ------
    KeyError
        A condition that the index does not have.
    """
    present = set(conditions)
    unknown = present - set(WEIGHTS)
    if unknown:
        raise KeyError(sorted(unknown)[0])
    return sum(WEIGHTS[one] for one in present if WORSE.get(one) not in present)


def age_points(*, born: date, on: date) -> int:
    """0 below 50, then one more for each decade, at most 4."""
    age = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    return min(max((age - 40) // 10, 0), 4)
