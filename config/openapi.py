"""How the OpenAPI document is made, and the names that several resources share in it."""

SPECTACULAR_SETTINGS = {
    "TITLE": "Consilium",
    "DESCRIPTION": "The room in which a tumor board meets. Research use, not a medical device.",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.core.api.schema.add_problems",
    ],
    "ENUM_NAME_OVERRIDES": {
        "CaseStatusEnum": "apps.cases.choices.CaseStatus",
        "AgendaStatusEnum": "apps.boards.choices.AgendaStatus",
        "MeetingStatusEnum": "apps.boards.choices.MeetingStatus",
        "DecisionStatusEnum": "apps.boards.choices.DecisionStatus",
        "BoardRoleEnum": "apps.boards.choices.BoardRole",
        "ExportStateEnum": "apps.ai.choices.ExportState",
        "FindingStateEnum": "apps.ai.choices.FindingState",
        "VersionActEnum": "apps.ai.choices.VersionAct",
        "AlertTierEnum": "apps.ai.urgency_choices.AlertTier",
        "DemotionReasonEnum": "apps.ai.urgency_choices.DemotionReason",
        "RuleOutcomeEnum": "apps.ai.urgency_choices.RuleOutcome",
        "OutcomeEnum": "apps.audit.choices.Outcome",
        "VersionStateEnum": "apps.ai.choices.VersionState",
    },
}
