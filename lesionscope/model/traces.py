"""What an exported network says of the machine that exported it, taken out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import onnx

Described = onnx.NodeProto | onnx.ValueInfoProto | onnx.TensorProto | onnx.GraphProto


def clear_traces(model: onnx.ModelProto) -> None:
    """Take the exporter's notes out of a network: file names, stack traces, names of modules.

    PyTorch notes for every step where in the source it came from, with the path of the folder on
    the machine. The runtime reads none of it.

    Parameters
    ----------
    model : ModelProto
        Changed in place. What it computes and its own properties stay.
    """
    model.doc_string = ""
    for part in (*_parts(model.graph), *(node for f in model.functions for node in f.node)):
        part.doc_string = ""
        del part.metadata_props[:]
    for function in model.functions:
        function.doc_string = ""
        del function.metadata_props[:]


def _parts(graph: onnx.GraphProto) -> Iterator[Described]:
    yield graph
    groups: tuple[Iterable[Described], ...] = (
        graph.node, graph.input, graph.output, graph.value_info, graph.initializer,
    )  # fmt: skip
    for group in groups:
        yield from group
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _parts(attribute.g)
