"""Shapes that several AI resources have in common."""

from typing import Any

from rest_framework import serializers


class CodeSerializer(serializers.Serializer[Any]):
    system = serializers.CharField()
    code = serializers.CharField()
    display = serializers.CharField()


class ReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
