"""Write requirements.lock and sbom.cdx.json from what pip would install: `make lock`.

Each package with its version and the sha256 of the file that was chosen for this platform, so that
`pip install --require-hashes -r requirements.lock` takes these very files or none. The bill of
materials is CycloneDX 1.6, for scanners of known weaknesses.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ASKED = ".[cluster,dicom]"


def chosen() -> list[dict[str, Any]]:
    """Return name, version, sha256 and licence of everything that ASKED needs, by name."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet",
             "--only-binary=:all:", "--report", str(report), ASKED],
            cwd=ROOT, check=True,
        )  # fmt: skip
        installed = json.loads(report.read_text("utf-8"))["install"]
    found = []
    for package in installed:
        about = package["metadata"]
        hashes = package["download_info"].get("archive_info", {}).get("hashes", {})
        if about["name"].lower() == "lesionscope":
            continue
        licence = about.get("license_expression") or about.get("license") or ""
        found.append(
            {
                "name": about["name"].lower().replace("_", "-"),
                "version": about["version"],
                "sha256": hashes["sha256"],
                "licence": licence if 0 < len(licence) < 80 else "see the package",
            }
        )
    return sorted(found, key=lambda package: package["name"])


def lock_text(packages: list[dict[str, Any]]) -> str:
    """Return requirements.lock."""
    head = (
        f"# Python {sys.version_info[0]}.{sys.version_info[1]}, {sys.platform}: "
        "what `pip install '.[cluster,dicom]'` takes. Written by `make lock`.\n"
    )
    return head + "".join(
        f"{package['name']}=={package['version']} --hash=sha256:{package['sha256']}\n"
        for package in packages
    )


def materials(packages: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the bill of materials."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "lesionscope"}},
        "components": [
            {
                "type": "library",
                "name": package["name"],
                "version": package["version"],
                "purl": f"pkg:pypi/{package['name']}@{package['version']}",
                "hashes": [{"alg": "SHA-256", "content": package["sha256"]}],
                "licenses": [{"license": {"name": package["licence"]}}],
            }
            for package in packages
        ],
    }


if __name__ == "__main__":
    packages = chosen()
    (ROOT / "requirements.lock").write_text(lock_text(packages), encoding="utf-8")
    text = json.dumps(materials(packages), indent=1) + "\n"
    (ROOT / "sbom.cdx.json").write_text(text, encoding="utf-8")
    print(f"{len(packages)} packages")
