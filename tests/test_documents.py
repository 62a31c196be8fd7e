"""The documents say what is so: links lead somewhere, figures and commands are as they are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from typer.main import get_command

from lesionscope.cli import commands
from lesionscope.pages import frame

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    {
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "models").glob("*.md"),
    }
)
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
STATE = re.compile(r"^\| [\dIVX]+ \|[^|]*\| ([^|]+?) \|", re.MULTILINE)


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def anchors(document: Path) -> set[str]:
    """Return the anchors of the headings, as GitHub makes them."""
    titles = HEADING.findall(document.read_text(encoding="utf-8"))
    plain = (re.sub(r"[^\w\- ]", "", title.lower()) for title in titles)
    return {title.replace(" ", "-") for title in plain}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_and_picture_leads_somewhere(document: Path) -> None:
    lost = []
    for link in LINK.findall(CODE.sub("", document.read_text(encoding="utf-8"))):
        if link.startswith(("http:", "https:", "mailto:")):
            continue
        place, _, anchor = link.partition("#")
        target = (document.parent / place) if place else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)
    assert not lost


@pytest.mark.parametrize("name", ["docs/clear-derm.md", "docs/decide-ai.md"])
def test_a_self_audit_counts_its_own_answers(name: str) -> None:
    text = text_of(name)
    [summary] = re.findall(r"^Done (.+)$", text, re.MULTILINE)
    said = {
        words.strip() or "done": int(count)
        for words, count in re.findall(r"([a-z ]*?) ?(\d+)(?: ·|$)", f"done {summary}")
    }
    assert said == Counter(STATE.findall(text))
    assert sum(said.values()) == {"docs/clear-derm.md": 25, "docs/decide-ai.md": 27}[name]


def test_the_readme_names_every_command() -> None:
    names = get_command(commands).commands  # type: ignore[attr-defined]
    text = text_of("README.md")
    assert len(names) > 10
    assert not [name for name in names if f"lesionscope {name}" not in text]


def test_the_user_guide_speaks_of_every_page() -> None:
    text = text_of("docs/user-guide.md").lower()
    titles = [title for _, title, _, _ in (*frame._CLINIC, *frame._READING, *frame._STUDY)]
    assert not [title for title in titles if title.lower() not in text]


def test_figures_are_those_that_the_benchmark_printed() -> None:
    rows = {
        cells[1].strip(): [re.match(r"[\d.]*", cell.strip()) for cell in cells[4:]]
        for line in text_of("benchmarks/results/accuracy.md").splitlines()
        if len(cells := line.split("|")) > 8
    }
    median = [float(found.group()) for found in rows["lesion Dice, median"][:7] if found]
    tenth = [float(found.group()) for found in rows["lesion Dice, p10"][:7] if found]
    card = text_of("models/lesion_outline.md")
    for name, figures in (("lesion Dice, median (n 63)", median), ("lesion Dice, p10", tenth)):
        assert f"| {name} | {' | '.join(f'{figure:.2f}' for figure in figures)} |" in card
    assert f"{median[0]:.2f} (0.87-0.94)" in text_of("README.md")
    assert f"| 0.60 | {tenth[0]:.2f} (0.56-0.80) |" in text_of("README.md")
    assert f"**{median[0]:.2f}** (0.87-0.94) met" in text_of("docs/validation.md")


def test_the_site_builds_and_asks_no_other_host(tmp_path: Path) -> None:
    pytest.importorskip("material", reason="mkdocs-material is not installed")
    run = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    pages = sorted((tmp_path / "site").rglob("*.html"))
    assert len(pages) > len(DOCUMENTS)
    loaded = re.compile(r"<(?:script|link|img|iframe)\b[^>]+(?:src|href)=\"(?:https?:)?//")
    assert not [page.name for page in pages if loaded.search(page.read_text(encoding="utf-8"))]
