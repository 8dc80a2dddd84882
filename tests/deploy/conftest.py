"""The tools that check what is deployed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


def run(*command: str, cwd: Path = DEPLOY) -> str:
    """Run a tool and return what it prints; fail with that if it finds something."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    tool = shutil.which(command[0], path=path)
    if not tool:
        pytest.fail(f"{command[0]} is not on PATH: make deploy-tools")
    done = subprocess.run([tool, *command[1:]], cwd=cwd, text=True, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
