import pytest
import torch

from lesionscope.model.net import CHANNELS, LesionNet, corn_loss, corn_probabilities

torch.set_num_threads(1)


def test_probabilities_sum_to_one_and_follow_the_logits() -> None:
    chances = corn_probabilities(torch.tensor([[8.0, 8.0, -8.0], [-8.0, 0.0, 0.0]]))
    assert chances.sum(dim=1).tolist() == pytest.approx([1, 1])
    assert chances.argmax(dim=1).tolist() == [2, 0]
    assert bool((chances >= 0).all())


def test_the_loss_is_least_at_the_true_level() -> None:
    level = torch.tensor([2])
    right = corn_loss(torch.tensor([[5.0, 5.0, -5.0]]), level)
    near = corn_loss(torch.tensor([[5.0, -5.0, -5.0]]), level)
    far = corn_loss(torch.tensor([[-5.0, -5.0, -5.0]]), level)
    assert float(right) < 0.01 < float(near) < float(far)


def test_questions_above_the_level_do_not_count() -> None:
    level = torch.tensor([0])
    one = corn_loss(torch.tensor([[-1.0, 9.0]]), level)
    other = corn_loss(torch.tensor([[-1.0, -9.0]]), level)
    assert float(one) == pytest.approx(float(other))


def test_ordinal_heads_learn_an_order() -> None:
    torch.manual_seed(0)
    x = torch.linspace(-1, 1, 32)[:, None]
    level = torch.bucketize(x[:, 0], torch.tensor([-0.5, 0.0, 0.5]))
    head = torch.nn.Linear(1, 3)
    optimiser = torch.optim.Adam(head.parameters(), lr=0.2)
    for _ in range(120):
        optimiser.zero_grad()
        corn_loss(head(x), level).backward()
        optimiser.step()
    exact = (corn_probabilities(head(x)).argmax(dim=1) == level).float().mean()
    assert float(exact) > 0.9


def test_the_network_answers_for_each_item_and_stays_small() -> None:
    net = LesionNet().eval()
    with torch.inference_mode():
        erythema, scale, erosion, distance, maps = net(torch.rand(3, CHANNELS, 160, 160))
    assert (erythema.shape, scale.shape, erosion.shape) == ((3, 4), (3, 3), (3, 2))
    assert distance.shape == (3,)
    assert maps.shape == (3, 2, 40, 40)
    assert 0 <= float(maps.min()) <= float(maps.max()) <= 1
    assert sum(p.numel() for p in net.parameters()) < 1_500_000


def test_an_empty_outline_gives_finite_answers() -> None:
    net = LesionNet().eval()
    with torch.inference_mode():
        answers = net(torch.zeros(1, CHANNELS, 160, 160))
    assert all(bool(torch.isfinite(answer).all()) for answer in answers)
