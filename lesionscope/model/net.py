"""The network: a compact CNN that marks flakes and raw skin, with ordinal heads on top.

A decoder says of each cell of the crop how much of it flakes cover and how much is raw: the
drawing knows, so it can be taught. The shares of the outline that they cover go to the heads,
together with features pooled over the outline; pooled spreads carry texture. Both keep what is
graded tied to the lesion, whatever its size in the crop. The heads are CORN: each answers
"more than k, given more than k - 1", so that the levels are ordered by construction.

References
----------
Shi, Cao and Raschka 2023, Pattern Anal Applic 26:941: CORN, conditional ordinal regression.
Guo et al. 2017, ICML: temperature scaling.
Lee et al. 2018, NeurIPS: Mahalanobis distance of features to notice unfamiliar input.
Lin et al. 2017, CVPR: feature pyramid, the form of the decoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

ITEM_LEVELS = {"erythema": 4, "scale": 3, "erosion": 2}
"""Levels of each item, counting zero."""
MAPS = ("flakes", "raw skin")
"""What the decoder marks, in order."""
CHANNELS = 5
_FEATURES = 96
_DECODED = 32


def corn_loss(logits: Tensor, level: Tensor) -> Tensor:
    """Return the conditional ordinal loss.

    Parameters
    ----------
    logits : Tensor of shape (N, K - 1)
        Log odds of "more than k, given more than k - 1".
    level : Tensor of shape (N,), int64
        True level, 0 to K - 1.

    Returns
    -------
    Tensor of shape ()
        Mean binary cross-entropy over the questions that apply.
    """
    step = torch.arange(logits.shape[1], device=logits.device)
    applies = (level[:, None] >= step).float()
    above = (level[:, None] > step).float()
    loss = functional.binary_cross_entropy_with_logits(logits, above, reduction="none")
    return (loss * applies).sum() / applies.sum()


def corn_probabilities(logits: Tensor) -> Tensor:
    """Return the probability of each level from conditional log odds.

    Parameters
    ----------
    logits : Tensor of shape (N, K - 1)
        Log odds of "more than k, given more than k - 1".

    Returns
    -------
    Tensor of shape (N, K)
        Rows sum to 1.
    """
    # A product of probabilities as a sum of logs, which ONNX can say as well.
    exceed = torch.exp(torch.cumsum(functional.logsigmoid(logits), dim=1))
    ones = torch.ones_like(exceed[:, :1])
    upper = torch.cat([ones, exceed], dim=1)
    lower = torch.cat([exceed, torch.zeros_like(ones)], dim=1)
    return upper - lower


def _pooled(features: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and spread of features (N, C, H, W) under a weight (N, 1, H, W)."""
    total = weight.sum(dim=(2, 3)) + 1e-4
    mean = (features * weight).sum(dim=(2, 3)) / total
    away = features - mean[:, :, None, None]
    spread = torch.sqrt((away * away * weight).sum(dim=(2, 3)) / total + 1e-5)
    return mean, spread


class _Halve(nn.Module):
    """Halve the resolution."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False)
        self.down_norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.down_norm(self.down(x)))


class _HalveAndRefine(_Halve):
    """Halve the resolution, then refine with a skip connection."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs)
        self.refine = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.refine_norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        x = super().forward(x)
        return functional.relu(x + self.refine_norm(self.refine(x)))


class _Decoder(nn.Module):
    """Mark flakes and raw skin in cells of four pixels, from features at three resolutions."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.lateral = nn.ModuleList([nn.Conv2d(w, _DECODED, 1, bias=False) for w in widths])
        self.merge = nn.Sequential(
            nn.BatchNorm2d(_DECODED),
            nn.ReLU(),
            nn.Conv2d(_DECODED, _DECODED, 3, padding=1, bias=False),
            nn.BatchNorm2d(_DECODED),
            nn.ReLU(),
            nn.Conv2d(_DECODED, len(MAPS), 1),
        )

    def forward(self, levels: list[Tensor]) -> Tensor:
        """Return log odds (N, 2, H, W) from features, the finest first."""
        merged = self.lateral[-1](levels[-1])
        for lateral, finer in zip(self.lateral[-2::-1], levels[-2::-1], strict=True):
            merged = functional.interpolate(merged, scale_factor=2.0) + lateral(finer)
        return torch.as_tensor(self.merge(merged))


def _shares(maps: Tensor, weight: Tensor) -> Tensor:
    """Return how much of the outline is covered: its mean, its upper part and its peak, as logs."""
    total = weight.sum(dim=(2, 3)) + 1e-4
    mean = (maps * weight).sum(dim=(2, 3)) / total
    squared = maps * maps
    fourth = (squared * squared * weight).sum(dim=(2, 3)) / total
    # Scaled by ten: the ONNX exporter takes a constant of 1e-8 for none at all.
    upper = 0.1 * torch.sqrt(torch.sqrt(1e4 * fourth + 1e-4))
    peak = (maps * weight).amax(dim=(2, 3))
    return torch.log(torch.cat([mean, upper, peak], dim=1) + 0.01)


@dataclass(frozen=True, eq=False)
class Seen:
    """What the network makes of crops before it answers.

    Attributes
    ----------
    pooled : Tensor of shape (N, P)
        Features and shares inside the outline, normalised.
    map_logits : Tensor of shape (N, 2, S / 4, S / 4)
        Log odds that a cell is flaky, and that it is raw.
    """

    pooled: Tensor
    map_logits: Tensor


class LesionNet(nn.Module):
    """Levels of erythema, scale and erosion of one lesion.

    Normalisation, temperatures and the familiar region of feature space are buffers, so that
    weights and what they need cannot part.

    Parameters
    ----------
    widths : tuple of int
        Channels after each halving of the resolution.
    """

    input_mean: Tensor
    input_spread: Tensor
    temperature: Tensor
    feature_mean: Tensor
    feature_whitening: Tensor

    def __init__(self, widths: tuple[int, ...] = (20, 32, 64, 112)) -> None:
        super().__init__()
        # Refining at the first, largest resolution would double the cost of the network.
        self.blocks = nn.ModuleList(
            [_Halve(CHANNELS, widths[0])]
            + [_HalveAndRefine(before, after) for before, after in pairwise(widths)]
        )
        self.decoder = _Decoder(widths[1:])
        pooled = 3 * CHANNELS + 2 * sum(widths[1:]) + widths[-1] + 3 * len(MAPS)
        self.mix = nn.Sequential(
            nn.BatchNorm1d(pooled), nn.Dropout(0.1), nn.Linear(pooled, _FEATURES), nn.ReLU()
        )
        self.heads = nn.ModuleDict(
            {item: nn.Linear(_FEATURES, levels - 1) for item, levels in ITEM_LEVELS.items()}
        )
        self.contrast = nn.Linear(_FEATURES, 1)
        self.register_buffer("input_mean", torch.zeros(CHANNELS))
        self.register_buffer("input_spread", torch.ones(CHANNELS))
        self.register_buffer("temperature", torch.ones(len(ITEM_LEVELS)))
        self.register_buffer("feature_mean", torch.zeros(pooled))
        self.register_buffer("feature_whitening", torch.eye(pooled))

    def look(self, crops: Tensor) -> Seen:
        """Return pooled features and the maps of crops (N, 5, S, S)."""
        mask = crops[:, 4:5]
        x = (crops - self.input_mean[:, None, None]) / self.input_spread[:, None, None]
        parts = [*_pooled(x, mask), _pooled(x, 1 - mask)[0]]
        levels, weights = [], [mask]
        for number, block in enumerate(self.blocks):
            x = block(x)
            weights.append(functional.avg_pool2d(weights[-1], 2))
            if number:
                parts.extend(_pooled(x, weights[-1]))
                levels.append(x)
        parts.append(x.mean(dim=(2, 3)))
        marked = self.decoder(levels)
        parts.append(_shares(torch.sigmoid(marked), weights[2]))
        return Seen(torch.as_tensor(self.mix[0](torch.cat(parts, dim=1))), marked)

    def features(self, pooled: Tensor) -> Tensor:
        """Return what the heads read, shape (N, 96)."""
        return torch.as_tensor(self.mix[1:](pooled))

    def logits(self, crops: Tensor) -> tuple[dict[str, Tensor], Tensor, Tensor]:
        """Return conditional log odds of each item, and what trains beside them.

        Returns
        -------
        tuple
            Log odds by item; the drawn contrast (N,); log odds of the maps (N, 2, S / 4, S / 4).
        """
        looked = self.look(crops)
        seen = self.features(looked.pooled)
        items = {item: head(seen) for item, head in self.heads.items()}
        return items, self.contrast(seen)[:, 0], looked.map_logits

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Return calibrated probabilities of each item, how unfamiliar each crop is, and the maps.

        Parameters
        ----------
        crops : Tensor of shape (N, 5, S, S), float32
            See `lesionscope.imaging.crops.lesion_crop`.

        Returns
        -------
        tuple of Tensor
            Erythema (N, 4), scale (N, 3), erosion (N, 2); the Mahalanobis distance (N,) of the
            features from those of the training data, per root of their number; and the share of
            each cell of four pixels that flakes cover and that is raw (N, 2, S / 4, S / 4).
        """
        looked = self.look(crops)
        seen = self.features(looked.pooled)
        erythema, scale, erosion = (
            corn_probabilities(head(seen) / self.temperature[number])
            for number, head in enumerate(self.heads.values())
        )
        white = (looked.pooled - self.feature_mean) @ self.feature_whitening
        distance = torch.sqrt((white * white).mean(dim=1))
        return erythema, scale, erosion, distance, torch.sigmoid(looked.map_logits)
