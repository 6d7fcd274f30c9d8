"""
Linear students on a network's features
=======================================

A convolutional network reads handwritten digits. Its last layer is linear, so a linear student
should be able to take the network's place, if it sees what that layer sees. Does it, and how far
does the same student come on raw pixels?
"""

# %%
# A small convolutional network
# -----------------------------
# The 1797 digits of 8 x 8 pixels that come with scikit-learn; 1000 to learn from.
import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from torch import nn

from interpkd import DistilledLinearSVC, DistilledLogisticRegression
from interpkd.teachers import TorchFeatures, TorchTeacher

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=1000, stratify=y, random_state=0
)


def to_images(pixels):
    """Make images of shape (rows, 1, 8, 8) of flat pixels."""
    return np.asarray(pixels, dtype=np.float32).reshape(-1, 1, 8, 8) / 16


torch.manual_seed(0)
network = nn.Sequential(
    nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU()),
    nn.Sequential(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
    nn.Sequential(nn.Flatten(), nn.Linear(512, 32), nn.ReLU()),
    nn.Linear(32, 10),
)
images, labels = torch.as_tensor(to_images(X_train)), torch.as_tensor(y_train)
optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
for _ in range(25):
    for rows in torch.randperm(len(images)).split(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(images[rows]), labels[rows]).backward()
        optimizer.step()

# %%
# Two teachers, one network
# -------------------------
# The whole network is the teacher of students on pixels. Its last layer alone, which takes the 32
# features of the layer before, is the teacher of students on features. Neither is copied or
# trained any further; both give the same probabilities.
whole = TorchTeacher(network, classes=range(10), from_logits=True, preprocess=to_images)
head = TorchTeacher(network[3], classes=range(10), from_logits=True)
features = TorchFeatures(network, layer="2", preprocess=to_images)
gap = np.abs(head.predict_proba(features.fit_transform(X_test)) - whole.predict_proba(X_test))
print(f"The network is right on {np.mean(whole.predict(X_test) == y_test):.1%} of new digits.")
print(f"Largest difference between the two teachers: {gap.max():.0e}")

# %%
# The same students on pixels and on features
# -------------------------------------------
# Each learns from the network's answers only, without the true digits.
students = {
    "linear SVM": DistilledLinearSVC,
    "logistic regression": DistilledLogisticRegression,
}
decided = whole.predict(X_test)
agreement = {place: {} for place in ("pixels", "features")}
for name, student in students.items():
    models = {
        "pixels": student(whole, random_state=0),
        "features": make_pipeline(features, student(head, random_state=0)),
    }
    for place, model in models.items():
        predicted = model.fit(X_train).predict(X_test)
        agreement[place][name] = np.mean(predicted == decided)
        print(
            f"{name} on {place}: decides as the network on {agreement[place][name]:.1%}, "
            f"right on {np.mean(predicted == y_test):.1%}"
        )

# %%
# How often a student decides otherwise
# -------------------------------------
fig, ax = plt.subplots(figsize=(6, 4))
for shift, (place, values) in zip((-0.2, 0.2), agreement.items(), strict=True):
    otherwise = [100 * (1 - value) for value in values.values()]
    ax.bar(np.arange(len(students)) + shift, otherwise, width=0.4, label=f"on {place}")
ax.set(xticks=range(len(students)), xticklabels=students, ylabel="decides otherwise, % of digits")
ax.legend()
fig.tight_layout()

# %%
# Conclusion
# ----------
pixels, inner = agreement["pixels"], agreement["features"]
print(
    "Conclusion: on the network's 32 features the logistic regression decides as the network does "
    f"on {inner['logistic regression']:.1%} of new digits and the linear SVM on "
    f"{inner['linear SVM']:.1%}, on the 64 pixels on {pixels['logistic regression']:.1%} and "
    f"{pixels['linear SVM']:.1%}."
)
