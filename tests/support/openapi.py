"""Whether a request keeps to Twilio's OpenAPI description, where WENAN_TWILIO_OPENAPI names its file."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

VARIABLE = "WENAN_TWILIO_OPENAPI"
ABSENT = f"{VARIABLE} does not name Twilio's OpenAPI description (twilio_api_v2010.json)"
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Description:
    """The description of a REST interface, as far as forms, queries and paths go."""

    document: Mapping[str, Any]

    @staticmethod
    def found() -> Description | None:
        path = os.environ.get(VARIABLE, "")
        return _read(path) if path and Path(path).is_file() else None

    def complaints(self, method: str, path: str, query: str, body: str) -> list[str]:
        """What is wrong with a request; nothing if it keeps to the description."""
        operation, values = self._operation(method, path)
        if operation is None:
            return [f"{method} {path}: there is no such thing"]
        found: list[str] = []
        for each in operation.get("parameters", ()):
            given = values.get(each["name"]) if each["in"] == "path" else None
            if given is not None:
                found += self._wrong(each["name"], each["schema"], [given])
        known = {
            each["name"]: each["schema"] for each in operation.get("parameters", ()) if each["in"] == "query"
        }
        found += self._all_wrong(known, parse_qs(query))
        if method == "POST":
            form = operation["requestBody"]["content"][_FORM]["schema"]
            given_form = parse_qs(body, keep_blank_values=True)
            found += self._all_wrong(form["properties"], given_form)
            found += [f"{name} is missing" for name in form.get("required", ()) if name not in given_form]
        return found

    def _operation(self, method: str, path: str) -> tuple[Mapping[str, Any] | None, dict[str, str]]:
        for template, item in self.document["paths"].items():
            pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+?)", re.escape(template))
            match = re.fullmatch(pattern, path)
            if match and method.lower() in item:
                return {"parameters": item.get("parameters", ()), **item[method.lower()]}, match.groupdict()
        return None, {}

    def _all_wrong(self, known: Mapping[str, Any], given: Mapping[str, Sequence[str]]) -> list[str]:
        wrong = [f"{name} is not known" for name in given if name not in known]
        for name, values in given.items():
            wrong += self._wrong(name, known.get(name, {}), values)
        return wrong

    def _wrong(self, name: str, schema: Mapping[str, Any], values: Sequence[str]) -> list[str]:
        if "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        if schema.get("type") == "array":
            return [each for value in values for each in self._wrong(name, schema["items"], [value])]
        if len(values) > 1:
            return [f"{name} is given {len(values)} times"]
        (value,) = values
        rules = {
            "enum": value in schema.get("enum", (value,)),
            "pattern": re.search(schema.get("pattern", ""), value) is not None,
            "integer": schema.get("type") != "integer" or value.isdecimal(),
            "uri": schema.get("format") != "uri" or value.startswith("https://"),
        }
        return [f"{name}={value!r} breaks its {rule}" for rule, kept in rules.items() if not kept]


@cache
def _read(path: str) -> Description:
    return Description(json.loads(Path(path).read_text(encoding="utf-8")))
