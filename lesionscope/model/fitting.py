"""One way to fit a network: one-cycle schedule, running average of the weights, resumable."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

log = logging.getLogger(__name__)

_EVERY = 100  # steps between two checkpoints


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn.

    Attributes
    ----------
    steps : int
        Steps of the optimiser.
    rate : float
        Highest learning rate of the one-cycle schedule.
    seed : int
        Fixes the order of what is shown.
    keep : float
        Weight of the past in the running average of the weights, at most.
    name : str
        Of the plan: a checkpoint of another plan is not resumed.
    """

    steps: int
    rate: float
    seed: int
    keep: float
    name: str


def fit(
    net: nn.Module,
    loss_of: Callable[[np.random.Generator], Tensor],
    schedule: Schedule,
    checkpoint: Path,
) -> None:
    """Fit a network in place, resuming from the checkpoint where it is of the same plan.

    What the network holds afterwards is the running average of its weights, which is steadier
    than the last.

    Parameters
    ----------
    net : Module
        To fit; ends in evaluation mode.
    loss_of : callable
        Draws a batch with the generator it is given and returns its loss.
    schedule : Schedule
        How long and how fast.
    checkpoint : Path
        Written every hundred steps and at the end.
    """
    rng = np.random.default_rng(schedule.seed)
    steady = {name: value.clone() for name, value in net.state_dict().items()}
    optimiser = torch.optim.AdamW(net.parameters(), lr=schedule.rate, weight_decay=1e-3)
    cycle = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, schedule.rate, total_steps=schedule.steps, pct_start=0.1
    )
    first, running = 0, 0.0
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        if saved["plan"] == schedule.name:
            net.load_state_dict(saved["net"])
            optimiser.load_state_dict(saved["optimiser"])
            cycle.load_state_dict(saved["schedule"])
            steady, first = saved["steady"], saved["step"]
            rng = np.random.default_rng([schedule.seed, first])
            log.info("resumed after step %d", first)
    net.train()
    for step in range(first, schedule.steps):
        found = loss_of(rng)
        optimiser.zero_grad()
        found.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimiser.step()
        cycle.step()
        running = 0.98 * running + 0.02 * float(found.detach())
        _average(steady, net, min(schedule.keep, (step + 1) / (step + 10)))
        if step % _EVERY == _EVERY - 1 or step == schedule.steps - 1:
            log.info("step %d of %d, loss %.3f", step + 1, schedule.steps, running)
            state = {
                "plan": schedule.name,
                "step": step + 1,
                "net": net.state_dict(),
                "steady": steady,
                "optimiser": optimiser.state_dict(),
                "schedule": cycle.state_dict(),
            }
            torch.save(state, checkpoint.with_suffix(".partial"))
            checkpoint.with_suffix(".partial").replace(checkpoint)
    net.load_state_dict(steady)
    net.eval()


@torch.no_grad()
def _average(steady: dict[str, Tensor], net: nn.Module, keep: float) -> None:
    for name, value in net.state_dict().items():
        if value.dtype.is_floating_point:
            steady[name].mul_(keep).add_(value, alpha=1 - keep)
        else:
            steady[name] = value.clone()
