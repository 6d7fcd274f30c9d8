"""A layer's output, heard by a hook, is the layer's output; the module is as it was."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils import shuffle

from interpkd import DistilledLinearSVC, DistilledLogisticRegression
from interpkd.exceptions import InvalidInputError, NotATeacherError
from interpkd.teachers import TorchFeatures, TorchTeacher

torch = pytest.importorskip("torch")
nn = torch.nn

PIXELS, DIGITS = shuffle(*load_digits(return_X_y=True), random_state=0)
N_TRAIN = 1200


def as_image(table):
    return np.asarray(table, dtype=np.float32).reshape(-1, 1, 8, 8) / 16


class Convolutions(nn.Module):
    """A small convolutional network for digits of 8 x 8 pixels."""

    def __init__(self):
        super().__init__()
        self.maps = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.inner = nn.Sequential(nn.Flatten(), nn.Linear(256, 32), nn.ReLU(), nn.Dropout(0.2))
        self.head = nn.Linear(32, 10)

    def forward(self, images):
        return self.head(self.inner(self.maps(images)))


@pytest.fixture(scope="module")
def network():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = Convolutions()
        images, labels = torch.as_tensor(as_image(PIXELS)), torch.as_tensor(DIGITS)
        optimizer = torch.optim.Adam(module.parameters(), lr=3e-3)
        for _ in range(8):
            for rows in torch.randperm(N_TRAIN).split(64):
                optimizer.zero_grad()
                nn.functional.cross_entropy(module(images[rows]), labels[rows]).backward()
                optimizer.step()
    return module.eval()


def features(module, layer, **settings):
    return TorchFeatures(module, layer=layer, preprocess=as_image, **settings)


def by_hand(module, name):
    with torch.no_grad():
        out = torch.as_tensor(as_image(PIXELS[:50]))
        for one in ("maps", "inner", "head"):
            out = module.get_submodule(one)(out)
            if one == name:
                return out.double().numpy()
    return None


def test_a_layer_by_name(network):
    layer = features(network, "inner", batch_size=16).fit(PIXELS)
    Z = layer.transform(PIXELS[:50])
    assert Z.dtype == np.float64
    np.testing.assert_allclose(Z, by_hand(network, "inner"), atol=1e-5)
    assert layer.n_features_out_ == 32
    assert layer.n_features_in_ == 64
    assert layer.get_feature_names_out()[:2].tolist() == ["inner_0", "inner_1"]
    assert layer.transform(PIXELS[:0]).shape == (0, 32)


def test_the_whole_module_and_inner_names(network):
    out = features(network, "").fit_transform(PIXELS[:50])
    np.testing.assert_allclose(out, by_hand(network, "head"), atol=1e-5)
    assert features(network, "").fit(PIXELS).get_feature_names_out()[3] == "output_3"
    inner = features(network, "inner.3").fit_transform(PIXELS[:50])
    np.testing.assert_allclose(inner, by_hand(network, "inner"), atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "reduce"),
    [
        ({}, lambda maps: maps.reshape(50, -1)),
        ({"pooling": "mean"}, lambda maps: maps.mean(axis=(2, 3))),
        ({"pooling": "max"}, lambda maps: maps.max(axis=(2, 3))),
        ({"pooling": "max", "feature_axis": -1}, lambda maps: maps.max(axis=(1, 2))),
        ({"pooling": "mean", "feature_axis": 2}, lambda maps: maps.mean(axis=(1, 3))),
    ],
)
def test_maps_become_columns(network, settings, reduce):
    Z = features(network, "maps", **settings).fit_transform(PIXELS[:50])
    np.testing.assert_allclose(Z, reduce(by_hand(network, "maps")), atol=1e-5)


def test_a_linear_student_on_the_networks_features(network):
    teacher = TorchTeacher(network.head, classes=range(10), from_logits=True)
    test = PIXELS[N_TRAIN:]
    network_says = TorchTeacher(
        network, classes=range(10), from_logits=True, preprocess=as_image
    ).predict(test)
    assert np.mean(network_says == DIGITS[N_TRAIN:]) > 0.9
    for student in (DistilledLinearSVC, DistilledLogisticRegression):
        model = make_pipeline(features(network, "inner"), student(teacher, random_state=0))
        model.fit(PIXELS[:N_TRAIN])
        assert np.mean(model.predict(test) == network_says) > 0.95


def test_the_module_is_as_it_was(network):
    module = copy.deepcopy(network).train()
    module.maps.eval()
    before = [part.training for part in module.modules()]
    layer = features(module, "inner").fit(PIXELS)
    np.testing.assert_array_equal(layer.transform(PIXELS[:9]), layer.transform(PIXELS[:9]))
    assert [part.training for part in module.modules()] == before
    assert not module.inner._forward_hooks
    layer.preprocess = np.asarray
    with pytest.raises(RuntimeError, match=r"Expected 3D|Given groups|conv2d"):
        layer.transform(PIXELS[:9])
    assert [part.training for part in module.modules()] == before
    assert not module.inner._forward_hooks
    assert torch.is_grad_enabled()


def test_clones_share_the_module_and_are_not_fitted(network):
    layer = features(network, "inner").fit(PIXELS)
    other = clone(make_pipeline(layer, LogisticRegression()))[0]
    assert other.module is network
    assert not hasattr(other, "n_features_out_")
    assert copy.deepcopy(layer).module is network
    other.set_params(layer="maps")
    assert layer.layer == "inner"
    again = pickle.loads(pickle.dumps(layer))  # noqa: S301 (our own)
    np.testing.assert_array_equal(again.transform(PIXELS), layer.transform(PIXELS))


def test_frames_are_aligned_by_the_names_seen_in_fit():
    table = pd.DataFrame(PIXELS[:30, 18:22], columns=list("abcd"))
    layer = TorchFeatures(nn.Linear(4, 2), layer="").set_output(transform="pandas").fit(table)
    Z = layer.transform(table[["d", "b", "a", "c"]].assign(e=1.0))
    pd.testing.assert_frame_equal(Z, layer.transform(table))
    assert [*Z.columns] == ["output_0", "output_1"]
    with pytest.raises(ValueError, match="input_features is not equal to feature_names_in_"):
        layer.get_feature_names_out(list("abce"))


def test_the_next_layer_may_work_in_place():
    linear = nn.Linear(3, 2)
    nn.init.constant_(linear.weight, -1.0)
    module = nn.Sequential(linear, nn.ReLU(inplace=True))
    rows = PIXELS[:30, 18:21]
    with torch.no_grad():
        expected = linear(torch.as_tensor(rows, dtype=torch.float32)).numpy()
    assert (expected < 0).any()
    np.testing.assert_allclose(TorchFeatures(module, layer="0").fit_transform(rows), expected, 1e-5)


class Sequence(nn.Module):
    """A recurrent network, and layers whose outputs are not one tensor."""

    def __init__(self):
        super().__init__()
        self.recurrent = nn.LSTM(1, 5, batch_first=True)
        self.shared = nn.ReLU()
        self.unused = nn.ReLU()
        self.named = Named()
        self.backwards = nn.LSTM(1, 5)

    def forward(self, table):
        sequence = table[:, :, None]
        states, _ = self.recurrent(sequence)
        self.backwards(sequence)
        return self.shared(self.shared(self.named(states)["last"]))


class Named(nn.Module):
    def forward(self, states):
        return {"last": states[:, -1], "all": states}


@pytest.mark.parametrize(
    ("layer", "settings", "shape"),
    [
        ("recurrent", {"output": 0}, (30, 40)),
        ("recurrent", {"output": 0, "pooling": "mean", "feature_axis": -1}, (30, 5)),
        ("named", {"output": "last", "pooling": "max"}, (30, 5)),
    ],
)
def test_parts_of_tuples_and_mappings(layer, settings, shape):
    assert (
        TorchFeatures(Sequence(), layer=layer, **settings).fit_transform(PIXELS[:30, :8]).shape
        == shape
    )


@pytest.mark.parametrize(
    ("params", "error", "match"),
    [
        ({"module": nn.LSTM}, NotATeacherError, "nn.Module instance, got the class LSTM"),
        ({"layer": "recurent"}, InvalidInputError, r"got 'recurent'. Did you mean: 'recurrent'"),
        ({"layer": 7}, InvalidInputError, r"got 7. There are: 'recurrent', 'shared'"),
        ({"layer": "recurrent"}, InvalidInputError, r"tuple.*output=, a position from 0 to 1"),
        ({"layer": "recurrent", "output": 5}, InvalidInputError, "'output' parameter must be a po"),
        ({"layer": "recurrent", "output": 1}, InvalidInputError, "gives a tuple, not a tensor"),
        ({"layer": "named"}, InvalidInputError, r"dict.*a key among \['last', 'all'\]"),
        ({"layer": "named", "output": "x"}, InvalidInputError, r"must be a key among \['last',"),
        ({"layer": "shared"}, InvalidInputError, "run 2 times for a batch"),
        ({"layer": "unused"}, InvalidInputError, "'unused' is not run when"),
        ({"layer": "named", "pooling": "sum"}, InvalidInputError, "'pooling' parameter must be"),
        (
            {"layer": "named", "output": "all", "pooling": "max", "feature_axis": 0},
            InvalidInputError,
            "'feature_axis' parameter must be a dimension",
        ),
        (
            {"layer": "named", "output": "all", "pooling": "max", "feature_axis": 3},
            InvalidInputError,
            "'feature_axis' parameter must be a dimension",
        ),
    ],
)
def test_bad_parameters(params, error, match):
    params = {"module": Sequence(), "layer": "recurrent"} | params
    with pytest.raises(error, match=match):
        TorchFeatures(params.pop("module"), **params).fit(PIXELS[:30, :8])


def test_rows_must_come_first():
    layer = TorchFeatures(Sequence(), layer="backwards", output=1).set_params(output=0)
    layer.fit(PIXELS[:30, :8])  # one row: nothing tells which dimension is which
    turned = TorchFeatures(Turned(), layer="").fit(PIXELS[:1, :1])
    with pytest.raises(InvalidInputError, match=r"first dimension must be the rows"):
        turned.transform(PIXELS[:30, :1])


class Turned(nn.Module):
    def forward(self, table):
        return table.T


def test_features_must_be_finite():
    with pytest.raises(InvalidInputError, match="must be finite; 2 of 3 rows are not, the first"):
        TorchFeatures(nn.Identity(), layer="").fit([[1.0]]).transform([[1.0], [np.nan], [np.inf]])


def test_no_rows():
    with pytest.raises(InvalidInputError, match="needs at least one row"):
        TorchFeatures(nn.Identity(), layer="").fit(np.empty((0, 2)))
