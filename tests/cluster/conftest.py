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
    """Return ``make(good, bad, side=420)``: a folder of so many photos, no two of the same bytes.

    `side` is the longer side in pixels; each photo is cut otherwise from one of six.
    """
    sources = sorted((samples_folder() / "demo_study" / "photos").glob("*.jpg"))[:6]

    def make(good: int, bad: int, *, side: int = 420) -> Path:
        folder = tmp_path_factory.mktemp("photos")
        small = [Image.open(source) for source in sources]
        for image in small:
            image.thumbnail((side, side))
        for number in range(good):
            image = small[number % len(small)]
            across, down = divmod(number // len(small), 20)
            shown = image.crop((across % 20, down, image.width, image.height))
            shown.save(folder / f"good_{number:05d}.jpg", quality=80 + across // 20)
        for number in range(bad):
            whole = (folder / "good_00000.jpg").read_bytes()
            data = (b"", b"%PDF-1.7", b"not a photo", whole[: 900 + number])[number % 4]
            (folder / f"bad_{number:05d}.jpg").write_bytes(data)
        return folder

    return make
