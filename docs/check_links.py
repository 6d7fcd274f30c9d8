"""Check that every internal link of the built pages leads to a page and to an anchor on it.

    python docs/check_links.py FOLDER

FOLDER is what sphinx-build wrote. Links to other hosts are left alone: nothing here needs a network.
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ATTRIBUTES = {"a": "href", "link": "href", "img": "src", "script": "src", "source": "src"}


class Page(HTMLParser):
    """The anchors of a page, and where it links to."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.links = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.anchors |= {given[key] for key in ("id", "name") if given.get(key)}
        if (link := given.get(ATTRIBUTES.get(tag, ""))) is not None:
            self.links.add(link)


def broken_links(folder):
    """List (page, link, what is wrong) for each link that leads nowhere."""
    folder = Path(folder).resolve()
    files = [path for path in folder.rglob("*.html") if "_static" not in path.parts]  # templates
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in files}
    found = []
    for path, page in pages.items():
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            anchor = unquote(parts.fragment)
            if not target.is_file():
                found.append((path.relative_to(folder), link, "no such file"))
            elif anchor and target in pages and anchor not in pages[target].anchors:
                found.append((path.relative_to(folder), link, "no such anchor"))
    return len(pages), sum(len(page.links) for page in pages.values()), found


if __name__ == "__main__":
    n_pages, n_links, broken = broken_links(sys.argv[1])
    for line in broken:
        print(*line, sep="  ")  # noqa: T201
    print(f"{n_pages} pages, {n_links} links, {len(broken)} broken")  # noqa: T201
    sys.exit(bool(broken) or not n_pages)
