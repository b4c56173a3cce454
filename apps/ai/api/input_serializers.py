"""What a model would read of a study, as somebody sees it before asking."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from apps.ai.models import ModelVersion
from apps.ai.services.input_proposals import Candidate, InputProposal, Why


class InputReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField(allow_blank=True)


class InputCandidateSerializer(serializers.Serializer[Any]):
    """A series of the study: does it fit the input, and is it in the model's scope so far."""

    series_instance_uid = serializers.CharField()
    fits = serializers.BooleanField()
    refusal = InputReasonSerializer(allow_null=True, help_text="The rule of the input it breaks.")
    out_of_scope = InputReasonSerializer(
        allow_null=True, help_text="By its first header; the worker checks all of them."
    )


class InputProposalSerializer(serializers.Serializer[Any]):
    role = serializers.CharField(
        allow_blank=True, help_text="Empty for a model that reads one series."
    )
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    proposed = serializers.CharField(allow_null=True, help_text="Series Instance UID.")
    why = serializers.ChoiceField(choices=[(one.value, one.value) for one in Why])
    candidates = InputCandidateSerializer(many=True)


class ModelInputsSerializer(serializers.Serializer[Any]):
    version = serializers.CharField()
    inputs = InputProposalSerializer(many=True)


def describe_inputs(version: ModelVersion, inputs: Sequence[InputProposal]) -> dict[str, Any]:
    return {
        "version": version.version,
        "inputs": [
            {
                "role": one.role,
                "label": one.label,
                "proposed": one.proposed.series_instance_uid if one.proposed else None,
                "why": one.why.value,
                "candidates": [_describe_candidate(each) for each in one.candidates],
            }
            for one in inputs
        ],
    }


def _describe_candidate(one: Candidate) -> dict[str, Any]:
    scope = one.scope
    return {
        "series_instance_uid": one.series.series_instance_uid,
        "fits": one.fits,
        "refusal": {"code": one.refusal[0], "message": one.refusal[1]} if one.refusal else None,
        "out_of_scope": (
            None if scope.in_scope else {"code": scope.code, "message": scope.message}
        ),
    }
