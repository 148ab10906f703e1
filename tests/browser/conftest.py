"""Chromium, the finished site, and the ways in which it is looked at: wide, narrow, by touch, without script."""

import functools
import http.server
import os
import shutil
import threading

import pytest
from test_site import site  # noqa: F401  (the fixture that builds the site)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="session")
def base(site):  # noqa: F811
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture(scope="session")
def chromium():
    """An installed Chromium; where there is none the tests are skipped, except in CI."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        reason = "no Chromium installed (Debian: apt install chromium)"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-background-networking", "--no-first-run"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="session", params=["wide-light", "narrow-dark"])
def context(chromium, request):
    """Each width and each mode once; :func:`test_page_is_sound` sees the other two pairs by switching the mode."""
    width, mode = request.param.split("-")
    size = {"wide": (1280, 900), "narrow": (360, 780)}[width]
    context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=mode)
    context.mode, context.other_mode = mode, {"light": "dark", "dark": "light"}[mode]
    yield context
    context.close()


@pytest.fixture
def page(chromium, base):
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    yield page
    page.close()


@pytest.fixture
def touch_page(chromium):
    """A narrow page that is touched."""
    context = chromium.new_context(viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True)
    yield context.new_page()
    context.close()


@pytest.fixture
def scriptless_page(chromium):
    """A page whose scripts do not run."""
    context = chromium.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()
