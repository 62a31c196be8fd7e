"""Photos of rendered patients in a folder, some of them bad."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from lesionscope.places import samples_folder

MakeFolder = Callable[..., Path]


@pytest.fixture(scope="session")
def make_folder(tmp_path_factory: pytest.TempPathFactory) -> MakeFolder:
    """Return ``make(good, bad)``: a folder of so many photos, no two of the same bytes."""
    sources = sorted((samples_folder() / "demo_study" / "photos").glob("*.jpg"))
    small = []
    for source in sources[:6]:
        image = Image.open(source)
        image.thumbnail((420, 420))
        small.append(image)

    def make(good: int, bad: int) -> Path:
        folder = tmp_path_factory.mktemp("photos")
        for number in range(good):
            image = small[number % len(small)]
            cut = (number // len(small)) % 100
            quality = 80 + (number // (100 * len(small)))
            shown = image.crop((cut, 0, image.width, image.height))
            shown.save(folder / f"good_{number:05d}.jpg", quality=quality)
        for number in range(bad):
            whole = (folder / "good_00000.jpg").read_bytes()
            data = (b"", b"%PDF-1.7", b"not a photo", whole[: 900 + number])[number % 4]
            (folder / f"bad_{number:05d}.jpg").write_bytes(data)
        return folder

    return make
