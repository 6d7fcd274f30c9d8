"""
A text network, and what a linear student can read
==================================================

A small transformer tells from a docstring which package of the standard library it belongs to. A
logistic regression imitates it twice: on the features that the network pools over a text, and on
the bag of its words, where every coefficient belongs to a word.
"""

# %%
# Text that every machine has
# ---------------------------
# The docstrings of five packages, read from their source. The packages' own names are taken out,
# or a text would often give itself away.
import ast
import re
import sysconfig
from collections import Counter
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from torch import nn

from interpkd import DistilledLogisticRegression
from interpkd.teachers import TorchFeatures, TorchTeacher

PACKAGES = ["asyncio", "email", "importlib", "logging", "unittest"]
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def docstrings(package):
    """Yield the words of every docstring of a package that has five words or more."""
    for path in sorted((Path(sysconfig.get_path("stdlib")) / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            text = ast.get_docstring(node) if isinstance(node, DOCUMENTED) else None
            words = [w for w in re.findall(r"[a-z]+", (text or "").lower()) if w not in PACKAGES]
            if len(words) >= 5:
                yield words


texts, labels = zip(
    *[(words, name) for name in PACKAGES for words in docstrings(name)], strict=True
)
train, test = train_test_split(
    np.arange(len(texts)), train_size=0.7, stratify=labels, random_state=0
)
y = np.array(labels)
print(pd.Series(y).value_counts().to_string())

# %%
# Words as numbers
# ----------------
# The 400 most frequent words of the training texts are numbered from 2; 1 is any other word, 0 fills
# up texts shorter than 48 words.
LENGTH = 48
counted = Counter(word for i in train for word in set(texts[i]))
vocabulary = sorted(word for word, _ in counted.most_common(400))
number = {word: i + 2 for i, word in enumerate(vocabulary)}
tokens = np.zeros((len(texts), LENGTH), dtype=np.int64)
for i, words in enumerate(texts):
    numbers = [number.get(word, 1) for word in words[:LENGTH]]
    tokens[i, : len(numbers)] = numbers


# %%
# A small transformer
# -------------------
# Words and positions are embedded, attend to each other in one layer, and are averaged to 32
# features, from which a linear head gives the logits of the packages.
class Pool(nn.Module):
    """Average over the words of a text."""

    def forward(self, states, is_word):
        """Leave out what only fills up."""
        weights = is_word[:, :, None].to(states.dtype)
        return (states * weights).sum(1) / weights.sum(1)


class TextNetwork(nn.Module):
    """One layer of attention over words."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(len(vocabulary) + 2, 32)
        self.places = nn.Parameter(0.1 * torch.randn(LENGTH, 32))
        self.layer = nn.TransformerEncoderLayer(32, 2, 64, dropout=0.3, batch_first=True)
        self.pool = Pool()
        self.head = nn.Linear(32, len(PACKAGES))

    def forward(self, numbers):
        """Give the logits of the packages."""
        is_word = numbers > 0
        states = self.layer(self.words(numbers) + self.places, src_key_padding_mask=~is_word)
        return self.head(self.pool(states, is_word))


torch.manual_seed(0)
network = TextNetwork()
inputs = torch.as_tensor(tokens[train])
targets = torch.as_tensor(np.searchsorted(PACKAGES, y[train]))
optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.05)
for _ in range(8):
    for rows in torch.randperm(len(inputs)).split(32):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(inputs[rows]), targets[rows]).backward()
        optimizer.step()


# %%
# The teachers
# ------------
# Word numbers must stay integers, so `preprocess` gives them as such.
def as_integers(table):
    """Give word numbers as the embedding takes them."""
    return np.asarray(table, dtype=np.int64)


whole = TorchTeacher(network, classes=PACKAGES, from_logits=True, preprocess=as_integers)
head = TorchTeacher(network.head, classes=PACKAGES, from_logits=True)
decided = whole.predict(tokens[test])
print(f"The network is right on {np.mean(decided == y[test]):.1%} of new docstrings.")

# %%
# A student on the network's features
# -----------------------------------
on_features = make_pipeline(
    TorchFeatures(network, layer="pool", preprocess=as_integers),
    DistilledLogisticRegression(head, random_state=0),
).fit(tokens[train])

# %%
# A student on words
# ------------------
# Which of the 400 words are in a text, and nothing on their order. The network cannot be asked about
# such rows: the student learns from the probabilities that it gave to the texts.
presence = pd.DataFrame(
    [[float(word in words) for word in vocabulary] for words in texts], columns=vocabulary
)
on_words = DistilledLogisticRegression(random_state=0).fit(
    presence.iloc[train], y[train], teacher_proba=whole.predict_proba(tokens[train])
)

# %%
# What the words say
# ------------------
# Each coefficient is one word's say for one package.
coefficients = pd.DataFrame(on_words.coef_, index=on_words.classes_, columns=vocabulary)
for package, row in coefficients.iterrows():
    print(f"{package}: {', '.join(row.nlargest(6).index)}")

largest = coefficients.loc["email"].nlargest(12)[::-1]
fig, ax = plt.subplots(figsize=(6, 4))
ax.barh(largest.index, largest)
ax.set(xlabel="coefficient for the package email")
fig.tight_layout()

# %%
# Conclusion
# ----------
told = {
    "features": on_features.predict(tokens[test]),
    "words": on_words.predict(presence.iloc[test]),
}
agreement = {place: np.mean(predicted == decided) for place, predicted in told.items()}
accuracy = {place: np.mean(predicted == y[test]) for place, predicted in told.items()}
print(
    f"Conclusion: on the network's 32 pooled features a logistic regression decides as the network "
    f"does on {agreement['features']:.1%} of new docstrings; on the bag of 400 words, which a person "
    f"can read, on {agreement['words']:.1%}, and it is right on {accuracy['words']:.1%} against the "
    f"network's {np.mean(decided == y[test]):.1%}."
)
