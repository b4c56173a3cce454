"""Every change to patients, cases and access; each concern has its own module."""

from apps.cases.services.access import grant_access, revoke_grant, revoke_source
from apps.cases.services.cases import create_case, edit_case, move_case, set_needed_by
from apps.cases.services.clinical import record_clinical, revise_clinical, withdraw_clinical
from apps.cases.services.patients import create_patient
from apps.cases.services.views import record_list, record_search, record_view

__all__ = [
    "create_case",
    "create_patient",
    "edit_case",
    "grant_access",
    "move_case",
    "record_clinical",
    "record_list",
    "record_search",
    "record_view",
    "revise_clinical",
    "revoke_grant",
    "revoke_source",
    "set_needed_by",
    "withdraw_clinical",
]
