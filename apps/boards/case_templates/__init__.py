"""What a board needs for a case of one tumour type, as validated data that a site edits."""

from apps.boards.case_templates.builtin import builtin_templates
from apps.boards.case_templates.document import (
    CaseTemplateDocument,
    Need,
    TemplateField,
    TemplateItem,
    TemplateStandard,
)

__all__ = [
    "CaseTemplateDocument",
    "Need",
    "TemplateField",
    "TemplateItem",
    "TemplateStandard",
    "builtin_templates",
]
