#!/usr/bin/env python3
"""Holds the requests that the adapters make against the carriers' OpenAPI descriptions.

    cargo run -q -p omni-adapters --example sent_requests | python check.py CARRIER=FILE ...

A carrier may be given several files; a request is looked for in each. Prints every mistake
once, with how often it was met and where first; exits with 1 if there are any. Fields and
query parameters that a description does not name are mistakes too: a carrier ignores a
field that is misspelt, and nothing but this would tell.
"""

import json
import re
import sys
import tomllib
from collections import Counter
from functools import cached_property
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

# Set by the HTTP client or by the security scheme; OpenAPI says to ignore the first three.
NOT_OURS = {"accept", "content-type", "authorization", "user-agent"}

# Where a description is known to be wrong.
KNOWN = tomllib.loads(Path(__file__).with_name("disagreements.toml").read_text(encoding="utf-8"))["known"]

METHODS = {"get", "put", "post", "delete", "patch", "head", "options"}
FORM = "application/x-www-form-urlencoded"


class Description:
    """One OpenAPI 3 file."""

    def __init__(self, path):
        text = Path(path).read_text(encoding="utf-8")
        is_json = str(path).endswith(".json")
        self.root = json.loads(text) if is_json else yaml.load(text, yaml.CSafeLoader)
        if not str(self.root.get("openapi", "")).startswith("3."):
            sys.exit(f"{path}: not an OpenAPI 3 description")
        self.is_30 = self.root["openapi"].startswith("3.0")

    def follow(self, node):
        """The node itself, or what its `$ref` (within the file) leads to."""
        while isinstance(node, dict) and "$ref" in node:
            reference = node["$ref"]
            if not reference.startswith("#/"):
                sys.exit(f"a reference out of the file: {reference}; take a bundled one")
            node = self.root
            for step in reference[2:].split("/"):
                node = node[unquote(step).replace("~1", "/").replace("~0", "~")]
        return node

    def operations(self, request):
        """`(template, operation, parameters in the path)` of each match; the fewest
        parameters first. `None` if the file is about other servers."""
        url = request["url"].split("?")[0]
        is_ours, found = False, []
        for template, item in self.root["paths"].items():
            item = self.follow(item)
            for method in METHODS & item.keys():
                operation = item[method]
                servers = operation.get("servers") or item.get("servers") or self.root.get("servers", [])
                for server in servers:
                    base = pattern(server["url"].rstrip("/"))
                    is_ours |= bool(re.match(base + "/", url))
                    match = re.fullmatch(base + f"(?P<path>{pattern(template)})", url)
                    if match and method == request["method"].lower():
                        names = re.findall(r"\{(.*?)\}", template)
                        values = re.fullmatch(pattern(template, "([^/]+)"), match["path"]).groups()
                        shared = [self.follow(p) for p in item.get("parameters", [])]
                        found.append((template, operation, dict(zip(names, values)), shared))
                        break
        return sorted(found, key=lambda one: len(one[2])) if is_ours else None

    @cached_property
    def registry(self):
        """The file with its schemas as JSON Schema, for references into it."""
        components = dict(self.root.get("components", {}))
        components["schemas"] = {k: self.schema(v) for k, v in components.get("schemas", {}).items()}
        contents = {**self.root, "components": components}
        return Registry().with_resource("urn:description", Resource(contents, DRAFT202012))

    def schema(self, schema):
        """An OpenAPI schema as JSON Schema 2020-12."""
        if not isinstance(schema, dict):
            return schema
        if self.is_30 and "$ref" in schema:
            schema = {"$ref": schema["$ref"]}
        out = {k: v for k, v in schema.items() if k not in ("discriminator", "example", "examples")}
        if out.get("additionalProperties") is False and out.get("properties"):
            # In a part of an `allOf` it would forbid what the other parts name; `unknown`
            # looks at the whole.
            del out["additionalProperties"]
        if "$ref" in out:
            out["$ref"] = "urn:description" + out["$ref"]
        if "properties" in out:
            out["properties"] = {k: self.schema(v) for k, v in out["properties"].items()}
        for key in ("items", "additionalProperties"):
            if key in out:
                out[key] = self.schema(out[key])
        for key in ("allOf", "anyOf", "oneOf"):
            if key in out:
                out[key] = [self.schema(part) for part in out[key]]
        if "oneOf" in out and (cases := self.cases(schema)):
            del out["oneOf"]
            out["allOf"] = out.get("allOf", []) + cases
        elif "oneOf" in out:
            # Alternatives in descriptions are rarely exclusive; that one fits is what counts.
            out["anyOf"] = out.pop("oneOf")
        if out.pop("nullable", False):
            if isinstance(out.get("type"), str):
                out["type"] = [out["type"], "null"]
            if "enum" in out:
                out["enum"] = [*out["enum"], None]
        for key, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if isinstance(out.get(key), bool):
                if out.pop(key) and limit in out:
                    out[key] = out.pop(limit)
        return out

    def cases(self, schema):
        """The alternatives of a discriminator, each asked of its own values only, so that a
        mistake is told of the alternative that was meant."""
        discriminator = schema.get("discriminator", {})
        member, mapping = discriminator.get("propertyName"), discriminator.get("mapping", {})
        if not mapping:
            return []
        cases = [{"required": [member], "properties": {member: {"enum": list(mapping)}}}]
        for value, target in mapping.items():
            case = {"required": [member], "properties": {member: {"const": value}}}
            cases.append({"if": case, "then": self.schema({"$ref": target})})
        return cases

    def parts(self, schema, value, met=None):
        """A schema and the schemas that it is made of; of alternatives the one that the
        value names, or else all. Heirs lead back to what they inherit, hence `met`."""
        schema, met = self.follow(schema), set() if met is None else met
        if not isinstance(schema, dict) or id(schema) in met:
            return
        met.add(id(schema))
        yield schema
        alternatives = schema.get("oneOf", []) + schema.get("anyOf", [])
        discriminator = schema.get("discriminator", {})
        named = value.get(discriminator.get("propertyName")) if isinstance(value, dict) else None
        if isinstance(named, str) and named in discriminator.get("mapping", {}):
            alternatives = [{"$ref": discriminator["mapping"][named]}]
        for part in [*schema.get("allOf", []), *alternatives]:
            yield from self.parts(part, value, met)

    def unknown(self, value, schemas, where):
        """The members of a value that nothing in the schemas names."""
        parts = [part for schema in schemas for part in self.parts(schema, value)]
        if isinstance(value, list):
            items = [part["items"] for part in parts if "items" in part]
            for at, item in enumerate(value):
                yield from self.unknown(item, items, f"{where}[{at}]")
        if not isinstance(value, dict):
            return
        named = {}
        for part in parts:
            for name, schema in part.get("properties", {}).items():
                named.setdefault(name, []).append(schema)
        is_open = not named or any(part.get("additionalProperties") for part in parts)
        for name, member in value.items():
            if name in named:
                yield from self.unknown(member, named[name], f"{where}.{name}")
            elif not is_open:
                yield f"{where}.{name} is not known"

    def mistakes_in(self, value, schema, where):
        """What is wrong with a value."""
        validator = Draft202012Validator(
            self.schema(schema), registry=self.registry, format_checker=FormatChecker()
        )
        for error in validator.iter_errors(value):
            error = best_match([error])
            path = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.absolute_path)
            message = error.message if len(error.message) < 300 else f"{error.message[:300]}…"
            yield f"{where}{path}: {message}"
        yield from self.unknown(value, [schema], where)

    def read_text(self, text, schema):
        """A value that travels as text, as its schema's type."""
        kind = self.follow(schema).get("type")
        if kind in ("integer", "number") and re.fullmatch(r"-?\d+(\.\d+)?", text):
            return int(text) if re.fullmatch(r"-?\d+", text) else float(text)
        if kind == "boolean" and text in ("true", "false"):
            return text == "true"
        return text

    def mistakes(self, request, operation, in_path, shared):
        """What is wrong with a request for that operation."""
        own = [self.follow(p) for p in operation.get("parameters", [])]
        key = lambda p: (p["in"], p["name"].lower() if p["in"] == "header" else p["name"])
        parameters = {key(p): p for p in [*shared, *own]}
        yield from self.mistakes_in_parameters(request, parameters, in_path)
        body = self.follow(operation.get("requestBody", {}))
        content = body.get("content", {})
        kind = (request["content_type"] or "").split(";")[0]
        if not kind:
            if body.get("required"):
                yield "body: missing"
        elif kind not in content:
            yield f"body: {kind} is not taken" if content else "body: none is taken"
        elif kind == FORM:
            schema = content[kind].get("schema", {})
            yield from self.mistakes_in(self.form(request["form"], schema), schema, "form")
        else:
            yield from self.mistakes_in(request["body"], content[kind].get("schema", {}), "body")

    def mistakes_in_parameters(self, request, parameters, in_path):
        query = parse_qsl(urlsplit(request["url"]).query, keep_blank_values=True)
        given = {("path", name): unquote(value) for name, value in in_path.items()}
        given |= {("query", name): value for name, value in query}
        given |= {("header", name): value for name, value in request["headers"].items()}
        for (place, name), parameter in parameters.items():
            is_ours = place in ("path", "query") or (place == "header" and name not in NOT_OURS)
            if parameter.get("required") and is_ours and (place, name) not in given:
                yield f"{place}: {name} is required"
        for (place, name), text in given.items():
            parameter = parameters.get((place, name))
            if parameter is None:
                if place == "query":
                    yield f"query: {name} is not known"
            elif text != "***" and "schema" in parameter:
                value = self.read_text(text, parameter["schema"])
                yield from self.mistakes_in(value, parameter["schema"], f"{place} {name}")

    def form(self, pairs, schema):
        """A form's fields as the object that the schema describes."""
        fields = self.follow(schema).get("properties", {})
        form = {}
        for name, text in pairs:
            field = self.follow(fields.get(name, {}))
            if field.get("type") == "array":
                form.setdefault(name, []).append(self.read_text(text, field.get("items", {})))
            elif name in form:
                form[name] = [form[name], text]
            else:
                form[name] = self.read_text(text, field)
        return form


def pattern(template, parameter="[^/]+"):
    """A URL or path with `{parameters}` as a regular expression."""
    parts = re.split(r"\{.*?\}", template)
    return parameter.join(re.escape(part) for part in parts)


def check(request, descriptions):
    """`(operation, mistakes)`; `None` if nothing describes the request's server."""
    is_described = False
    for description in descriptions:
        operations = description.operations(request)
        if operations:
            template, operation, in_path, shared = operations[0]
            name = f"{request['method']} {template}"
            return name, list(description.mistakes(request, operation, in_path, shared))
        is_described |= operations is not None
    if not is_described:
        return None
    path = urlsplit(request["url"]).path
    return f"{request['method']} {path}", ["no such operation in the description"]


def known(request, operation, mistake):
    """The number of the disagreement that a mistake falls under; `None` if it is new."""
    for at, entry in enumerate(KNOWN):
        is_about = entry["carrier"] == request["carrier"] and entry["operation"] == operation
        is_case = re.search(entry.get("case", ""), request["case"])
        if is_about and is_case and re.search(entry["mistake"], mistake):
            return at
    return None


def read_arguments(arguments):
    """`CARRIER=FILE ...` as the descriptions of each carrier."""
    descriptions = {}
    for argument in arguments:
        carrier, _, path = argument.partition("=")
        if not path:
            sys.exit(__doc__)
        descriptions.setdefault(carrier, []).append(Description(path))
    if not descriptions:
        sys.exit(__doc__)
    return descriptions


def main():
    descriptions = read_arguments(sys.argv[1:])
    checked, undescribed, met, first, excused = 0, 0, Counter(), {}, set()
    for request in map(json.loads, sys.stdin):
        result = check(request, descriptions.get(request["carrier"], []))
        if result is None:
            undescribed += 1
            continue
        checked += 1
        operation, mistakes = result
        for mistake in mistakes:
            if (at := known(request, operation, mistake)) is not None:
                excused.add(at)
                continue
            key = (request["carrier"], operation, mistake)
            met[key] += 1
            first.setdefault(key, request["case"])
    for (carrier, operation, mistake), times in met.items():
        where = first[carrier, operation, mistake]
        print(f"{carrier}: {operation}: {mistake} ({times} times, first: {where})")
    for at, entry in enumerate(KNOWN):
        if entry["carrier"] in descriptions and at not in excused:
            print(f"{entry['carrier']}: nothing falls under this any more, strike it: {entry['mistake']}")
    print(f"{checked} requests checked, {len(met)} mistakes, {undescribed} without a description")
    return 1 if met or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
