from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from apps.accounts.api.serializers import PersonSerializer
from apps.boards.api.serializers import BoardNameSerializer
from apps.intake.choices import (
    DateOrder,
    Field,
    ListState,
    RowChoice,
    RowState,
    SearchState,
    Source,
    StudiesState,
)
from apps.intake.models import IntakeList, IntakeRow
from apps.intake.reading.cells import MOST_CHARACTERS
from apps.intake.selectors import count_rows, count_searched
from apps.intake.services.checks import undecided_fields

A_ROW = {
    "position": 1,
    "version": 1,
    "cells": ["4711", "Doe, Jane", "04.05.1961", "w", "Resectable?"],
    "corrections": {},
    "state": "ready",
    "values": {
        "patient_id": "4711",
        "issuer": "HOSPITAL",
        "name": "Doe^Jane",
        "birth_date": "1961-05-04",
        "sex": "F",
        "question": "Resectable?",
        "title": "Resectable?",
    },
    "errors": [],
    "warnings": [],
    "patient": "5e1f1a36-5f43-4f86-9a0f-0c6b0a3f8f10",
    "match_reasons": ["patient_id", "issuer", "birth_date", "sex"],
    "open_cases": [],
    "same_as": None,
    "choice": "",
    "chosen_case": None,
    "studies_state": "found",
    "studies": [],
    "pacs_away": False,
    "chosen_studies": [],
    "case": None,
    "link_problems": [],
}
A_LIST = {
    "id": "0b6f3f0a-6f0c-4a54-9d3e-3d0f6f1c2a11",
    "version": 2,
    "board": {"id": "7d1b6f58-4a2c-4b0e-8f37-6a3c5a9a1d20", "name": "Thoracic board"},
    "meeting": None,
    "created_by": {
        "id": "c2d8b1a4-1f0e-4a58-9a53-b3b0a7f4e930",
        "display_name": "Cora Coordinator",
        "discipline": "coordination",
        "institution": None,
        "is_trainee": False,
    },
    "created_at": "2026-11-30T07:00:00Z",
    "source": "csv",
    "file_name": "board.csv",
    "state": "open",
    "counts": {"error": 0, "choice": 0, "ready": 1, "skipped": 0, "placed": 0, "undone": 0},
    "encoding": "utf-8",
    "delimiter": ";",
    "sheet": "",
    "headings": ["PatID", "Name", "Geburtsdatum", "Geschlecht", "Fragestellung"],
    "is_known": True,
    "mapping": {"patient_id": 0, "name": 1, "birth_date": 2, "sex": 3, "question": 4},
    "date_orders": {},
    "undecided": [],
    "issuer": "HOSPITAL",
    "search_state": "done",
    "searched": {"done": 1, "total": 1},
    "problem": "",
    "rows": [A_ROW],
}


class IssueSerializer(serializers.Serializer[Any]):
    """What is wrong with a field of a row; docs/intake.md lists the codes."""

    field = serializers.ChoiceField(choices=Field.choices)
    code = serializers.CharField()


class OpenCaseSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    status = serializers.CharField()
    on_board = serializers.BooleanField(help_text="It is on an agenda of this board.")


class ListedStudySerializer(serializers.Serializer[Any]):
    """A study that the PACS has, why it was found, and what contradicts this patient."""

    study_instance_uid = serializers.CharField()
    pacs_name = serializers.CharField()
    study_date = serializers.DateField(allow_null=True)
    description = serializers.CharField()
    modalities = serializers.ListField(child=serializers.CharField())
    accession_number = serializers.CharField()
    instance_count = serializers.IntegerField(allow_null=True)
    reasons = serializers.ListField(child=serializers.CharField())
    contradicts = serializers.ListField(
        child=serializers.CharField(), help_text="Not empty: it cannot be chosen."
    )


class LinkProblemSerializer(serializers.Serializer[Any]):
    study_instance_uid = serializers.CharField()
    code = serializers.CharField()


class IntakeRowSerializer(serializers.ModelSerializer[IntakeRow]):
    cells = serializers.ListField(child=serializers.CharField(), read_only=True)
    corrections = serializers.DictField(child=serializers.CharField(), read_only=True)
    state = serializers.ChoiceField(choices=RowState.choices, read_only=True)
    values = serializers.DictField(child=serializers.CharField(), read_only=True)
    errors = IssueSerializer(many=True, read_only=True)  # type: ignore[assignment]
    warnings = IssueSerializer(many=True, read_only=True)
    patient = serializers.UUIDField(source="patient_id", read_only=True, allow_null=True)
    match_reasons = serializers.ListField(child=serializers.CharField(), read_only=True)
    open_cases = OpenCaseSerializer(many=True, read_only=True)
    choice = serializers.ChoiceField(choices=RowChoice.choices, read_only=True)
    chosen_case = serializers.UUIDField(source="chosen_case_id", read_only=True, allow_null=True)
    studies_state = serializers.ChoiceField(choices=StudiesState.choices, read_only=True)
    studies = ListedStudySerializer(many=True, read_only=True)
    chosen_studies = serializers.ListField(child=serializers.CharField(), read_only=True)
    case = serializers.UUIDField(source="case_id", read_only=True, allow_null=True)
    link_problems = LinkProblemSerializer(many=True, read_only=True)

    class Meta:
        model = IntakeRow
        fields = list(A_ROW)
        read_only_fields = fields


class RowCountsSerializer(serializers.Serializer[Any]):
    error = serializers.IntegerField()
    choice = serializers.IntegerField()
    ready = serializers.IntegerField()
    skipped = serializers.IntegerField()
    placed = serializers.IntegerField()
    undone = serializers.IntegerField()


class SearchedSerializer(serializers.Serializer[Any]):
    done = serializers.IntegerField()
    total = serializers.IntegerField()


class IntakeListSummarySerializer(serializers.ModelSerializer[IntakeList]):
    """One list without its patients."""

    board = BoardNameSerializer(read_only=True)
    meeting = serializers.UUIDField(source="meeting_id", read_only=True, allow_null=True)
    created_by = PersonSerializer(read_only=True)
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=Source.choices, read_only=True
    )
    state = serializers.ChoiceField(choices=ListState.choices, read_only=True)
    counts = serializers.SerializerMethodField()

    class Meta:
        model = IntakeList
        fields = [
            "id",
            "version",
            "board",
            "meeting",
            "created_by",
            "created_at",
            "source",
            "file_name",
            "state",
            "counts",
        ]
        read_only_fields = fields

    def get_counts(self, one: IntakeList) -> RowCountsSerializer:
        """The annotation is for the schema."""
        return {state: getattr(one, f"rows_{state}") for state in RowState.values}  # type: ignore[return-value]


@extend_schema_serializer(examples=[OpenApiExample("A list", value=A_LIST, response_only=True)])
class IntakeListSerializer(IntakeListSummarySerializer):
    headings = serializers.ListField(child=serializers.CharField(), read_only=True)
    mapping = serializers.DictField(
        child=serializers.IntegerField(), read_only=True, help_text="Field to number of the column."
    )
    date_orders = serializers.DictField(
        child=serializers.ChoiceField(choices=DateOrder.choices), read_only=True
    )
    undecided = serializers.SerializerMethodField(
        help_text="Fields whose dates may be read in two ways: say `date_orders`."
    )
    search_state = serializers.ChoiceField(choices=SearchState.choices, read_only=True)
    searched = serializers.SerializerMethodField()
    rows = IntakeRowSerializer(many=True, read_only=True)

    class Meta(IntakeListSummarySerializer.Meta):
        fields = list(A_LIST)
        read_only_fields = fields

    def get_counts(self, one: IntakeList) -> RowCountsSerializer:
        return count_rows(_rows(one))  # type: ignore[return-value]

    def get_undecided(self, one: IntakeList) -> list[str]:
        return undecided_fields(one, _rows(one))

    def get_searched(self, one: IntakeList) -> SearchedSerializer:
        return count_searched(_rows(one))  # type: ignore[return-value]


def _rows(one: IntakeList) -> list[IntakeRow]:
    return list(one.rows.all())


class IntakeProgressSerializer(serializers.Serializer[Any]):
    """How far the tasks are; says nothing of a patient, so it may be asked often."""

    version = serializers.IntegerField()
    state = serializers.ChoiceField(choices=ListState.choices)
    search_state = serializers.ChoiceField(choices=SearchState.choices)
    searched = SearchedSerializer()
    counts = RowCountsSerializer()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A table copied from a spreadsheet",
            value={
                "board": A_LIST["board"]["id"],  # type: ignore[index]
                "text": "PatID\tName\tGeburtsdatum\n4711\tDoe, Jane\t04.05.1961",
            },
            request_only=True,
        )
    ]
)
class IntakeListWriteSerializer(serializers.Serializer[Any]):
    """Either ``text`` or, as multipart/form-data, ``file`` (CSV or XLSX)."""

    board = serializers.UUIDField()
    text = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=5_000_000, trim_whitespace=False
    )
    file = serializers.FileField(required=False, allow_empty_file=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Columns and dates",
            value={
                "version": 1,
                "mapping": A_LIST["mapping"],
                "date_orders": {"birth_date": "dmy"},
                "issuer": "HOSPITAL",
            },
            request_only=True,
        )
    ]
)
class IntakeListPatchSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(required=False)
    mapping = serializers.DictField(child=serializers.IntegerField(), required=False)
    date_orders = serializers.DictField(
        child=serializers.ChoiceField(choices=DateOrder.choices), required=False
    )
    issuer = serializers.CharField(max_length=64, allow_blank=True, required=False)
    meeting = serializers.UUIDField(allow_null=True, required=False)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A corrected date",
            value={"version": 1, "corrections": {"birth_date": "1961-05-04"}},
            request_only=True,
        ),
        OpenApiExample(
            "The case that is open already",
            value={
                "version": 1,
                "choice": "link",
                "case": "0a2b3c4d-0000-4000-8000-000000000001",
            },
            request_only=True,
        ),
    ]
)
class IntakeRowPatchSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(required=False)
    corrections = serializers.DictField(
        child=serializers.CharField(
            max_length=MOST_CHARACTERS, allow_blank=True, allow_null=True, trim_whitespace=False
        ),
        required=False,
        help_text="Field to text; null takes the list's own text back.",
    )
    choice = serializers.ChoiceField(choices=RowChoice.choices, required=False)
    case = serializers.UUIDField(required=False, allow_null=True)
    studies = serializers.ListField(
        child=serializers.CharField(max_length=64), max_length=100, required=False
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Confirm",
            value={"version": 3, "meeting": "0a2b3c4d-0000-4000-8000-000000000002"},
            request_only=True,
        )
    ]
)
class ConfirmIntakeSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(required=False)
    meeting = serializers.UUIDField()


class VersionSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(required=False)


def summarise_progress(one: IntakeList, rows: Sequence[IntakeRow]) -> dict[str, Any]:
    return {
        "version": one.version,
        "state": one.state,
        "search_state": one.search_state,
        "searched": count_searched(list(rows)),
        "counts": count_rows(list(rows)),
    }
