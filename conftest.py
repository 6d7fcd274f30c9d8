"""Settings that must hold before any library is imported."""

import importlib.util
import os

# Boosting on a hundred rows gains nothing from threads, and loses a thousandfold where they
# wait for each other on a busy machine. Processes that tests start inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The examples in their docstrings run a network.
collect_ignore = (
    []
    if importlib.util.find_spec("torch")
    else ["interpkd/teachers/_features.py", "interpkd/teachers/_torch.py"]
)
