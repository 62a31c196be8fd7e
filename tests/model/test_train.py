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
        crops = np.stack([dataset.example(11, n)[0] for n in range(count)])
        with torch.inference_mode():
            expected = net(torch.from_numpy(crops))
        for got, want in zip(session.run(None, {"crops": crops}), expected, strict=True):
            assert np.abs(got - want.numpy()).max() <= 1e-4


def test_the_shipped_network_is_the_shipped_weights() -> None:
    folder = dataset.places.models_folder()
    net = export.load_trained(folder)
    session = onnxruntime.InferenceSession(folder / f"{NETWORK_NAME}.onnx")
    crops = np.stack([dataset.example(12, n)[0] for n in range(4)])
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


def test_the_temperature_mends_overconfidence() -> None:
    torch.manual_seed(0)
    level = torch.randint(0, 2, (2000,))
    noisy = (2 * level - 1) * 1.0 + torch.randn(2000)
    too_sure = (6 * noisy)[:, None]
    losses = {t: float(train._negative_log(too_sure / t, level)) for t in (1.0, 3.0)}
    assert losses[3.0] < losses[1.0]
