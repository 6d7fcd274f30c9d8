"""README.md: what it links to is there, and its picture says what it says."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SITE = "https://github.com/interpkd/interpkd/"
RAW = "https://raw.githubusercontent.com/interpkd/interpkd/main/"

pytestmark = pytest.mark.skipif(
    not (ROOT / "README.md").is_file(), reason="runs in a checkout of the repository"
)


@pytest.fixture(scope="module")
def readme():
    return (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def links(readme):
    return dict(re.findall(r"^\[(\w+)\]: (\S+)$", readme, re.M))


def test_is_short_and_begins_with_two_commands(readme):
    assert len(readme.splitlines()) <= 230  # the table of benchmarks is written by a script
    blocks = re.findall(r"^```console\n(.*?)^```$", readme, re.M | re.S)[:2]
    assert [block.startswith("$ ") and block.count("\n") == 1 for block in blocks] == [True, True]


def test_links_are_used_and_lead_somewhere(readme, links):
    assert set(re.findall(r"\]\[(\w+)\]", readme)) == set(links)
    pages = {url.removeprefix(RAW) for url in links.values() if url.startswith(RAW)}
    pages |= {url.split("/main/")[1] for url in links.values() if url.startswith(SITE)}
    assert len(pages) == len(links)
    lost = [page for page in pages if not (ROOT / page).exists()]
    assert lost == []


def test_picture_says_what_stands_beside_it(readme, links):
    svg = (ROOT / links["picture"].removeprefix(RAW)).read_text(encoding="utf-8")
    title = re.search(r"<title>(.*?)</title>", svg)[1]
    alt = " ".join(re.search(r"!\[(.*?)\]\[picture\]", readme, re.S)[1].split())
    assert alt == title
    estimate, low, high, n = re.search(
        r"^agreement +(\S+) +\[(\S+), (\S+)\] +(\d+)", readme, re.M
    ).groups()
    assert f"teacher on {float(estimate):.1%} of {n} held-out rows" in svg
    assert f"interval {float(low):.1%} to {float(high):.1%}" in svg
    assert "<script" not in svg
    assert "href" not in svg
