"""The committed OpenAPI document is what the code says, and it says everything."""

import json
from pathlib import Path
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

COMMITTED = Path(__file__).parents[2] / "frontend" / "src" / "api" / "schema.json"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    generated: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return json.loads(json.dumps(generated, default=str))  # type: ignore[no-any-return]


def test_the_document_is_valid_openapi(schema: dict[str, Any]) -> None:
    validate_schema(schema)
    assert schema["openapi"].startswith("3.1")


def test_the_committed_document_is_current(schema: dict[str, Any]) -> None:
    """Run `make schema` and commit, with the TypeScript it generates."""
    assert json.loads(COMMITTED.read_text("utf-8")) == schema


def test_every_operation_has_a_response_body_and_a_problem(schema: dict[str, Any]) -> None:
    silent = []
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            answers = operation["responses"]
            good = [code for code in answers if code.startswith("2")]
            if not good or "default" not in answers:
                silent.append(f"{method} {path}")
            for code in good:
                if code != "204" and not answers[code].get("content"):
                    silent.append(f"{method} {path}: {code} has no shape")
    assert silent == []
