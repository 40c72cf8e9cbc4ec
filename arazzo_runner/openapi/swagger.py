"""
OpenAPI 2.0 in the shape of 3.0, so that nothing else has to know it.

https://spec.openapis.org/oas/v2.0.html. What only 2.0 has is said by what 3.0 has for it;
places in the new shape lead back to where they stand in the 2.0 document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..messages import JSON
from .document import METHODS, is_array, is_object, split_parts

_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
_PLACES: Final = {
    "#/definitions/": "#/components/schemas/",
    "#/parameters/": "#/components/parameters/",
    "#/responses/": "#/components/responses/",
}
_BACK: Final = {
    "schemas": "definitions",
    "parameters": "parameters",
    "responses": "responses",
    "securitySchemes": "securityDefinitions",
}
_FLOWS: Final = {
    "implicit": "implicit",
    "password": "password",
    "application": "clientCredentials",
    "accessCode": "authorizationCode",
}
#: `collectionFormat` as ``style`` and ``explode`` of a query or form field.
_STYLES: Final = {
    "csv": ("form", False),
    "multi": ("form", True),
    "ssv": ("spaceDelimited", False),
    "pipes": ("pipeDelimited", False),
}
_PARAMETER: Final = ("name", "in", "required", "description", "allowEmptyValue")

Path = tuple[str | int, ...]


class Swagger:
    """
    A document of version 2.0.

    Attributes:
        value: The same in the shape of 3.0.
    """

    def __init__(self, document: Mapping[str, JSON]) -> None:
        self._old = document
        # Parameters that are no body keep their order, not their number.
        self._numbers: dict[Path, list[int]] = {}
        self.value: dict[str, JSON] = self._converted()

    def original(self, path: Path) -> Path:
        """Where in the 2.0 document stands what is at *path* in `value`."""
        match path:
            case ("components", str(kind), *rest) if kind in _BACK:
                return self._inner((_BACK[kind], *rest[:1]), tuple(rest[1:]))
            case ("servers", *_):
                return ("host",) if "host" in self._old else ()
            case ("paths", where, "parameters", int(number), *rest):
                return self._parameter(("paths", where), number, tuple(rest))
            case ("paths", where, method, "parameters", int(number), *rest):
                return self._parameter(("paths", where, method), number, tuple(rest))
            case ("paths", where, method, "requestBody", *_):
                return ("paths", where, method, "parameters")
            case ("paths", where, method, "responses", status, *rest):
                start = ("paths", where, method, "responses", status)
                return self._inner(start, tuple(rest))
            case _:
                return path

    def _parameter(self, owner: Path, number: int, rest: Path) -> Path:
        numbers = self._numbers.get(owner, [])
        old = numbers[number] if number < len(numbers) else number
        return self._inner((*owner, "parameters", old), rest)

    @staticmethod
    def _inner(start: Path, rest: Path) -> Path:
        """Without the levels that 3.0 has before a schema."""
        match rest:
            case ("content", _, *inner):
                return (*start, *inner)
            case ("schema", *inner) if start[-2:-1] == ("parameters",):
                return (*start, *inner)
            case _:
                return (*start, *rest)

    # --- the document

    def _converted(self) -> dict[str, JSON]:
        old = self._old
        components = {
            "schemas": self._each(old.get("definitions"), self._schema),
            "parameters": self._each(old.get("parameters"), self._lone_parameter),
            "responses": self._each(
                old.get("responses"),
                lambda each: self._response(each, self._produces({})),
            ),
            "securitySchemes": self._each(old.get("securityDefinitions"), _scheme),
        }
        kept = ("info", "security", "tags", "externalDocs")
        return {
            "openapi": "3.0.4",
            "swagger": old.get("swagger"),  # what it was: places are those of 2.0
            **{key: old[key] for key in kept if key in old},
            "servers": list(self._servers(old.get("schemes"))),
            "paths": {
                path: self._item(path, item) if is_object(item) else item
                for path, item in _items(old.get("paths"))
            },
            "components": {name: each for name, each in components.items() if each},
        }

    @staticmethod
    def _each(found: JSON, convert: Any) -> dict[str, JSON]:
        return {name: convert(each) for name, each in _items(found)}

    def _servers(self, schemes: JSON) -> Iterator[JSON]:
        host, base = self._old.get("host"), self._old.get("basePath")
        path = base if isinstance(base, str) else "/"
        if not isinstance(host, str) or not host:
            yield {"url": path}
            return
        named = [str(each) for each in schemes] if is_array(schemes) else []
        # The same API by several: the safe one first.
        for scheme in sorted(named or ["https"], key=lambda each: each != "https"):
            yield {"url": f"{scheme}://{host}{path if path != '/' else ''}"}

    def _item(self, path: str, item: Mapping[str, JSON]) -> JSON:
        shared = self._parameters(("paths", path), item.get("parameters"))
        bodies = list(_objects(item.get("parameters"), self._resolved))
        found: dict[str, JSON] = {}
        for key, each in item.items():
            if key.lower() in METHODS and is_object(each):
                found[key] = self._operation(path, key, each, bodies)
            elif key == "parameters":
                found[key] = shared
            else:
                found[key] = self._pointed(each) if key == "$ref" else each
        return found

    def _operation(
        self,
        path: str,
        method: str,
        old: Mapping[str, JSON],
        shared: list[Mapping[str, JSON]],
    ) -> JSON:
        left_out = ("parameters", "responses", "consumes", "produces", "schemes")
        found = {key: each for key, each in old.items() if key not in left_out}
        found["parameters"] = self._parameters(
            ("paths", path, method), old.get("parameters")
        )
        own = list(_objects(old.get("parameters"), self._resolved))
        names = {(each.get("name"), each.get("in")) for each in own}
        inherited = [e for e in shared if (e.get("name"), e.get("in")) not in names]
        body = self._body([*inherited, *own], old)
        if body is not None:
            found["requestBody"] = body
        if "schemes" in old:
            found["servers"] = list(self._servers(old["schemes"]))
        produces = self._produces(old)
        found["responses"] = {
            str(status): self._response(each, produces)
            for status, each in _items(old.get("responses"))
        }
        return found

    def _produces(self, operation: Mapping[str, JSON]) -> list[str]:
        listed = operation.get("produces", self._old.get("produces"))
        return [str(e) for e in listed] if is_array(listed) and listed else [_JSON]

    def _consumes(self, operation: Mapping[str, JSON]) -> list[str]:
        listed = operation.get("consumes", self._old.get("consumes"))
        return [str(e) for e in listed] if is_array(listed) else []

    # --- parameters

    def _resolved(self, value: JSON) -> JSON:
        reference = value.get("$ref") if is_object(value) else None
        if isinstance(reference, str) and reference.startswith("#/parameters/"):
            return _member(
                self._old.get("parameters"), reference[len("#/parameters/") :]
            )
        return value

    def _parameters(self, owner: Path, listed: JSON) -> list[JSON]:
        found: list[JSON] = []
        numbers: list[int] = []
        for number, each in enumerate(listed if is_array(listed) else ()):
            target = self._resolved(each)
            if is_object(target) and target.get("in") in ("body", "formData"):
                continue
            numbers.append(number)
            found.append(self._lone_parameter(each))
        self._numbers[owner] = numbers
        return found

    def _lone_parameter(self, old: JSON) -> JSON:
        if not is_object(old) or "$ref" in old or old.get("in") in ("body", "formData"):
            return self._pointed(old)
        found = {key: each for key, each in old.items() if key in _PARAMETER}
        found |= {key: each for key, each in old.items() if key.startswith("x-")}
        found["schema"] = self._schema(
            {
                key: each
                for key, each in old.items()
                if key not in (*_PARAMETER, "collectionFormat") and key[:2] != "x-"
            }
        )
        if old.get("type") == "array":
            wanted = str(old.get("collectionFormat", "csv"))
            style, explode = _STYLES.get(wanted, _STYLES["csv"])
            plain = old.get("in") in ("path", "header")
            found["style"] = "simple" if plain else style
            found["explode"] = explode and not plain
        return found

    def _body(
        self, parameters: list[Mapping[str, JSON]], operation: Mapping[str, JSON]
    ) -> JSON:
        consumes = self._consumes(operation)
        for each in parameters:
            if each.get("in") == "body":
                media = {"schema": self._schema(each.get("schema"))}
                return {
                    "required": each.get("required") is True,
                    "content": dict.fromkeys(consumes or [_JSON], media),
                }
        fields = [each for each in parameters if each.get("in") == "formData"]
        if not fields:
            return None
        names = [each for each in consumes if each.partition(";")[0].strip() in _FORMS]
        if any(each.get("type") == "file" for each in fields):
            names = [each for each in names if "multipart" in each] or [_FORMS[1]]
        required = [str(e.get("name")) for e in fields if e.get("required") is True]
        media = {
            "schema": {
                "type": "object",
                "properties": {str(e.get("name")): self._field(e) for e in fields},
                **({"required": required} if required else {}),
            },
            "encoding": {
                str(each.get("name")): dict(
                    zip(("style", "explode"), style, strict=True)
                )
                for each in fields
                if each.get("type") == "array"
                for style in [
                    _STYLES.get(
                        str(each.get("collectionFormat", "csv")), _STYLES["csv"]
                    )
                ]
            },
        }
        return {
            "required": bool(required),
            "content": dict.fromkeys(names or [_FORMS[0]], media),
        }

    def _field(self, old: Mapping[str, JSON]) -> JSON:
        left_out = ("name", "in", "required", "allowEmptyValue", "collectionFormat")
        return self._schema({key: e for key, e in old.items() if key not in left_out})

    # --- responses and schemas

    def _response(self, old: JSON, produces: list[str]) -> JSON:
        if not is_object(old) or "$ref" in old:
            return self._pointed(old)
        left_out = ("schema", "headers", "examples")
        found = {key: each for key, each in old.items() if key not in left_out}
        if "schema" in old:
            schema = self._schema(old["schema"])
            examples = old.get("examples")
            found["content"] = {
                name: {
                    "schema": schema,
                    **_example(examples, name),
                }
                for name in produces
            }
        headers = _items(old.get("headers"))
        found["headers"] = {
            name: {
                "schema": self._schema(
                    {key: e for key, e in each.items() if key != "collectionFormat"}
                )
            }
            for name, each in headers
            if is_object(each)
        }
        return found

    def _schema(self, old: JSON) -> JSON:
        """A schema, whose own references and few differences are all there is."""
        if is_array(old):
            return [self._schema(each) for each in old]
        if not is_object(old):
            return old
        found = {key: self._keyword(key, each) for key, each in old.items()}
        if found.get("type") == "file":
            found |= {"type": "string", "format": "binary"}
        if isinstance(found.get("discriminator"), str):
            found["discriminator"] = {"propertyName": found["discriminator"]}
        if isinstance(found.get("x-nullable"), bool):
            found["nullable"] = found["x-nullable"]
        return found

    def _keyword(self, key: str, value: JSON) -> JSON:
        if key in ("example", "enum", "default"):
            return value
        if key == "$ref":
            return self._pointed_text(value)
        if key == "properties" and is_object(value):
            return {name: self._schema(each) for name, each in value.items()}
        return self._schema(value)

    def _pointed(self, value: JSON) -> JSON:
        if is_object(value) and "$ref" in value:
            return {**value, "$ref": self._pointed_text(value["$ref"])}
        return self._pointed_text(value) if isinstance(value, str) else value

    @staticmethod
    def _pointed_text(reference: JSON) -> JSON:
        if isinstance(reference, str):
            for old, new in _PLACES.items():
                if reference.startswith(old):
                    return new + reference[len(old) :]
        return reference


_JSON: Final = "application/json"


def split_description(document: JSON) -> dict[str, JSON]:
    """The parts of an API description of any version, see `document.split_parts`."""
    if is_object(document) and str(document.get("swagger")).startswith("2."):
        document = Swagger(document).value
    return split_parts(document)


def _items(found: JSON) -> Iterator[tuple[str, JSON]]:
    if is_object(found):
        yield from found.items()


def _example(examples: JSON, media_type: str) -> dict[str, JSON]:
    if is_object(examples) and media_type in examples:
        return {"example": examples[media_type]}
    return {}


def _objects(listed: JSON, resolve: Any) -> Iterator[Mapping[str, JSON]]:
    for each in listed if is_array(listed) else ():
        found = resolve(each)
        if is_object(found):
            yield found


def _member(found: JSON, token: str) -> JSON:
    name = token.replace("~1", "/").replace("~0", "~")
    return found.get(name) if is_object(found) else None


def _scheme(old: JSON) -> JSON:
    """A Security Scheme Object of 2.0."""
    if not is_object(old):
        return old
    if old.get("type") == "basic":
        return {"type": "http", "scheme": "basic"}
    if old.get("type") != "oauth2":
        return old
    flow = _FLOWS.get(str(old.get("flow")), "clientCredentials")
    kept = ("authorizationUrl", "tokenUrl", "scopes")
    return {
        "type": "oauth2",
        "flows": {flow: {key: old[key] for key in kept if key in old}},
    }
