"""The program beside this one that runs Java: started once, asked often, ended with the process."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

TIME_LIMIT = 300.0
"""Seconds for one request, the start of Java included."""


class Worker:
    """The program that runs Java; it starts when it is first asked, and serves the process."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None
        self.owner = 0
        self.lock = threading.Lock()

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send a request and wait for its answer."""
        with self.lock:
            process = self._running()
            # one that hangs is ended, and then there is no answer
            limit = threading.Timer(TIME_LIMIT, process.kill)
            limit.start()
            line = ""
            try:
                line = _exchange(process, json.dumps(request))
            finally:
                limit.cancel()
                if not line:  # after an interruption, too: the next one would get this answer
                    self.close()
        answer = json.loads(line) if line else {"error": "it ended or took too long"}
        if "error" in answer:
            msg = f"The evaluator of PMML gave no answer: {answer['error']}"
            raise RuntimeError(msg)  # who checks parity says more
        return dict(answer)

    def close(self) -> None:
        """End the program, if it is ours."""
        process, self.process = self.process, None
        if process is None or self.owner != os.getpid():
            return
        try:
            process.communicate(timeout=5)
        except (subprocess.TimeoutExpired, OSError, ValueError):
            process.kill()
            process.communicate()

    def _running(self) -> subprocess.Popen[str]:
        if self.process is not None and self.process.poll() is not None:
            self.close()
        # a process that was forked has the pipes of its parent: it needs its own
        if self.process is None or self.owner != os.getpid():
            self.process, self.owner = _start(), os.getpid()
            atexit.register(self.close)
        return self.process


def _start() -> subprocess.Popen[str]:
    program = Path(__file__).with_name("_pmml_worker.py")
    return subprocess.Popen(  # noqa: S603  # the interpreter itself, and a file of this package
        # -P: the folder of the program is no place to import from
        [sys.executable, "-P", os.fspath(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    )


def _exchange(process: subprocess.Popen[str], line: str) -> str:
    if process.stdin is None or process.stdout is None:  # never: both are pipes
        return ""
    try:
        process.stdin.write(line + "\n")
        process.stdin.flush()
        return process.stdout.readline()
    except OSError:
        return ""


WORKER = Worker()
"""The one of this process."""
