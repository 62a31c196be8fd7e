"""The segmenter: a small U-Net that marks skin and lesional skin.

Its input is sRGB; optical density and normalisation are part of the network, so weights and
preprocessing cannot part. Its two answers, skin and lesion, are logits at the size of the
input. Convolutions are depthwise separable, which is what a laptop's processor is fast at.

References
----------
Ronneberger et al. 2015 (U-Net); Howard et al. 2017 (depthwise separable convolutions);
Hu et al. 2018 (squeeze and excitation).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTHS = (16, 24, 40, 72, 112)
"""Channels at 1/2, 1/4, 1/8, 1/16 and 1/32 of the input."""


class _Block(nn.Module):
    """Two depthwise separable convolutions with a residual path."""

    def __init__(self, wide_in: int, wide_out: int, *, dilation: int = 1) -> None:
        super().__init__()
        self.first = _separable(wide_in, wide_out, dilation)
        self.second = _separable(wide_out, wide_out, dilation)
        self.skip = (
            nn.Identity() if wide_in == wide_out else nn.Conv2d(wide_in, wide_out, 1, bias=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Transform features; the size stays."""
        out: Tensor = self.second(functional.silu(self.first(x))) + self.skip(x)
        return functional.silu(out)


def _separable(wide_in: int, wide_out: int, dilation: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(wide_in, wide_in, 3, padding=dilation, dilation=dilation, groups=wide_in),
        nn.Conv2d(wide_in, wide_out, 1, bias=False),
        nn.BatchNorm2d(wide_out),
    )


class _Context(nn.Module):
    """Weigh channels by the whole picture: what light it was taken in, how dark the skin is."""

    def __init__(self, wide: int) -> None:
        super().__init__()
        self.squeeze = nn.Linear(wide, wide // 2)
        self.excite = nn.Linear(wide // 2, 2 * wide)

    def forward(self, x: Tensor) -> Tensor:
        """Scale and shift each channel."""
        pooled = functional.silu(self.squeeze(x.mean(dim=(2, 3))))
        scale, shift = self.excite(pooled).chunk(2, dim=1)
        weighed: Tensor = x * torch.sigmoid(scale)[..., None, None] + shift[..., None, None]
        return weighed


class SegNet(nn.Module):
    """Skin and lesion logits from sRGB.

    Parameters
    ----------
    widths : tuple of int
        Channels at 1/2, 1/4 ... of the input.
    planes_in, planes_out : int
        Planes of the network proper, behind the change to optical density.
    """

    # Rows: red-green, green-blue and green density, brought to about unit spread.
    mix: Tensor
    offset: Tensor

    def __init__(
        self, widths: tuple[int, ...] = WIDTHS, *, planes_in: int = 3, planes_out: int = 2
    ) -> None:
        super().__init__()
        mix = torch.tensor([[-2.5, 2.5, 0.0], [0.0, -3.0, 3.0], [0.0, 0.8, 0.0]])
        self.register_buffer("mix", mix[..., None, None])
        self.register_buffer("offset", torch.tensor([-1.2, -0.8, -1.2]))
        self.stem = nn.Sequential(
            nn.Conv2d(planes_in, widths[0], 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.SiLU(),
        )
        self.down = nn.ModuleList(
            _Block(a, b) for a, b in zip((widths[0], *widths[:-1]), widths, strict=True)
        )
        self.deep = nn.Sequential(_Block(widths[-1], widths[-1], dilation=2), _Context(widths[-1]))
        self.up = nn.ModuleList(
            _Block(a + b, b) for a, b in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.head = nn.Conv2d(widths[0], planes_out, 1)

    def density(self, rgb: Tensor) -> Tensor:
        """Turn sRGB in 0 to 1 into the three normalised density channels."""
        linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055).pow(2.4))
        return self.mixed(-torch.log(linear.clamp(min=1e-4)))

    def mixed(self, dense: Tensor) -> Tensor:
        """Turn optical density in R, G, B into the three normalised channels."""
        return functional.conv2d(dense, self.mix, self.offset)

    def forward(self, rgb: Tensor) -> Tensor:
        """Return logits.

        Parameters
        ----------
        rgb : Tensor of shape (N, 3, H, W), float
            sRGB, 0 to 1; H and W multiples of 32.

        Returns
        -------
        Tensor of shape (N, 2, H, W)
            Logits of skin and of lesion.
        """
        return self.from_density(self.density(rgb))

    def from_density(self, x: Tensor) -> Tensor:
        """Return logits from normalised density, where training varies the light."""
        x = self.stem(x)
        kept = []
        for number, block in enumerate(self.down):
            if number:
                x = functional.max_pool2d(x, 2)
            x = block(x)
            kept.append(x)
        x = self.deep(kept.pop())
        for block in self.up:
            beside = kept.pop()
            x = functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
            x = block(torch.cat([x, beside], dim=1))
        logits: Tensor = self.head(x)
        return functional.interpolate(
            logits, scale_factor=2.0, mode="bilinear", align_corners=False
        )


class LesionNet(SegNet):
    """Lesion logits from sRGB, told what clear skin would look like at each pixel.

    On dark skin a lesion differs from the skin beside it by a tenth of what skins differ from
    each other. The network therefore also gets the difference itself: optical density less that
    of the patient's own clear skin near by, as the classical way fits it.
    """

    GAIN = 3.0
    """Brings the difference of a faint lesion to about unit size."""

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__(widths, planes_in=7, planes_out=1)

    def forward(self, rgb: Tensor, clear: Tensor, skin: Tensor) -> Tensor:  # type: ignore[override]
        """Return logits.

        Parameters
        ----------
        rgb : Tensor of shape (N, 3, H, W), float
            sRGB, 0 to 1; H and W multiples of 32.
        clear : Tensor of shape (N, 3, H, W), float
            Optical density of clear skin in R, G, B as it would be at each pixel.
        skin : Tensor of shape (N, 1, H, W), float
            Probability of skin.

        Returns
        -------
        Tensor of shape (N, 1, H, W)
            Logit of lesion.
        """
        return self.against(self.density(rgb), self.mixed(clear), skin)

    def against(self, density: Tensor, clear: Tensor, skin: Tensor) -> Tensor:
        """Return logits from normalised densities, where training varies the light."""
        apart = (self.GAIN * (density - clear)).clamp(-4.0, 4.0)
        return self.from_density(torch.cat([density, apart, 2 * skin - 1], dim=1))
