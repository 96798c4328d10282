"""The page of the API names every route, and a browser shows it without any network."""

import re
from contextlib import closing
from pathlib import Path

import pytest
from support.service_clients import get, server
from support.service_homes import write_service_home
from support.services import service_missing

from fleet.ledger import sqlite_url
from fleet.service.api_page import api_page

CHROMIUM = Path("/usr/bin/chromium")


@pytest.mark.slow
def test_every_route_is_on_the_page_with_its_fields_and_answers(client):
    answer = client.get("/v1/docs")
    assert answer.headers["content-type"].startswith("text/html")
    schema = client.get("/v1/openapi.json").json()
    for path, methods in schema["paths"].items():
        for method in methods:
            assert f"<code>{method.upper()} {path}</code>" in answer.text
    for words in ("duration_h", "Idempotency-Key", "train-4711", "The request contradicts an earlier one."):
        assert words in answer.text


@pytest.mark.slow
def test_the_page_may_load_nothing(client):
    answer = client.get("/v1/docs")
    assert answer.headers["content-security-policy"].startswith("default-src 'none';")
    assert set(re.findall(r'(?:src|href)="([^"]*)"', answer.text)) == {"/v1/openapi.json"}
    assert "<script" not in answer.text


def test_words_of_the_schema_are_text():
    hostile = "<img src=x onerror=alert(1)>"
    route = {"summary": hostile, "description": hostile, "responses": {"200": {"description": hostile}}}
    route["parameters"] = [{"name": hostile, "in": "query", "schema": {"description": hostile}}]
    schema = {
        "info": {"title": hostile, "version": hostile, "description": hostile},
        "paths": {hostile: {"get": route}},
    }
    assert "<img" not in api_page(schema)


@pytest.mark.service
@pytest.mark.slow
def test_a_browser_shows_the_page_and_asks_nobody_else(tmp_path):
    if not CHROMIUM.exists():
        service_missing(f"{CHROMIUM} is missing")
    from playwright.sync_api import sync_playwright

    home = write_service_home(tmp_path / "home")
    with server(home, sqlite_url(tmp_path / "ledger.sqlite")) as process, sync_playwright() as playwright:
        words = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=words)
        with closing(browser):
            page, asked, told = browser.new_page(), [], []
            page.on("request", lambda request: asked.append(request.url))
            page.on("console", lambda message: told.append(message.text))
            address = f"http://127.0.0.1:{process.port}/v1/docs"
            page.goto(address)
            routes = get(process.port, "/v1/openapi.json")[1]["paths"]
            assert page.locator("section").count() == sum(len(methods) for methods in routes.values())
            assert page.get_by_text("POST /v1/jobs", exact=True).is_visible()
            # A browser also looks for an icon.
            assert [url for url in asked if not url.endswith("favicon.ico")] == [address]
            assert [line for line in told if "favicon" not in line] == []
