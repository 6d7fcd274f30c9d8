"""
Temperature and alpha
=====================

A neural network is distilled into a logistic regression, over a grid of temperatures and of shares
of the true label (``alpha``). Which pair is most faithful to the network, which is most accurate on
the labels, and does it matter how sure of itself the network is?
"""

# %%
# A table of digits
# -----------------
# Every digit is a row of 16 numbers: the ink in each square of a grid of four by four. A logistic
# regression cannot express all that a network makes of them, so it matters what it is asked for.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from interpkd import DistilledLogisticRegression
from interpkd.fidelity import KLDivergence

digits = load_digits()
ink = digits.images.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)).reshape(-1, 16)


# %%
# Two networks
# ------------
# One is trained to the end and knows its training rows by heart. The other stops when it no longer
# gets better on rows that it has put aside.
def network(stopped_early, seed):
    """Give a network on standardised columns, not fitted yet."""
    return make_pipeline(
        StandardScaler(),
        MLPClassifier(
            (64,),
            learning_rate_init=0.005,
            max_iter=400,
            early_stopping=stopped_early,
            random_state=seed,
        ),
    )


# %%
# The sweep
# ---------
# Each split is made anew, and teacher and student learn from the same rows, as one usually does.
# Generated rows have no labels and would blur what ``alpha`` does, so there are none. A strong
# penalty smooths as temperature does, so it is weak. ``alpha=1``, labels alone, is the logistic
# regression one would have without a teacher.
TEMPERATURES = (1, 2, 4, 8)
ALPHAS = (0, 0.25, 0.5, 0.75)
SPLITS = 5
TEACHERS = {"trained to the end": False, "stopped early": True}

shape = (SPLITS, len(TEMPERATURES), len(ALPHAS))
kl = {name: np.zeros(shape) for name in TEACHERS}  # to the teacher, on rows new to both
accuracy = {name: np.zeros(shape) for name in TEACHERS}  # on the labels of these rows
confidence = {name: np.zeros(SPLITS) for name in TEACHERS}  # on the rows it has learned
teacher_accuracy = {name: np.zeros(SPLITS) for name in TEACHERS}
labels_alone = np.zeros(SPLITS)

for split in range(SPLITS):
    X, X_test, y, y_test = train_test_split(
        ink, digits.target, train_size=0.5, stratify=digits.target, random_state=split
    )
    student = DistilledLogisticRegression(C=100, tol=1e-3, augmentation=None)
    for name, stopped_early in TEACHERS.items():
        teacher = FrozenEstimator(network(stopped_early, split).fit(X, y))
        teacher_says = teacher.predict_proba(X_test)
        confidence[name][split] = teacher.predict_proba(X).max(axis=1).mean()
        teacher_accuracy[name][split] = teacher.score(X_test, y_test)
        student.set_params(teacher=teacher)
        for i, temperature in enumerate(TEMPERATURES):
            for j, alpha in enumerate(ALPHAS):
                student.set_params(temperature=temperature, alpha=alpha).fit(X, y)
                kl[name][split, i, j] = KLDivergence()(teacher_says, student.predict_proba(X_test))
                accuracy[name][split, i, j] = student.score(X_test, y_test)
    labels_alone[split] = student.set_params(temperature=1, alpha=1).fit(X, y).score(X_test, y_test)

# %%
# Means over the splits
# ---------------------
# The frame marks the best cell: the lowest divergence, the highest accuracy. Labels are not
# softened, yet all that the student has learned is mapped back to the teacher's scale: a high
# temperature together with a high ``alpha`` makes a student that is surer than its teacher.
fig, axes = plt.subplots(2, 2, figsize=(8, 6.5), sharex=True, sharey=True)
for row, (name, of_teacher) in zip(axes, kl.items(), strict=True):
    for ax, values, title, best in (
        (row[0], of_teacher.mean(axis=0), "KL(teacher‖student)", np.argmin),
        (row[1], accuracy[name].mean(axis=0), "accuracy on labels", np.argmax),
    ):
        ax.imshow(values, cmap="viridis_r" if best is np.argmin else "viridis", aspect="auto")
        middle = (values.min() + values.max()) / 2
        for (i, j), value in np.ndenumerate(values):
            is_dark = value > middle if best is np.argmin else value < middle
            color = "white" if is_dark else "black"
            ax.text(j, i, f"{value:.3f}", ha="center", va="center", color=color)
        i, j = np.unravel_index(best(values), values.shape)
        frame = plt.Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, color="crimson", linewidth=3)
        ax.add_patch(frame)
        ax.set(title=f"{title}\nteacher {name}", xlabel="alpha", ylabel="temperature")
        ax.set(xticks=range(len(ALPHAS)), xticklabels=ALPHAS)
        ax.set(yticks=range(len(TEMPERATURES)), yticklabels=TEMPERATURES)
        ax.label_outer()
fig.tight_layout()


# %%
# What holds on every split?
# --------------------------
# The most faithful cell is compared with the plain student of the same network (temperature 1,
# ``alpha`` 0) split by split. A difference smaller than its standard error is noise.
def best_cell(scores, pick):
    """Give the place of the best cell, its temperature and its alpha."""
    i, j = np.unravel_index(pick(scores.mean(axis=0)), scores.shape[1:])
    return i, j, TEMPERATURES[i], ALPHAS[j]


for name in TEACHERS:
    for what, scores, pick in (
        ("KL", kl[name], np.argmin),
        ("accuracy", accuracy[name], np.argmax),
    ):
        i, j, temperature, alpha = best_cell(scores, pick)
        gain = scores[:, i, j] - scores[:, 0, 0]
        error = gain.std(ddof=1) / np.sqrt(SPLITS)
        print(
            f"{name}, best {what}: T={temperature}, alpha={alpha}, {gain.mean():+.3f} ± {error:.3f} "
            "against T=1, alpha=0"
        )
print(f"accuracy of labels alone: {labels_alone.mean():.3f}")

# %%
# Conclusion
# ----------
sure, calm = (best_cell(kl[name], np.argmin) for name in TEACHERS)
sure_kl, calm_kl = (kl[name].mean(axis=0) for name in TEACHERS)
half = ALPHAS.index(0.5)
cost_of_labels = {name: kl[name][:, :, half] - kl[name][:, :, 0] for name in TEACHERS}
calm_accuracy = accuracy["stopped early"][:, 0]  # at temperature 1
print(
    "Conclusion: the network that is sure of the rows it has learned (mean confidence "
    f"{confidence['trained to the end'].mean():.3f}) is imitated best at T={sure[2]}, with a KL of "
    f"{sure_kl[sure[:2]]:.3f} against {sure_kl[0, 0]:.3f} at T=1, the one that was stopped early "
    f"({confidence['stopped early'].mean():.3f}) at T={calm[2]}, with {calm_kl[calm[:2]]:.3f} against "
    f"{calm_kl[1, 0]:.3f} at T=2; labels for one half of the target cost fidelity in "
    f"{np.mean([cost > 0 for cost in cost_of_labels.values()]):.0%} of the fits, and take the "
    f"accuracy of the second network's student from {calm_accuracy[:, 0].mean():.3f} to "
    f"{calm_accuracy[:, half].mean():.3f} at T=1, where labels alone give {labels_alone.mean():.3f}."
)
