"""Write an outlining network as ONNX, for ONNX Runtime, and as safetensors, for more training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import onnx
import torch
from safetensors.torch import save_file
from torch import nn

from lesionscope.model.session import STEP
from lesionscope.model.traces import clear_traces

SKIN_INPUTS = {"rgb": 3}
"""Inputs of the network that marks skin, and how many planes each has."""
LESION_INPUTS = {"rgb": 3, "clear": 3, "skin": 1}
"""Inputs of the network that marks lesions."""


def export_outline(net: nn.Module, name: str, channels: Mapping[str, int], folder: Path) -> Path:
    """Write a network that takes planes of any size and answers with logits of the same size.

    Parameters
    ----------
    net : Module
        Trained.
    name : str
        File name without its ending.
    channels : mapping of str to int
        Inputs in the order of the network's arguments, and how many planes each has.
    folder : Path
        Made where missing.

    Returns
    -------
    Path
        The ONNX file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    net = net.to(memory_format=torch.contiguous_format).eval()
    weights = {key: value.contiguous() for key, value in net.state_dict().items()}
    save_file(weights, folder / f"{name}.safetensors")
    size = {
        2: STEP * torch.export.Dim("rows", min=2, max=64),
        3: STEP * torch.export.Dim("columns", min=2, max=64),
    }
    program = torch.onnx.export(
        net,
        tuple(torch.zeros(1, count, 3 * STEP, 4 * STEP) for count in channels.values()),
        dynamo=True,
        input_names=list(channels),
        output_names=["logits"],
        dynamic_shapes=dict.fromkeys(channels, size),
        verbose=False,
    )
    if program is None:
        raise RuntimeError("torch.onnx.export returned no program")
    file = folder / f"{name}.onnx"
    model = program.model_proto
    clear_traces(model)
    onnx.save(model, file)
    return file
