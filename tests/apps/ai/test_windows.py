"""Sliding windows of ours against MONAI's: the same answer, asked for less often."""

import copy

import pytest
import torch
from monai.inferers import SlidingWindowInferer
from monai.networks.nets import UNet

from apps.ai.runner.effort import Effort
from apps.ai.runner.refusals import BundleRefused
from apps.ai.runner.tuning import TunedNetwork, fold_norms
from apps.ai.runner.warm import WarmModels
from apps.ai.runner.windows import WindowedInference


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(3)
    made = UNet(spatial_dims=3, in_channels=2, out_channels=3, channels=(4, 8), strides=(2,),
                num_res_units=1, norm="batch")  # fmt: skip
    return made.eval()


def image(shape, *, seed=1, air=True):
    """Noise in the middle, one value per channel around it."""
    made = torch.empty(1, 2, *shape)
    made[:, 0], made[:, 1] = 0.0, -1.0
    inside = tuple(slice(one // 3, 2 * one // 3) for one in shape) if air else (slice(None),) * 3
    noise = torch.rand(made[(..., *inside)].shape, generator=torch.Generator().manual_seed(seed))
    made[(..., *inside)] = noise
    return made


@pytest.mark.parametrize("mode", ["constant", "gaussian"])
@pytest.mark.parametrize("overlap", [0.25, 0.5])
@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize(
    "shape", [(48, 40, 56), (20, 16, 12), (8, 30, 30)], ids=["large", "uneven", "padded"]
)
def test_the_answer_is_monais(network, mode, overlap, batch, shape):
    inferer = SlidingWindowInferer((16, 16, 16), batch, overlap=overlap, mode=mode)
    given = image(shape)
    with torch.inference_mode():
        expected = inferer(given, network)
        windows = WindowedInference(inferer)
        got = windows(given, network)
    assert got.shape == expected.shape
    assert torch.allclose(got, expected, atol=1e-5)
    assert (got.argmax(1) == expected.argmax(1)).float().mean() >= 0.9999


def test_air_is_asked_about_once(network):
    inferer = SlidingWindowInferer((8, 8, 8), 4, overlap=0.5)
    asked = []

    def counting(data):
        asked.append(len(data))
        return network(data)

    windows = WindowedInference(inferer)
    with torch.inference_mode():
        windows(image((48, 48, 48)), counting)
    assert windows.counted.windows == 11**3
    # Once more, to see that it is one answer.
    assert sum(asked) == windows.counted.asked + 1
    assert windows.counted.asked < windows.counted.windows / 5


def test_a_network_that_answers_differently_is_asked_every_time(network):
    calls = []

    def random(data):
        calls.append(len(data))
        return network(data) + torch.rand(1)

    windows = WindowedInference(SlidingWindowInferer((16, 16, 16), 4, overlap=0.25))
    with torch.inference_mode():
        windows(image((48, 48, 48)), random)
    assert windows.counted.asked == windows.counted.windows == sum(calls) - 2


@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_an_arranged_network_gives_the_same_answer(norm):
    """Statistics that are not those of a fresh network, so that folding has something to fold."""
    torch.manual_seed(4)
    made = UNet(spatial_dims=3, in_channels=2, out_channels=3, channels=(4, 8), strides=(2,),
                num_res_units=2, norm=norm, dropout=0.2)  # fmt: skip
    made.train()(image((16, 16, 16), air=False))
    made.eval()
    inferer = SlidingWindowInferer((16, 16, 16), 1, overlap=0.25, mode="gaussian")
    arranged = TunedNetwork(made, device=torch.device("cpu"))
    assert arranged.batch == (2 if norm == "batch" else 1)
    given = image((40, 40, 40))
    with torch.inference_mode():
        expected = inferer(given, made)
        got = WindowedInference(inferer)(given, made, arranged)
    assert torch.allclose(got, expected, atol=1e-4)
    assert (got.argmax(1) == expected.argmax(1)).float().mean() >= 0.9999
    kept = [one for one in made.modules() if isinstance(one, torch.nn.BatchNorm3d)]
    assert bool(kept) == (norm == "batch"), "the bundle's own network is left as it is"
    assert fold_norms(copy.deepcopy(made)) == len(kept)


def test_a_network_that_folding_would_change_keeps_its_own_arithmetic():
    class Twice(torch.nn.Module):
        """Uses its convolution once with and once without what stands after it."""

        def __init__(self):
            super().__init__()
            self.both = torch.nn.Sequential(torch.nn.Conv3d(2, 2, 1), torch.nn.BatchNorm3d(2))

        def forward(self, data):
            return self.both[0](data) - self.both(data)

    torch.manual_seed(5)
    network = Twice()
    network.train()(3 * image((8, 8, 8), air=False) + 7)
    network.eval()
    arranged = TunedNetwork(network, device=torch.device("cpu"))
    given = image((8, 8, 8), air=False)
    with torch.inference_mode():
        assert torch.equal(arranged(given), network(given))
        assert arranged.batch == 1, "the arranged one answered otherwise and was dropped"


def test_one_window_at_a_time_gives_the_same_labels(network):
    inferer = SlidingWindowInferer((16, 16, 16), 8, overlap=0.25)
    seen = []

    def noting(data):
        seen.append(len(data))
        return network(data)

    given = image((48, 40, 56), air=False)
    with torch.inference_mode():
        usual = WindowedInference(inferer)(given, network)
        small = WindowedInference(inferer, effort=Effort.ONE_WINDOW)(given, noting)
    assert set(seen) == {1}
    assert torch.allclose(usual, small, atol=1e-5)
    assert inferer.sw_batch_size == 8, "the bundle's own inferer is left as it is"


def test_a_network_with_several_maps_goes_the_way_of_monai(network):
    inferer = SlidingWindowInferer((16, 16, 16), 2, overlap=0.25)
    given = image((24, 24, 24))

    def several(data):
        return {"a": network(data), "b": data}

    with torch.inference_mode():
        expected, got = inferer(given, several), WindowedInference(inferer)(given, several)
    assert set(got) == {"a", "b"}
    assert torch.allclose(expected["a"], got["a"])


def test_an_inferer_without_windows_has_no_smaller_step(network):
    whole = WindowedInference(lambda data, net: net(data))
    assert whole(image((16, 16, 16)), network).shape == (1, 3, 16, 16, 16)
    whole.effort = Effort.ONE_WINDOW
    with pytest.raises(BundleRefused) as caught:
        whole(image((16, 16, 16)), network)
    assert caught.value.code == "out_of_memory"


class Sized:
    def __init__(self, name: str, memory_bytes: int) -> None:
        self.name, self.memory_bytes = name, memory_bytes


def test_warm_models_go_by_size_and_the_least_recently_used_first():
    loaded = []

    def take(name, size, room=0):
        return warm.take(name, device="cpu", room_bytes=room,
                         load=lambda: loaded.append(name) or Sized(name, size))  # fmt: skip

    warm = WarmModels(budget_bytes=100)
    for name in ("a", "b", "c"):
        take(name, 30)
    assert len(warm) == 3, "three small ones stay, where a count of two would not let them"
    take("a", 30)
    take("d", 60)
    assert loaded == ["a", "b", "c", "d"]
    take("a", 30)
    assert loaded == ["a", "b", "c", "d"], "b and c made room, a was used since"
    take("b", 30)
    assert loaded[-1] == "b"
    take("large", 500)
    assert len(warm) == 1, "one that is larger than all may have is still run"
    take("x", 1, room=1 << 60)
    assert len(warm) == 1, "where the device has too little free, all others go"
