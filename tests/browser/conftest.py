"""A real browser, reports of every kind of student, and their pages.

Off by default: the suite has no browser on every machine. INTERPKD_BROWSER=try runs these tests
where a browser and Playwright are, and skips them where not; INTERPKD_BROWSER=required, which the
checks of the project set, makes every skip a failure. Playwright drives Debian's chromium and
downloads none.
"""

import os
import shutil
from pathlib import Path

import pytest

MODE = os.environ.get("INTERPKD_BROWSER", "")
CHROMIUM = os.environ.get("INTERPKD_CHROMIUM") or shutil.which("chromium")
AXE = os.environ.get("INTERPKD_AXE", "")
DEMO = os.environ.get("INTERPKD_DEMO_REPORT", "")

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

collect_ignore_glob = [] if MODE else ["test_*.py"]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if MODE == "required" and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"Skipped where it must run: {report.longrepr}"


@pytest.fixture(scope="session")
def browser():
    """Chromium as it is installed, started once."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM:
        pytest.skip("chromium is not installed: apt-get install chromium")
    with playwright.sync_playwright() as started:
        one = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield one
        one.close()


@pytest.fixture(scope="session")
def axe():
    """The source of axe-core."""
    if not AXE or not Path(AXE).is_file():
        pytest.skip("INTERPKD_AXE does not name axe.min.js: npm install axe-core@4")
    return Path(AXE).read_text(encoding="utf-8")


class Opened:
    """A page and what went wrong in it."""

    def __init__(self, browser, path, **options):
        self.context = browser.new_context(offline=True, reduced_motion="reduce", **options)
        self.page = self.context.new_page()
        self.errors, self.requests = [], []
        self.page.on("console", lambda one: self.errors.append(one.text))
        self.page.on("pageerror", lambda one: self.errors.append(str(one)))
        self.page.on("dialog", lambda one: self.errors.append(one.message))
        self.page.on("request", lambda one: self.requests.append(one.url))
        self.page.goto(path.as_uri())


@pytest.fixture
def open_page(browser):
    """A function that opens a file with the network off; a console message fails the test."""
    opened = []

    def do(path, **options):
        one = Opened(browser, path, **options)
        opened.append(one)
        return one.page

    yield do
    for one in opened:
        one.context.close()
        assert one.errors == []
        assert [url for url in one.requests if not url.startswith("file:")] == []


@pytest.fixture(scope="session")
def demo_report(tmp_path_factory):
    """The report of `interpkd demo`; the one that the checks have made already, where named."""
    if DEMO:
        return Path(DEMO)
    from click.testing import CliRunner

    from interpkd.cli import main

    folder = tmp_path_factory.mktemp("demo") / "out"
    assert CliRunner().invoke(main, ["demo", "--out", str(folder)]).exit_code == 0
    return folder / "report.html"
