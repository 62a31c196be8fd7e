"""The network: a compact CNN with ordinal heads, which looks inside the lesion's outline.

Pooling over the outline keeps what is averaged tied to the lesion, whatever its size in the
crop; pooled spreads carry texture, by which scale shows. The heads are CORN: each answers
"more than k, given more than k - 1", so that the levels are ordered by construction.

References
----------
Shi, Cao and Raschka 2023, Pattern Anal Applic 26:941: CORN, conditional ordinal regression.
Guo et al. 2017, ICML: temperature scaling.
Lee et al. 2018, NeurIPS: Mahalanobis distance of features to notice unfamiliar input.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

ITEM_LEVELS = {"erythema": 4, "scale": 3, "erosion": 2}
"""Levels of each item, counting zero."""
CHANNELS = 5
_FEATURES = 96


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
        pooled = 2 * CHANNELS + 2 * sum(widths[1:]) + CHANNELS + widths[-1]
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

    def pooled(self, crops: Tensor) -> Tensor:
        """Return averages and spreads of features, shape (N, P), from crops (N, 5, S, S)."""
        mask = crops[:, 4:5]
        x = (crops - self.input_mean[:, None, None]) / self.input_spread[:, None, None]
        parts = [*_pooled(x, mask), _pooled(x, 1 - mask)[0]]
        weight = mask
        for number, block in enumerate(self.blocks):
            x = block(x)
            weight = functional.avg_pool2d(weight, 2)
            if number:
                parts.extend(_pooled(x, weight))
        parts.append(x.mean(dim=(2, 3)))
        return torch.as_tensor(self.mix[0](torch.cat(parts, dim=1)))

    def features(self, pooled: Tensor) -> Tensor:
        """Return what the heads read, shape (N, 96)."""
        return torch.as_tensor(self.mix[1:](pooled))

    def logits(self, crops: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """Return conditional log odds of each item and the contrast (N,) that trains beside."""
        seen = self.features(self.pooled(crops))
        return {item: head(seen) for item, head in self.heads.items()}, self.contrast(seen)[:, 0]

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return calibrated probabilities of each item, and how unfamiliar each crop is.

        Parameters
        ----------
        crops : Tensor of shape (N, 5, S, S), float32
            See `lesionscope.imaging.crops.lesion_crop`.

        Returns
        -------
        tuple of Tensor
            Erythema (N, 4), scale (N, 3), erosion (N, 2), and the Mahalanobis distance (N,)
            of the features from those of the training data, per root of their number.
        """
        pooled = self.pooled(crops)
        seen = self.features(pooled)
        erythema, scale, erosion = (
            corn_probabilities(head(seen) / self.temperature[number])
            for number, head in enumerate(self.heads.values())
        )
        white = (pooled - self.feature_mean) @ self.feature_whitening
        distance = torch.sqrt((white * white).mean(dim=1))
        return erythema, scale, erosion, distance
