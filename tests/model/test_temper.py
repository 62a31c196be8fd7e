import numpy as np
import pytest
import torch

from lesionscope.model import dataset, temper
from lesionscope.model.net import LesionNet
from lesionscope.model.rendered import GradedLesions

torch.set_num_threads(1)


def too_sure(count: int = 2000) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    level = torch.randint(0, 2, (count,))
    honest = 2 * (2 * level - 1) + 2 * torch.randn(count)  # log odds of a shift of one in noise one
    return (3 * honest)[:, None].float(), level


def test_the_temperature_mends_overconfidence() -> None:
    logits, level = too_sure()
    assert temper.best_temperature(logits, level) == pytest.approx(3, rel=0.2)
    tempered = temper.negative_log(logits / temper.best_temperature(logits, level), level)
    assert float(tempered) < float(temper.negative_log(logits, level))


def test_left_out_patients_are_judged_by_the_others() -> None:
    logits, level = too_sure()
    patients = np.array([f"P{n % 4}" for n in range(len(level))])
    raw = float(np.abs((torch.sigmoid(logits[:, 0]).numpy() > 0.5).mean() - 0.5))
    assert temper.left_out_error(logits, level, patients) < 0.05 + raw


def test_only_the_temperatures_change() -> None:
    made = [dataset.example(21, n) for n in range(6)]
    lesions = GradedLesions(
        np.stack([one.crop for one in made]),
        np.zeros((6, 160, 160, 3), np.uint8),
        np.array([[1, 0, 0], [2, 1, 1], [3, 2, 0], [0, 0, 0], [1, 1, 1], [2, 2, 0]]),
        ("light",) * 6,
        ("A_v1_arm", "A_v1_arm", "B_v1_arm", "B_v1_arm", "C_v1_arm", "C_v1_arm"),
        ("patch",) * 6,
        np.ones(6),
    )
    net = LesionNet().eval()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    errors = temper.temper(net, lesions)
    assert set(errors) == {"erythema", "scale", "erosion"}
    for name, value in net.state_dict().items():
        assert torch.equal(value, before[name]) == (name != "temperature"), name
