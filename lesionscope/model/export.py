"""Write the trained network as ONNX, for ONNX Runtime, and as safetensors, for more training."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import onnx
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from lesionscope.imaging.crops import CROP_SIZE
from lesionscope.model.net import CHANNELS, ITEM_LEVELS, LesionNet
from lesionscope.model.runtime import NETWORK_NAME, RULES_KEY
from lesionscope.model.traces import clear_traces

OUTPUTS = (*ITEM_LEVELS, "distance", "maps")
"""Names of the outputs of the ONNX graph, in order."""
UNFAMILIAR_QUANTILE = 0.99
"""Crops farther off than this share of drawn held-out crops count as unfamiliar, ..."""
UNFAMILIAR_SLACK = 1.2
"""... times this, because real skin may differ from drawn skin in ways that do no harm."""


def export(net: LesionNet, folder: Path, *, distances: Tensor, facts: Mapping[str, int]) -> Path:
    """Write the network and the rules by which its runtime abstains.

    Parameters
    ----------
    net : LesionNet
        Trained and calibrated, in evaluation mode.
    folder : Path
        Made where missing.
    distances : Tensor of shape (N,)
        Distances of drawn held-out crops, which set what counts as familiar.
    facts : mapping of str to int
        How it was trained; kept in the file.

    Returns
    -------
    Path
        The ONNX file; the safetensors file lies beside it.
    """
    return write(
        net, folder, {"familiar_distance": familiar_distance(distances), "trained": dict(facts)}
    )


def familiar_distance(distances: Tensor) -> float:
    """Return how far off a crop may be, from the distances of drawn crops."""
    return round(UNFAMILIAR_SLACK * float(torch.quantile(distances, UNFAMILIAR_QUANTILE)), 4)


def write(net: LesionNet, folder: Path, rules: Mapping[str, object]) -> Path:
    """Write the network with rules that are known already.

    Parameters
    ----------
    net : LesionNet
        Trained and calibrated, in evaluation mode.
    folder : Path
        Made where missing.
    rules : mapping
        By which the runtime abstains; kept in the ONNX file.

    Returns
    -------
    Path
        The ONNX file; the safetensors file lies beside it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    net = net.to(memory_format=torch.contiguous_format).eval()
    weights = {name: value.contiguous() for name, value in net.state_dict().items()}
    save_file(weights, folder / f"{NETWORK_NAME}.safetensors")
    program = torch.onnx.export(
        net,
        (torch.zeros(2, CHANNELS, CROP_SIZE, CROP_SIZE),),
        dynamo=True,
        input_names=["crops"],
        output_names=list(OUTPUTS),
        dynamic_shapes={"crops": {0: torch.export.Dim("lesions", min=1, max=4096)}},
        verbose=False,
    )
    if program is None:
        raise RuntimeError("torch.onnx.export returned no program")
    model = program.model_proto
    clear_traces(model)
    onnx.helper.set_model_props(model, {RULES_KEY: json.dumps(rules, sort_keys=True)})
    file = folder / f"{NETWORK_NAME}.onnx"
    onnx.save(model, file)
    return file


def load_trained(folder: Path) -> LesionNet:
    """Read the network from its safetensors file, in evaluation mode.

    Raises
    ------
    FileNotFoundError
        If the folder has none.
    """
    net = LesionNet()
    net.load_state_dict(load_file(folder / f"{NETWORK_NAME}.safetensors"))
    return net.eval()
