"""The snippets of the user guide about reasons and counterfactuals run, one after the other."""

import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "user_guide.md"


@pytest.mark.skipif(not GUIDE.exists(), reason="tests run without the checkout")
def test_the_snippets_of_the_user_guide_run(capsys):
    text = GUIDE.read_text(encoding="utf-8")
    section = text.partition("## Reasons of a decision")[2].partition("## The audit report")[0]
    code = "\n".join(re.findall(r"```python\n(.*?)```", section, re.S))
    assert "counterfactual(" in code
    exec(compile(code, "user_guide.md", "exec"), {})  # noqa: S102 - our own documentation
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("1. ")
    assert "repaid" in lines[-2]
