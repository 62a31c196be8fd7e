"""Bring the documents that lie outside `docs/` into the site, and set their links right.

On GitHub and on disk a link is relative to its file, such as ``../models/lesion_grades.md``. In the
site `docs/` is the root, so what lies beside it moves one step down and the links with it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
OUTSIDE = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "LICENSE",
    "models/*.md",
    "models/SHA256SUMS",
    "benchmarks/results/*.md",
    "benchmarks/results/*.png",
    "benchmarks/results/*.txt",
    "sample_images/**/ATTRIBUTION.md",
)
_UP = re.compile(r"(\]\()\.\./")
_DOWN = re.compile(r"(\]\()docs/")
_FOLDER = re.compile(r"\[([^\]]+)\]\((?:sample_images|models)/\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List documents that the navigation does not name yet under "More"."""
    named = str(config.nav)
    more = [path.name for path in sorted((ROOT / "docs").glob("*.md")) if path.name not in named]
    if more:
        config.nav = [*(config.nav or []), {"More": more}]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the documents and pictures beside `docs/`."""
    for pattern in OUTSIDE:
        for path in sorted(ROOT.glob(pattern)):
            place = path.relative_to(ROOT).as_posix()
            files.append(File.generated(config, place, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turn links of the repository into links of the site."""
    if "/" not in page.file.src_uri:
        markdown = _UP.sub(r"\1", markdown)
    markdown = _DOWN.sub(r"\1", markdown)
    return _FOLDER.sub(r"\1", markdown)
