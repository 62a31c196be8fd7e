"""The policy names what runs, and nothing else does."""

import base64
import hashlib
from pathlib import Path

from lesionscope.headers import content_policy, inline_scripts


def test_inline_scripts_are_named_by_their_digest(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text("<script>\n a = 1\n</script><script src='x.js'></script><script>b</script>")
    expected = tuple(
        f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'"
        for text in (b"\n a = 1\n", b"b")
    )
    assert inline_scripts(page) == expected


def test_policy_allows_no_other_host_and_no_inline_script() -> None:
    parts = dict(part.split(" ", 1) for part in content_policy(("'sha256-x'",)).split("; "))
    assert parts["script-src"] == "'self' blob: 'sha256-x'"
    assert parts["default-src"] == parts["frame-ancestors"] == parts["base-uri"] == "'none'"
    assert all("http" not in part and "*" not in part for part in parts.values())
