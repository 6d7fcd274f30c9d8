"""What the documentation promises: its code runs (or says why not), its words and links hold.

The code itself runs by `python -m pytest docs -m docs`.
"""

import importlib.util
import re
from collections import Counter
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGES = {
    str(path.relative_to(DOCS)): path.read_text(encoding="utf-8")
    for path in sorted(DOCS.rglob("*.md"))
    if not {"auto_examples", "_build", "generated"} & set(path.relative_to(DOCS).parts)
}

pytestmark = pytest.mark.skipif(not PAGES, reason="tests run without the checkout")

NOT_RUN = {  # page: why a block on it does not run, for each such block
    "command_line.md": [
        "installs packages; tests/cli reads databases",
        "needs a store, a cluster and a model file",
        "repeats the run above",
        "repeats the run above",
        "needs the file of a teacher; tests/cli has one",
    ],
    "dask.md": ["needs more than 200,000 rows"],
    "datasets.md": ["needs a network", "needs a network"],
    "fairness.md": ["installs packages"],
    "getting_started.md": ["installs packages"],
    "how_to/xgboost_on_gpu.md": ["needs a GPU"],
    "install.md": ["installs packages"],
    "monitoring.md": ["needs the file of the teacher; tests/cli has one"],
    "scaling.md": ["needs a store, a cluster and a model file"],
    "serving.md": [
        "asks the service over the network; tests/cli asks it",
        "needs FastAPI",
    ],
}
OTHER_WORDS = {  # what the glossary calls otherwise
    r"\bpre-?fit\b": "frozen",
    r"\bpseudo-?labels?\b": "soft targets",
    r"\bmimic": "student",
    r"\bdistillation (data|set)\b": "transfer set",
    r"\bsynthetic (rows|data)\b": "generated rows",
    r"\bsource model\b": "teacher",
    r"\bfeature importances?\b": "attribution",
    r"\breference model\b": "teacher",
}


def blocks(text):
    """Give the languages of the fenced blocks of a page that sphinx renders."""
    return re.findall(r"^`{3,}(\w+)$", text, re.M)


def test_every_block_that_does_not_run_says_why():
    told = {
        page: reasons
        for page, text in PAGES.items()
        if (reasons := re.findall(r'^% skip: next "(.+)"$', text, re.M))
    }
    assert told == NOT_RUN


def test_every_skip_stands_before_a_block():
    for page, text in PAGES.items():
        for after in re.findall(r"^% skip: .*\n(.*\n.*)$", text, re.M):
            assert re.match(r"\n```(python|console)$", after), (page, after)


def test_no_code_hides_from_being_run():
    """Python and commands are in blocks of their language, at the margin."""
    kinds = Counter()
    for page, text in PAGES.items():
        kinds.update(blocks(text))
        assert not re.search(r"^[ \t]+```(python|console)", text, re.M), page
        for block in re.findall(r"^```text\n(.*?)^```", text, re.M | re.S):
            assert not re.search(r"^(import|from) \w|^\$ interpkd|^interpkd ", block, re.M), page
    assert set(kinds) <= {"python", "console", "text", "toml"}
    assert kinds["python"] > 60
    assert kinds["console"] > 20


def test_a_console_block_begins_with_a_command():
    for page, text in PAGES.items():
        for block in re.findall(r"^```console\n(.*?)^```", text, re.M | re.S):
            assert block.startswith("$ "), page


@pytest.mark.parametrize("word", OTHER_WORDS)
def test_pages_use_the_words_of_the_glossary(word):
    found = [page for page, text in PAGES.items() if re.search(word, text, re.IGNORECASE)]
    assert found == [], f"say {OTHER_WORDS[word]!r}"


def test_every_word_of_the_glossary_is_used():
    terms = re.findall(r"^(\w.*)\n: ", PAGES["glossary.md"], re.M)
    elsewhere = " ".join(text for page, text in PAGES.items() if page != "glossary.md").lower()
    elsewhere = re.sub(r"\s+", " ", re.sub(r"[*`]", "", elsewhere))
    assert len(terms) > 30
    assert [term for term in terms if term.lower().removesuffix("s") not in elsewhere] == []
    assert len(set(terms)) == len(terms)


def test_broken_links_are_found(tmp_path):
    spec = importlib.util.spec_from_file_location("check_links", DOCS / "check_links.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    links = ["b.html", "b.html#here", "https://example.org/x", "#top", "gone.html", "b.html#gone"]
    text = '<p id="top">' + "".join(f'<a href="{link}">x</a>' for link in links)
    (tmp_path / "a.html").write_text(text, encoding="utf-8")
    (tmp_path / "b.html").write_text('<p id="here"><img src="no.png">', encoding="utf-8")
    n_pages, n_links, broken = module.broken_links(tmp_path)
    assert (n_pages, n_links) == (2, 7)
    assert sorted((link, why) for _, link, why in broken) == [
        ("b.html#gone", "no such anchor"),
        ("gone.html", "no such file"),
        ("no.png", "no such file"),
    ]
