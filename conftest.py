"""Settings that must hold before any library is imported."""

import os

# Boosting on a hundred rows gains nothing from threads, and loses a thousandfold where they
# wait for each other on a busy machine. Processes that tests start inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")
