"""The page of the API for people: every route, from the schema. It has no script and loads nothing."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

Schema = Mapping[str, Any]

# A browser runs and loads nothing but the style in the page itself.
HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'", "Referrer-Policy": "no-referrer"}
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
:root { color-scheme: light dark; }
section { border-top: 1px solid #8888; padding: .5rem 0 1rem; }
h2 code { font-size: 1.1rem; }
td, th { padding: .1rem .8rem .1rem 0; text-align: left; vertical-align: top; }
pre { overflow-x: auto; padding: .6rem; border: 1px solid #8888; }
"""


def api_page(schema: Schema) -> str:
    """Return the page of an OpenAPI schema."""
    info = schema["info"]
    words = "".join(f"<p>{escape(part)}</p>" for part in str(info["description"]).split("\n\n"))
    routes = "".join(
        _route(schema, method.upper(), path, route)
        for path, methods in schema["paths"].items()
        for method, route in methods.items()
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>{words}"
        f'<p>The whole schema: <a href="/v1/openapi.json">/v1/openapi.json</a></p>{routes}</body></html>'
    )


def _route(schema: Schema, method: str, path: str, route: Schema) -> str:
    parts = [
        f"<section><h2><code>{method} {escape(path)}</code></h2><p><b>{escape(route.get('summary', ''))}.</b> "
        f"{escape(route.get('description', ''))}</p>"
    ]
    fields = [*_parameters(route), *_fields(schema, _content(route.get("requestBody", {})))]
    if fields:
        parts.append(_table(("name", "where", "meaning"), fields))
    example = _example(schema, _content(route.get("requestBody", {})))
    if example is not None:
        parts.append(f"<pre>{escape(json.dumps(example, indent=1))}</pre>")
    answers = ((status, answer["description"]) for status, answer in sorted(route["responses"].items()))
    parts.append(_table(("status", "meaning"), answers))
    return "".join([*parts, "</section>"])


def _parameters(route: Schema) -> Iterator[tuple[str, str, str]]:
    for parameter in route.get("parameters", ()):
        words = parameter.get("description") or parameter.get("schema", {}).get("description", "")
        yield parameter["name"], parameter["in"], words


def _fields(schema: Schema, body: Schema) -> Iterator[tuple[str, str, str]]:
    body = _resolved(schema, body)
    required = body.get("required", ())
    for name, field in body.get("properties", {}).items():
        where = "body" if name in required else "body, optional"
        yield name, where, str(field.get("description", ""))


def _example(schema: Schema, part: Schema) -> Any:
    """Return an example of a part of the schema; None if it has none."""
    part = _resolved(schema, part)
    if part.get("examples"):
        return part["examples"][0]
    if "default" in part:
        return part["default"]
    if "properties" in part:
        return {name: _example(schema, field) for name, field in part["properties"].items()}
    if "items" in part:
        return [_example(schema, part["items"])]
    return None


def _content(body: Schema) -> Schema:
    content: Schema = body.get("content", {}).get("application/json", {}).get("schema", {})
    return content


def _resolved(schema: Schema, part: Schema) -> Schema:
    while "$ref" in part:
        part = schema["components"]["schemas"][part["$ref"].rsplit("/", 1)[1]]
    return part


def _table(heads: tuple[str, ...], rows: Any) -> str:
    lines = ["".join(f"<th>{head}</th>" for head in heads)]
    lines += ["".join(f"<td>{escape(str(cell))}</td>" for cell in row) for row in rows]
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"
