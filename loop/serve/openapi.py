"""The OpenAPI document, made from the table of endpoints and the pydantic bodies they take and give."""

import json
import re
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from loop.serve.calls import Endpoint

_REF = "#/components/schemas/{model}"
_REFUSALS = {
    "400": "The request cannot be read.",
    "401": "No live API key.",
    "403": "The key may not do this.",
    "404": "There is no such thing for this key.",
    "408": "The body did not come in time.",
    "409": "The idempotency key came before with another request.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "The request can be read, and is not what this takes.",
    "429": "The key sends too much; Retry-After says how long to wait.",
    "503": "Too much waits, or the database is away; Retry-After says how long to wait.",
}
_OF_BODIES = frozenset({"408", "409", "413", "415"})
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {"code": {"type": "string"}, "message": {"type": "string"}, "where": {"type": "string"}},
        }
    },
}


def document(endpoints: Sequence[Endpoint]) -> str:
    """OpenAPI 3.1, as JSON. Endpoints without a summary are not part of it."""
    told = [one for one in endpoints if one.summary]
    schemas, definitions = _schemas(told)
    paths: dict[str, dict[str, Any]] = {}
    for one in told:
        for method in one.methods:
            paths.setdefault(_path(one.path), {})[method.lower()] = _operation(one, method, schemas)
    return json.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "Ratchet", "version": version("ratchet-loop")},
            "paths": paths,
            "components": {
                "schemas": definitions | {"Error": _ERROR},
                "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            },
            "security": [{"key": []}],
        }
    )


_Schemas = dict[tuple[type[BaseModel], JsonSchemaMode], dict[str, Any]]


def _schemas(endpoints: Iterable[Endpoint]) -> tuple[_Schemas, dict[str, Any]]:
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}
    for one in endpoints:
        if one.takes is not None:
            wanted[one.takes, "validation"] = None
        if one.gives is not None:
            wanted[one.gives, "serialization"] = None
    made, definitions = models_json_schema(list(wanted), ref_template=_REF)
    return {key: made[key] for key in wanted}, definitions.get("$defs", {})


def _operation(endpoint: Endpoint, method: str, schemas: _Schemas) -> dict[str, Any]:
    takes_key = endpoint.auth == "key"
    refusals = {code for code in _REFUSALS if endpoint.takes is not None or code not in _OF_BODIES}
    made: dict[str, Any] = {
        "summary": endpoint.summary,
        "operationId": re.sub(r"[^a-z]+", "_", f"{method.lower()}{_path(endpoint.path)}").strip("_"),
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
            for name in re.findall(r"{(\w+)", endpoint.path)
        ],
        "responses": {
            code: {
                "description": _REFUSALS[code],
                "content": {"application/json": {"schema": {"$ref": _REF.format(model="Error")}}},
            }
            for code in sorted(refusals)
        },
    }
    if not takes_key:
        made["security"] = []
    if endpoint.gives is not None:
        answer = {"application/json": {"schema": schemas[endpoint.gives, "serialization"]}}
        made["responses"]["200"] = {"description": "Done, or done before.", "content": answer}
        if endpoint.takes is not None:
            made["responses"]["201"] = {"description": "Kept.", "content": answer}
    if endpoint.takes is not None:
        body = {"application/json": {"schema": schemas[endpoint.takes, "validation"]}}
        made["requestBody"] = {"required": True, "content": body}
        made["parameters"].append(
            {"name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string"}}
        )
    return made


def _path(path: str) -> str:
    """Without Starlette's converters."""
    return re.sub(r"{(\w+):\w+}", r"{\1}", path)
