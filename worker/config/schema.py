"""The configuration as JSON Schema, from the same fields that read it."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from worker.config.read import hints
from worker.config.secret import Secret
from worker.config.values import Config

_NUMBER_OR_TEXT = {"type": ["number", "string"]}
_PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": ["string", "number"]},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    Decimal: _NUMBER_OR_TEXT,
    Fraction: _NUMBER_OR_TEXT,
    date: {"type": "string", "format": "date"},
    Path: {"type": "string"},
}
_SECRET = {
    "oneOf": [
        {"type": "string"},
        *(
            {
                "type": "object",
                "properties": {kind: {"type": "string"}},
                "required": [kind],
                "additionalProperties": False,
            }
            for kind in ("env", "file", "credential")
        ),
    ]
}


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of config.yaml, for editors that complete and check as one types."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tieout configuration",
        **_section(Config),
    }


def _section(cls: Any) -> dict[str, Any]:
    required = [
        one.name for one in fields(cls) if one.default is MISSING and one.default_factory is MISSING
    ]
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            one.name: {
                "description": one.metadata["says"],
                **_type(hints(cls)[one.name]),
                **_default(one.default),
            }
            for one in fields(cls)
        },
        **({"required": required} if required else {}),
    }


def _type(hint: Any) -> dict[str, Any]:
    origin, options = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return {"anyOf": [_type(one) for one in options]}
    if hint is types.NoneType:
        return {"enum": [None, "none"]}
    if hint is Secret:
        return _SECRET
    if is_dataclass(hint):
        return _section(hint)
    if origin is tuple:
        listed = {"type": "array", "items": _type(options[0])}
        # Words may be written as one text, as Xero writes scopes.
        return listed if is_dataclass(options[0]) else {"anyOf": [listed, {"type": "string"}]}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _type(options[1])}
    if origin is Literal:
        return {"enum": list(options)}
    return _PLAIN[hint]


def _default(value: Any) -> dict[str, Any]:
    if value is MISSING or value in ("", ()) or is_dataclass(value):
        return {}
    if isinstance(value, Fraction):
        return {"default": f"{value.numerator} in {value.denominator}"}
    if isinstance(value, bool | int | None):
        return {"default": value}
    return {"default": list(value) if isinstance(value, tuple) else str(value)}
