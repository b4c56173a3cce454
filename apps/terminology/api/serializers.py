from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from apps.terminology.search import MOST_ANSWERS


class TerminologyQuerySerializer(serializers.Serializer[Any]):
    system = serializers.SlugField(max_length=40, help_text="icd-10, icd-o-3, snomed-ct, hgnc, …")
    q = serializers.CharField(
        max_length=100, help_text="A code, or beginnings of words: `c34`, `neopl upper lobe`."
    )
    limit = serializers.IntegerField(min_value=1, max_value=MOST_ANSWERS, default=MOST_ANSWERS)


class FoundCodeSerializer(serializers.Serializer[Any]):
    system = serializers.CharField()
    code = serializers.CharField()
    display = serializers.CharField()
    matched = serializers.CharField(allow_blank=True, help_text="The synonym that was found.")
    source = serializers.CharField(  # type: ignore[assignment]
        help_text="The list that it comes from."
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "By words",
            value={
                "results": [
                    {
                        "system": "icd-10",
                        "code": "C34.11",
                        "display": "Malignant neoplasm of upper lobe, right bronchus or lung",
                        "matched": "",
                        "source": "ICD-10-CM",
                    }
                ],
                "extent": "Chapter 2, neoplasms (C00-D49), whole; no other chapter.",
            },
        )
    ]
)
class FoundCodesSerializer(serializers.Serializer[Any]):
    """``extent`` says what was searched: a code that is not found may well exist."""

    results = FoundCodeSerializer(many=True)
    extent = serializers.CharField(allow_blank=True)


class LoadedListSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    count = serializers.IntegerField()
    licence = serializers.CharField(allow_blank=True)


class CodeSystemSerializer(serializers.Serializer[Any]):
    system = serializers.CharField()
    title = serializers.CharField()
    uri = serializers.CharField(allow_blank=True)
    version = serializers.CharField(allow_blank=True)
    extent = serializers.CharField(allow_blank=True)
    licence = serializers.CharField(allow_blank=True)
    bundled = serializers.IntegerField(help_text="How many codes come with the house.")
    loaded = LoadedListSerializer(many=True)


class CodeSystemsSerializer(serializers.Serializer[Any]):
    results = CodeSystemSerializer(many=True)
