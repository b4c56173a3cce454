"""Everything that happens to a list; each concern has its own module."""

from apps.intake.services.corrections import correct_row, map_list
from apps.intake.services.placing import confirm_list, place_rows
from apps.intake.services.receiving import receive_list
from apps.intake.services.studies import find_studies, search_again
from apps.intake.services.undoing import undo_list

__all__ = [
    "confirm_list",
    "correct_row",
    "find_studies",
    "map_list",
    "place_rows",
    "receive_list",
    "search_again",
    "undo_list",
]
