"""Clean Python processes, exec'd: no environment, descriptors, terminal or folder of the parent.

The child sees the parent's module folders and nothing else of it. The packages `evolve` and
`evolve.sandbox` are set up there as bare folders, so that only the modules it asks for are
loaded, and none that can read a task or a store.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Final

from evolve.errors import SandboxError

ONE_THREAD: Final = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "BLIS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
PASSED_ON: Final = (
    "LD_LIBRARY_PATH",
    "NUMBA_CACHE_DIR",
    "NUMBA_CPU_NAME",
    "NUMBA_CPU_FEATURES",
    "NUMBA_DISABLE_JIT",
    "NPY_DISABLE_CPU_FEATURES",
    "OPENBLAS_CORETYPE",
)
_BOOT: Final = """\
import json, sys, types
path, packages, module, arguments = json.loads(sys.argv[1])
sys.path[:] = path
for name, folder in packages:
    package = types.ModuleType(name)
    package.__path__ = [folder]
    sys.modules[name] = package
__import__(module)
sys.modules[module].main(**arguments)
"""


def clean_environment() -> dict[str, str]:
    """Return all that a sandboxed process sees of the environment."""
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"}
    environment |= dict.fromkeys(ONE_THREAD, "1")
    environment |= {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return environment


def spawn(
    module: str,
    arguments: dict[str, Any],
    descriptors: Sequence[int],
    error_descriptor: int = subprocess.DEVNULL,
    without: Collection[str] = (),
) -> subprocess.Popen[bytes]:
    """Start `module.main(**arguments)` in a new process and session.

    Args:
        module: Full name of the module to run.
        arguments: Keyword arguments of its `main`; anything JSON can hold.
        descriptors: The only descriptors it inherits beside the standard three.
        error_descriptor: Where its stderr goes; stdin and stdout go nowhere.
        without: "environment" and "descriptors" here hand on the engine's own.

    Raises:
        SandboxError: Python cannot start one here.
    """
    if os.name != "posix" or not sys.executable:
        raise SandboxError("sandbox: needs a POSIX system and a Python executable")
    here = Path(__file__).resolve().parent
    packages = [("evolve", str(here.parent)), ("evolve.sandbox", str(here))]
    path = [entry for entry in sys.path if entry and os.path.isabs(entry)]
    boot = json.dumps([path, packages, module, arguments])
    environment = clean_environment()
    if "environment" in without:
        environment = {**os.environ, **environment}
    closing = "descriptors" not in without
    for descriptor in descriptors:
        os.set_inheritable(descriptor, not closing)
    return subprocess.Popen(
        [sys.executable, "-s", "-S", "-P", "-c", _BOOT, boot],
        env=environment,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=error_descriptor,
        close_fds=closing,
        pass_fds=tuple(descriptors) if closing else (),
        start_new_session=True,
    )
