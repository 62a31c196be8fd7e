"""Set the temperatures of a trained network: ``python -m lesionscope.model.temper --phantom DIR``.

Drawn lesions teach; rendered patients, which no training touches, say how sure the network may be.
Three numbers are set on them, one for each item, and no level changes by it. What is printed as
the calibration error leaves each patient out in turn.

References
----------
Guo et al. 2017, ICML: temperature scaling.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lesionscope import places
from lesionscope.model import evaluate, export
from lesionscope.model.net import ITEM_LEVELS, LesionNet, corn_probabilities
from lesionscope.model.rendered import GradedLesions, rendered_lesions
from lesionscope.model.runtime import Grader

log = logging.getLogger(__name__)
_GRID = torch.exp(torch.linspace(-1.0, 1.5, 101))
_BATCH = 64


def best_temperature(logits: Tensor, level: Tensor) -> float:
    """Return the temperature under which the true levels are likeliest.

    Parameters
    ----------
    logits : Tensor of shape (N, K - 1)
        Conditional log odds, not scaled.
    level : Tensor of shape (N,), int64
        True level, 0 to K - 1.

    Returns
    -------
    float
        From a grid between 0.37 and 4.5.
    """
    losses = [negative_log(logits / t, level) for t in _GRID]
    return float(_GRID[int(torch.stack(losses).argmin())])


def negative_log(logits: Tensor, level: Tensor) -> Tensor:
    """Return minus the mean log probability of the true levels."""
    probability = corn_probabilities(logits)[torch.arange(len(level)), level]
    return -torch.log(probability.clamp_min(1e-6)).mean()


def left_out_error(logits: Tensor, level: Tensor, patients: NDArray[np.str_]) -> float:
    """Return the expected calibration error, the temperature never set on the patient judged.

    Parameters
    ----------
    logits : Tensor of shape (N, K - 1)
        Conditional log odds, not scaled.
    level : Tensor of shape (N,), int64
        True level.
    patients : ndarray of shape (N,), str
        Whose lesion each is.

    Returns
    -------
    float
    """
    chances = torch.zeros(len(level), logits.shape[1] + 1)
    for patient in np.unique(patients):
        out = torch.from_numpy(patients == patient)
        chances[out] = corn_probabilities(logits[out] / best_temperature(logits[~out], level[~out]))
    return evaluate.calibration_error(level.numpy(), chances.numpy().astype(np.float64))


def temper(net: LesionNet, lesions: GradedLesions) -> dict[str, float]:
    """Set the temperatures of a network, and return the calibration errors of left-out patients.

    Parameters
    ----------
    net : LesionNet
        In evaluation mode; its temperatures change.
    lesions : GradedLesions
        Of rendered patients.

    Returns
    -------
    dict of str to float
        Expected calibration error of each item.
    """
    patients = np.array([photo.split("_")[0] for photo in lesions.photos])
    errors = {}
    with torch.inference_mode():
        parts = [
            net.logits(torch.from_numpy(lesions.crops[first : first + _BATCH]))[0]
            for first in range(0, len(lesions.crops), _BATCH)
        ]
        for number, item in enumerate(ITEM_LEVELS):
            logits = torch.cat([part[item] for part in parts])
            level = torch.from_numpy(lesions.levels[:, number])
            errors[item] = left_out_error(logits, level, patients)
            net.temperature[number] = best_temperature(logits, level)
            log.info(
                "%s: temperature %.2f, calibration error %.3f on patients left out",
                item,
                net.temperature[number],
                errors[item],
            )
    return errors


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m lesionscope.model.temper")
    parser.add_argument("--phantom", type=Path, required=True, help="folder of rendered patients")
    parser.add_argument("--models", type=Path, default=places.models_folder())
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)
    net = export.load_trained(asked.models)
    temper(net, rendered_lesions(asked.phantom))
    rules = Grader.load(asked.models).rules
    export.write(net, asked.models, rules)


if __name__ == "__main__":
    main()
