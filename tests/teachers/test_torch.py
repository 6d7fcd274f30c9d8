"""A torch module is asked as a frozen teacher, and is afterwards as it was."""

import copy
import pickle
import threading

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from scipy.special import expit, softmax
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.compose import make_column_transformer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from interpkd import (
    DistilledTreeClassifier,
    DistilledTreeRegressor,
    as_teacher,
    fidelity_report,
)
from interpkd.exceptions import InvalidInputError, NotATeacherError, TeacherError
from interpkd.teachers import TorchTeacher, is_frozen

torch = pytest.importorskip("torch")
nn = torch.nn

rng = np.random.default_rng(0)
X = rng.normal(size=(120, 4))
FRAME = pd.DataFrame(X, columns=["one", "two", "three", "four"])


@pytest.fixture
def network():
    """A network whose answers depend on its mode: batch normalisation and dropout."""
    generator = torch.Generator().manual_seed(0)
    module = nn.Sequential(
        nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3)
    )
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return module


class Answer(nn.Module):
    """Give what it was told to give, whatever the rows."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def forward(self, batch):
        return self.answer[: len(batch)] if hasattr(self.answer, "dtype") else self.answer


class Small(nn.Module):
    """Run out of memory above so many rows."""

    def __init__(self, most, error=None):
        super().__init__()
        self.most, self.sizes = most, []
        self.error = torch.OutOfMemoryError("CUDA out of memory.") if error is None else error

    def forward(self, batch):
        if len(batch) > self.most:
            raise self.error
        self.sizes.append(len(batch))
        return batch[:, :3]


def by_hand(module, rows):
    """Ask the module itself, in eval mode."""
    asked = copy.deepcopy(module).eval()
    with torch.no_grad():
        return asked(torch.as_tensor(rows, dtype=torch.float32)).numpy().astype(float)


def test_logits_become_probabilities(network):
    teacher = TorchTeacher(network, classes=list("abc"), from_logits=True, batch_size=50)
    P = teacher.predict_proba(X)
    assert P.dtype == np.float64
    np.testing.assert_allclose(P, softmax(by_hand(network, X), axis=1), atol=1e-6)
    np.testing.assert_array_equal(teacher.predict(X), np.array(list("abc"))[P.argmax(axis=1)])
    assert is_classifier(teacher)
    assert is_frozen(teacher)
    assert teacher.score(X, teacher.predict(X)) == 1


def test_probabilities_are_taken_as_they_are(network):
    whole = nn.Sequential(network, nn.Softmax(dim=1))
    teacher = as_teacher(whole, classes=list("abc"))
    assert isinstance(teacher, TorchTeacher)
    assert as_teacher(teacher) is teacher
    logits = TorchTeacher(network, classes=list("abc"), from_logits=True)
    np.testing.assert_allclose(teacher.predict_proba(X), logits.predict_proba(X), atol=1e-6)
    renamed = as_teacher(teacher, classes=list("xyz"))
    assert renamed.classes_.tolist() == list("xyz")
    np.testing.assert_allclose(renamed.predict_proba(X), teacher.predict_proba(X), atol=1e-15)


def test_log_probabilities_are_logits(network):
    logits = TorchTeacher(network, classes=[0, 1, 2], from_logits=True)
    logs = TorchTeacher(nn.Sequential(network, nn.LogSoftmax(1)), classes=[0, 1, 2])
    logs.from_logits = True
    np.testing.assert_allclose(logs.predict_proba(X), logits.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("tail", [(), (nn.Flatten(0),)])
def test_one_output_is_the_second_class(tail):
    module = nn.Linear(4, 1)
    logit = by_hand(module, X)[:, 0]
    teacher = TorchTeacher(nn.Sequential(module, *tail), classes=["no", "yes"], from_logits=True)
    np.testing.assert_allclose(teacher.predict_proba(X)[:, 1], expit(logit), atol=1e-6)
    teacher = as_teacher(nn.Sequential(module, nn.Sigmoid(), *tail), classes=["no", "yes"])
    np.testing.assert_allclose(teacher.predict_proba(X)[:, 1], expit(logit), atol=1e-6)
    with pytest.raises(TeacherError, match=r"are no probabilities.*pass from_logits=True"):
        as_teacher(nn.Sequential(module, *tail), classes=["no", "yes"]).predict_proba(X)


@pytest.mark.parametrize("tail", [(), (nn.Flatten(0),)])
def test_regression(tail):
    module = nn.Sequential(nn.Linear(4, 1), *tail)
    teacher = as_teacher(module)
    assert is_regressor(teacher)
    assert is_frozen(teacher)
    assert not hasattr(teacher, "predict_proba")
    assert not hasattr(teacher, "classes_")
    np.testing.assert_allclose(teacher.predict(X), by_hand(module, X).ravel(), atol=1e-6)
    assert teacher.score(X, teacher.predict(X)) == 1
    student = DistilledTreeRegressor(teacher, max_leaf_nodes=16, random_state=0).fit(X)
    assert student.score(X, teacher.predict(X)) > 0.5
    with pytest.raises(TeacherError, match=r"shape \(120,\), got \(120, 3\)"):
        as_teacher(nn.Linear(4, 3)).predict(X)


def test_mode_and_gradients_are_given_back(network):
    network.train()
    network[1].eval()  # a frozen layer inside a module that is being trained
    before = [part.training for part in network.modules()]
    teacher = TorchTeacher(network, classes=[0, 1, 2], from_logits=True)
    one, two = teacher.predict_proba(X), teacher.predict_proba(X)
    np.testing.assert_array_equal(one, two)
    assert [part.training for part in network.modules()] == before
    assert torch.is_grad_enabled()
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert network[1].num_batches_tracked == 0  # its statistics are not touched


def test_all_is_given_back_after_an_error(network):
    network.train()
    network[3].eval()
    before = [part.training for part in network.modules()]
    teacher = TorchTeacher(network, classes=[0, 1, 2], from_logits=True)
    with pytest.raises(RuntimeError, match="mat1 and mat2") as caught:
        teacher.predict_proba(X[:, :3])
    assert "the rows 0 to 119, as a batch of shape (120, 3)" in caught.value.__notes__[0]
    assert [part.training for part in network.modules()] == before
    assert torch.is_grad_enabled()


def test_a_layer_with_a_mode_of_its_own():
    """Some layers do more in `train` than set a flag: merge weights, for instance."""

    class Merging(nn.Linear):
        merged = False

        def train(self, mode=True):
            self.merged = not mode
            return super().train(mode)

    module = nn.Sequential(Merging(4, 3), nn.Sequential(Merging(3, 3)))
    module[1].eval()
    TorchTeacher(module, classes=[0, 1, 2], from_logits=True).predict_proba(X)
    assert (module[0].merged, module[1][0].merged) == (False, True)
    assert [part.training for part in module.modules()] == [True, True, False, False]


def test_an_exported_program_is_a_module(network):
    rows = torch.export.Dim("rows")
    example = torch.zeros(5, 4)
    program = torch.export.export(network.eval(), (example,), dynamic_shapes=({0: rows},))
    teacher = TorchTeacher(program.module(), classes=[0, 1, 2], from_logits=True)
    np.testing.assert_allclose(
        teacher.predict_proba(X), softmax(by_hand(network, X), axis=1), atol=1e-6
    )


def test_threads_wait_for_each_other(network):
    """Without that, one would switch dropout on while another asks."""
    network.train()
    teacher = TorchTeacher(network, classes=[0, 1, 2], from_logits=True, batch_size=7)
    expected, answers = teacher.predict_proba(X), []
    workers = [
        threading.Thread(target=lambda: answers.append(teacher.predict_proba(X))) for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for answer in answers:
        np.testing.assert_array_equal(answer, expected)


@pytest.mark.parametrize("dtype", ["float64", "bfloat16", "float16"])
def test_rows_are_cast_to_the_modules_dtype(network, dtype):
    expected = softmax(by_hand(network, X), axis=1)
    module = nn.Sequential(network, nn.Softmax(dim=1)).to(getattr(torch, dtype))
    P = as_teacher(module, classes=[0, 1, 2]).predict_proba(X)
    assert P.dtype == np.float64
    np.testing.assert_allclose(P.sum(axis=1), 1, atol=1e-15)
    np.testing.assert_allclose(P, expected, atol=0.2)
    integers = rng.integers(0, 3, size=(10, 4))
    assert as_teacher(module, classes=[0, 1, 2]).predict_proba(integers).shape == (10, 3)


def test_integers_stay_where_preprocess_gives_them():
    words = nn.Sequential(nn.Embedding(10, 3), nn.Flatten(), nn.Linear(12, 2))
    tokens = rng.integers(0, 10, size=(20, 4)).astype(float)
    teacher = TorchTeacher(
        words, classes=[0, 1], from_logits=True, preprocess=lambda table: table.astype(np.int64)
    )
    assert teacher.predict_proba(tokens).shape == (20, 2)


def test_tensors_lists_and_sparse_rows(network):
    teacher = TorchTeacher(network, classes=[0, 1, 2], from_logits=True, batch_size=50)
    expected = teacher.predict_proba(X)
    for rows in (torch.as_tensor(X), X.tolist(), sparse.csr_array(X), X[::-1][::-1]):
        np.testing.assert_array_equal(teacher.predict_proba(rows), expected)
    assert teacher.predict_proba(X[:0]).shape == (0, 3)


def test_a_module_without_parameters():
    softmax_of_rows = TorchTeacher(nn.Identity(), classes=range(4), from_logits=True)
    np.testing.assert_allclose(softmax_of_rows.predict_proba(X), softmax(X, axis=1), atol=1e-6)


@pytest.mark.parametrize(
    "error", [None, RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried ...")]
)
def test_batches_shrink_when_memory_is_short(error):
    module = Small(16, error)
    teacher = TorchTeacher(module, classes=[0, 1, 2], from_logits=True, batch_size=100)
    np.testing.assert_allclose(teacher.predict_proba(X), softmax(X[:, :3], axis=1), atol=1e-6)
    assert module.sizes == [13] * 9 + [3]  # 100, 50, 25, 13: halved, and kept for the rest


def test_one_row_that_does_not_fit_is_an_error():
    teacher = TorchTeacher(Small(0), classes=[0, 1, 2], from_logits=True)
    with pytest.raises(torch.OutOfMemoryError, match="out of memory") as caught:
        teacher.predict_proba(X)
    assert "about the row 0" in caught.value.__notes__[0]


def test_other_errors_are_no_reason_to_try_again():
    module = Small(16, ValueError("no such thing"))
    with pytest.raises(ValueError, match="no such thing"):
        TorchTeacher(module, classes=[0, 1, 2], from_logits=True).predict_proba(X)


def test_columns_are_aligned_by_name(network):
    shuffled = FRAME[["four", "two", "one", "three"]].assign(five="text")
    scaler = StandardScaler().fit(FRAME)
    by_scaler = TorchTeacher(network, classes=[0, 1, 2], from_logits=True, preprocess=scaler)
    np.testing.assert_array_equal(by_scaler.predict_proba(shuffled), by_scaler.predict_proba(FRAME))
    np.testing.assert_allclose(
        by_scaler.predict_proba(FRAME), softmax(by_hand(network, scaler.transform(FRAME)), 1), 1e-4
    )
    named = TorchTeacher(network, classes=[0, 1, 2], from_logits=True, feature_names=[*FRAME])
    expected = named.predict_proba(X)
    for table in (shuffled, pl.from_pandas(shuffled), FRAME):
        np.testing.assert_array_equal(named.predict_proba(table), expected)
    assert list(named.feature_names_in_) == [*FRAME]
    with pytest.raises(InvalidInputError, match="trained on the column 'two', which the table"):
        named.predict_proba(FRAME.drop(columns="two"))
    nameless = TorchTeacher(network, classes=[0, 1, 2], from_logits=True)
    assert not hasattr(nameless, "feature_names_in_")


def test_preprocess_reads_a_raw_table(network):
    table = FRAME[["one"]].assign(kind=np.where(X[:, 1] > 0, "a", "b"), three=X[:, 2])
    columns = make_column_transformer(
        (OneHotEncoder(), ["kind"]), remainder="passthrough", sparse_threshold=0
    ).fit(table)
    teacher = TorchTeacher(network, classes=[0, 1, 2], from_logits=True, preprocess=columns)
    student = DistilledTreeClassifier(teacher, max_leaf_nodes=8, random_state=0).fit(table)
    assert np.mean(student.predict(table) == teacher.predict(table)) > 0.6
    with pytest.raises(InvalidInputError, match=r"'kind' holds text.*preprocess="):
        TorchTeacher(network, classes=[0, 1, 2]).predict_proba(table)


def test_images_are_made_of_flat_pixels():
    module = nn.Sequential(nn.Conv2d(1, 2, 2), nn.Flatten(), nn.Linear(2, 3))
    teacher = TorchTeacher(
        module,
        classes=[0, 1, 2],
        from_logits=True,
        preprocess=lambda table: np.asarray(table).reshape(-1, 1, 2, 2),
    )
    assert teacher.predict_proba(X).shape == (120, 3)


def test_clones_and_copies_share_the_module(network):
    scaler = StandardScaler().fit(X)
    teacher = TorchTeacher(network, classes=[0, 1, 2], from_logits=True, preprocess=scaler)
    student = DistilledTreeClassifier(teacher, random_state=0)
    for other in (
        clone(teacher),
        copy.deepcopy(teacher),
        clone(student).teacher,
        copy.deepcopy(student).teacher,
    ):
        assert other.module is network
        assert other.preprocess is scaler
    other = clone(teacher).set_params(batch_size=3)
    assert teacher.batch_size == 1024
    np.testing.assert_allclose(other.predict_proba(X), teacher.predict_proba(X), atol=1e-6)
    assert teacher.fit(X[:3], [0, 1, 2]) is teacher


def test_pickle(network):
    teacher = TorchTeacher(network.eval(), classes=[0, 1, 2], from_logits=True)
    again = pickle.loads(pickle.dumps(teacher))  # noqa: S301 (our own)
    np.testing.assert_array_equal(again.predict_proba(X), teacher.predict_proba(X))


def test_grid_search(network):
    teacher = TorchTeacher(network, classes=list("abc"), from_logits=True)
    y = teacher.predict(X)
    search = GridSearchCV(
        DistilledTreeClassifier(teacher, random_state=0),
        {"max_leaf_nodes": [2, 8], "teacher__batch_size": [16]},
        cv=2,
        error_score="raise",
    ).fit(X, y)
    assert search.best_params_["max_leaf_nodes"] == 8
    assert search.best_estimator_.teacher.module is network
    assert teacher.batch_size == 1024


def test_a_student_of_a_module_knows_its_classes(network):
    teacher = TorchTeacher(network, classes=["red", "white", "rose"], from_logits=True)
    student = DistilledTreeClassifier(teacher, max_leaf_nodes=32, random_state=0).fit(X)
    assert set(student.classes_) == {"red", "white", "rose"}
    assert fidelity_report(student, X).to_dict()["agreement"]["estimate"] > 0.7


@pytest.mark.parametrize(
    ("answer", "match"),
    [
        (torch.zeros(120, 3), r"are no probabilities.*120 of 120 rows.*from_logits=True"),
        (torch.full((120, 3), torch.nan), "must be finite; 120 of 120 rows"),
        (torch.full((120, 2), 0.5), r"shape \(120, 3\), got \(120, 2\)"),
        (torch.full((120, 1), 0.5), r"shape \(120, 3\), got \(120, 1\)"),
        (torch.full((119, 3), 1 / 3), r"one row of numbers per row, 120 here"),
        (torch.full((120, 3), 1j), "complex64"),
        ((torch.zeros(120, 3), None), "must give one tensor, got a tuple"),
        ({"logits": torch.zeros(120, 3)}, r"dict with the keys \['logits'\]"),
    ],
)
def test_malformed_answers_are_refused(answer, match):
    teacher = TorchTeacher(Answer(answer), classes=[0, 1, 2])
    with pytest.raises(TeacherError, match=match):
        teacher.predict_proba(X)


@pytest.mark.parametrize("shape", [(120, 3), (120, 1)])
def test_infinite_logits_are_refused(shape):
    classes = [0, 1, 2] if shape[1] == 3 else [0, 1]
    module = Answer(torch.full(shape, -torch.inf))
    with pytest.raises(TeacherError, match="Logits of the teacher must be finite; 120 of 120"):
        TorchTeacher(module, classes=classes, from_logits=True).predict_proba(X)


@pytest.mark.parametrize(
    ("params", "error", "match"),
    [
        ({"module": nn.Linear}, NotATeacherError, "nn.Module instance, got the class Linear"),
        ({"module": len}, NotATeacherError, "nn.Module instance, got <built-in function len>"),
        ({"classes": [1]}, InvalidInputError, "at least two different labels"),
        ({"classes": None}, InvalidInputError, r"from_logits=True is for a classification"),
        ({"from_logits": 1}, InvalidInputError, "'from_logits' parameter must be True or False"),
        ({"batch_size": 0}, InvalidInputError, "'batch_size' parameter must be an integer"),
        ({"batch_size": True}, InvalidInputError, "'batch_size' parameter must be an integer"),
        ({"preprocess": 3}, InvalidInputError, "'preprocess' parameter must be None, a fitted"),
        ({"preprocess": lambda X: X[:2]}, InvalidInputError, "one row per row of the table, 120"),
        ({"preprocess": lambda X: 3.0}, InvalidInputError, "one row per row of the table, 120"),
        ({"device": "abacus"}, InvalidInputError, "'device' parameter must be None or a torch"),
    ],
)
def test_bad_parameters(network, params, error, match):
    settings = {"module": network, "classes": [0, 1, 2], "from_logits": True} | params
    with pytest.raises(error, match=match):
        TorchTeacher(settings.pop("module"), **settings).predict(X)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there(network):
    teacher = TorchTeacher(network, classes=[0, 1, 2], from_logits=True, device="cuda:0")
    with pytest.raises(InvalidInputError, match=r"needs CUDA, and torch .* sees none here"):
        teacher.predict_proba(X)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_the_device_is_given_back(network):
    network.eval()
    weight = network[0].weight
    teacher = TorchTeacher(network, classes=[0, 1, 2], from_logits=True)
    expected = teacher.predict_proba(X)
    teacher.set_params(device="cuda")
    np.testing.assert_allclose(teacher.predict_proba(X), expected, atol=1e-4)
    assert network[0].weight is weight
    assert {tensor.device.type for tensor in network.parameters()} == {"cpu"}
    network.to("cuda")
    np.testing.assert_allclose(
        teacher.set_params(device=None).predict_proba(X), expected, atol=1e-4
    )
    assert {tensor.device.type for tensor in network.parameters()} == {"cuda"}


def test_the_move_is_given_back_after_an_error(network, monkeypatch):
    """No second device is at hand: the moves are counted instead."""
    moves = []
    monkeypatch.setattr(network, "to", lambda place: moves.append(str(place)), raising=False)
    teacher = TorchTeacher(network, classes=[0, 1, 2], from_logits=True, device="meta")
    with pytest.raises(RuntimeError, match="meta"):
        teacher.predict_proba(X)
    assert moves == ["meta", "cpu"]


def test_a_module_on_several_devices_stays_there(network):
    network[4].to("meta")
    teacher = TorchTeacher(network, classes=[0, 1, 2], from_logits=True, device="cpu")
    with pytest.raises(InvalidInputError, match=r"several devices \(cpu, meta\)"):
        teacher.predict_proba(X)


def test_a_pipeline_may_stand_before_it(network):
    scaled = make_pipeline(StandardScaler(), TorchTeacher(network, classes=[0, 1, 2]))
    scaled.set_params(torchteacher__from_logits=True)
    assert as_teacher(scaled.fit(X, [0] * 120)).predict_proba(X).shape == (120, 3)
