"""A network tells what it computes, and nothing of the machine that exported it."""

import re

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from lesionscope.model.traces import clear_traces
from lesionscope.places import models_folder

TRACE = re.compile(rb'File "|site-packages|/home/|/Users/|\.py"?, line|stack_trace')


@pytest.mark.parametrize("name", sorted(f.name for f in models_folder().glob("*.onnx")))
def test_no_shipped_network_names_a_folder(name: str) -> None:
    assert TRACE.search((models_folder() / name).read_bytes()) is None


def test_traces_go_and_the_network_stays() -> None:
    node = helper.make_node("Add", ["x", "x"], ["y"], doc_string="of a folder")
    helper.set_model_props(node, {"pkg.torch.onnx.stack_trace": 'File "/a/net.py", line 3'})
    graph = helper.make_graph(
        [node],
        "twice",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2], "in the folder")],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2])],
        doc_string="from the folder",
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, {"rules": "kept"})
    clear_traces(model)
    data = model.SerializeToString()
    assert b"folder" not in data
    assert TRACE.search(data) is None
    assert [(p.key, p.value) for p in onnx.load_from_string(data).metadata_props] == [
        ("rules", "kept")
    ]
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    answer = session.run(None, {"x": np.array([1, 2], np.float32)})[0]
    assert answer.tolist() == [2, 4]
