from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from lesionscope.model import dataset, export, train
from lesionscope.model.runtime import NETWORK_NAME, Grader


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train once as `--quick` does, on still fewer examples."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("quick")
    plan = train.Plan(examples=32, held_out=24, epochs=2, batch=16, seed=3)
    train.train(plan, folder / "work", folder / "models")
    return folder


def test_training_writes_network_weights_and_rule(quick: Path) -> None:
    names = {file.name for file in (quick / "models").iterdir()}
    assert names == {
        f"{NETWORK_NAME}.onnx",
        f"{NETWORK_NAME}.safetensors",
        f"{NETWORK_NAME}_rule.json",
    }
    assert Grader.load(quick / "models").rules["familiar_distance"] > 0


def test_torch_and_onnx_agree(quick: Path) -> None:
    net = export.load_trained(quick / "models")
    session = onnxruntime.InferenceSession(quick / "models" / f"{NETWORK_NAME}.onnx")
    for count in (1, 5):
        crops = np.stack([dataset.example(11, n).crop for n in range(count)])
        with torch.inference_mode():
            expected = net(torch.from_numpy(crops))
        for got, want in zip(session.run(None, {"crops": crops}), expected, strict=True):
            assert np.abs(got - want.numpy()).max() <= 1e-4


def test_the_shipped_network_is_the_shipped_weights() -> None:
    folder = dataset.places.models_folder()
    net = export.load_trained(folder)
    session = onnxruntime.InferenceSession(folder / f"{NETWORK_NAME}.onnx")
    crops = np.stack([dataset.example(12, n).crop for n in range(4)])
    with torch.inference_mode():
        expected = net(torch.from_numpy(crops))
    for got, want in zip(session.run(None, {"crops": crops}), expected, strict=True):
        assert np.abs(got - want.numpy()).max() <= 1e-4


def test_training_resumes_from_its_checkpoint(tmp_path: Path) -> None:
    files = list(dataset.build(tmp_path / "examples", 32, 4))
    examples = dataset.load(files)
    plan = train.Plan(examples=32, held_out=32, epochs=2, batch=16, seed=4)
    whole = train.fit(plan, examples, examples, tmp_path)
    checkpoint = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert checkpoint["epoch"] == 2
    resumed = train.fit(plan, examples, examples, tmp_path)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name])


def test_a_stop_between_epochs_changes_nothing(tmp_path: Path, monkeypatch) -> None:
    examples = dataset.load(list(dataset.build(tmp_path / "examples", 32, 4)))
    plan = train.Plan(examples=32, held_out=32, epochs=2, batch=16, seed=4)
    (tmp_path / "whole").mkdir()
    (tmp_path / "broken").mkdir()
    whole = train.fit(plan, examples, examples, tmp_path / "whole")
    run_epoch = train._epoch

    def stop_at_second(plan, epoch, *rest) -> None:
        if epoch == 1:
            raise KeyboardInterrupt
        run_epoch(plan, epoch, *rest)

    monkeypatch.setattr(train, "_epoch", stop_at_second)
    with pytest.raises(KeyboardInterrupt):
        train.fit(plan, examples, examples, tmp_path / "broken")
    monkeypatch.setattr(train, "_epoch", run_epoch)
    resumed = train.fit(plan, examples, examples, tmp_path / "broken")
    for name, value in whole.state_dict().items():
        assert torch.allclose(value, resumed.state_dict()[name], atol=1e-5), name


def test_training_may_begin_from_a_trained_network(quick: Path, tmp_path: Path) -> None:
    examples = dataset.load(list(dataset.build(tmp_path / "examples", 32, 4)))
    plan = train.Plan(examples=32, held_out=32, epochs=1, batch=16, rate=1e-9, seed=4)
    begun = train.fit(plan, examples, examples, tmp_path, start=quick / "models")
    trained = export.load_trained(quick / "models")
    for name, value in trained.named_parameters():
        assert torch.allclose(value, begun.get_parameter(name), atol=1e-6), name


def test_a_few_steps_teach_where_flakes_are(tmp_path: Path) -> None:
    examples = dataset.load(list(dataset.build(tmp_path / "examples", 32, 4)))
    plan = train.Plan(examples=32, held_out=32, epochs=30, batch=16, seed=4)
    net = train.fit(plan, examples, examples, tmp_path)
    seen = train.predict(net, examples.crops)[4][:, 0].numpy()
    true = examples.maps[:, 0] / 255
    inside = examples.crops[:, 3].reshape(-1, 40, 4, 40, 4).mean(axis=(2, 4)) > 0.5
    flaky, bare = inside & (true > 0.7), inside & (true < 0.05)
    assert seen[flaky].mean() > seen[bare].mean() + 0.02
