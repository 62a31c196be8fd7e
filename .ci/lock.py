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

# What older packages write in place of an SPDX expression, and what it means.
_MEANT = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "ISC License": "ISC",
    "MIT License": "MIT",
    "License :: OSI Approved :: MIT License": "MIT",
}
_AS_IS = ("Apache-2.0", "BSD-2-Clause", "MPL-2.0", "PSF-2.0")
# Packages that state less than that, by what the licence files in them say.
_READ = {
    "altair": "BSD-3-Clause",
    "itsdangerous": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "partd": "BSD-3-Clause",
    "pi-heif": "BSD-3-Clause AND LGPL-3.0-only",  # its own code, and libheif and libde265 in it
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
    "reportlab": "BSD-3-Clause",
    "s3fs": "BSD-3-Clause",
    "scikit-image": "BSD-3-Clause",
    "scipy": "BSD-3-Clause",
    "zict": "BSD-3-Clause",
}


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
    packages = [_package(entry) for entry in installed]
    return sorted(
        (package for package in packages if package["name"] != "lesionscope"),
        key=lambda package: package["name"],
    )


def _package(entry: dict[str, Any]) -> dict[str, Any]:
    about = entry["metadata"]
    hashes = entry["download_info"].get("archive_info", {}).get("hashes", {})
    name = about["name"].lower().replace("_", "-")
    return {
        "name": name,
        "version": about["version"],
        "sha256": hashes.get("sha256", ""),
        "licence": about.get("license_expression") or _licence(name, about),
    }


def _licence(name: str, about: dict[str, Any]) -> str:
    """Return the SPDX expression of a package that states none."""
    stated = [about.get("license") or "", *about.get("classifier", ())]
    known = [
        _MEANT.get(text, text) for text in stated if text in (*_MEANT, *_MEANT.values(), *_AS_IS)
    ]
    found = _READ.get(name) or next(iter(known), "")
    if not found:
        raise SystemExit(f"{name} states no licence: read it in the package and add it to _READ")
    return found


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
                "licenses": [_stated(package["licence"])],
            }
            for package in packages
        ],
    }


def _stated(licence: str) -> dict[str, Any]:
    return {"expression": licence} if " " in licence else {"license": {"id": licence}}


if __name__ == "__main__":
    packages = chosen()
    (ROOT / "requirements.lock").write_text(lock_text(packages), encoding="utf-8")
    text = json.dumps(materials(packages), indent=1) + "\n"
    (ROOT / "sbom.cdx.json").write_text(text, encoding="utf-8")
    print(f"{len(packages)} packages")
