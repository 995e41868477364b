"""Linux system calls that Python does not wrap, by ctypes: prctl, seccomp, Landlock, unshare.

Nothing here decides anything; `lockdown` does. Every function raises `OSError` where the kernel
refuses, and importing works on any platform.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from typing import Final

IS_LINUX: Final = sys.platform.startswith("linux")
MACHINE: Final = platform.machine() if sys.byteorder == "little" else ""

PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
PR_SET_NO_NEW_PRIVS: Final = 38
CLONE_NEWUTS: Final = 0x04000000
CLONE_NEWIPC: Final = 0x08000000
CLONE_NEWUSER: Final = 0x10000000
CLONE_NEWPID: Final = 0x20000000
CLONE_NEWNET: Final = 0x40000000

SECCOMP_NUMBER: Final = {"x86_64": 317, "aarch64": 277}
SECCOMP_SET_MODE_FILTER: Final = 1
LANDLOCK_CREATE: Final = 444
LANDLOCK_RESTRICT: Final = 446
LANDLOCK_VERSION_FLAG: Final = 1

_libc = ctypes.CDLL(None, use_errno=True) if IS_LINUX else None


def _call(name: str, *arguments: int | ctypes.Array[ctypes.c_char] | None) -> int:
    if _libc is None:
        raise OSError(38, f"{name} needs Linux")
    values = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    function = getattr(_libc, name)
    function.restype = ctypes.c_long if name == "syscall" else ctypes.c_int
    result = int(function(*values))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def prctl(option: int, value: int) -> None:
    """Set one property of this process."""
    _call("prctl", option, value, 0, 0, 0)


def unshare(flags: int) -> None:
    """Move this process into new namespaces."""
    if _libc is None:
        raise OSError(38, "unshare needs Linux")
    if _libc.unshare(ctypes.c_int(flags)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"unshare: {os.strerror(number)}")


def seccomp(program: bytes) -> None:
    """Load a BPF program (8 bytes an instruction) as this process's system-call filter.

    Raises:
        OSError: The kernel has no seccomp, or no-new-privileges is not set.
    """
    if MACHINE not in SECCOMP_NUMBER:
        raise OSError(38, f"seccomp: no table for {MACHINE or sys.platform}")
    code = ctypes.create_string_buffer(program, len(program))
    pointer = struct.pack("@HxxxxxxQ", len(program) // 8, ctypes.addressof(code))
    argument = ctypes.create_string_buffer(pointer, len(pointer))
    _call("syscall", SECCOMP_NUMBER[MACHINE], SECCOMP_SET_MODE_FILTER, 0, argument)


def landlock_version() -> int:
    """Return the kernel's Landlock version, 0 where there is none."""
    try:
        return _call("syscall", LANDLOCK_CREATE, None, 0, LANDLOCK_VERSION_FLAG)
    except OSError:
        return 0


def landlock() -> int:
    """Deny this process all files, TCP, and signals and abstract sockets outside; no paths.

    Returns:
        The kernel's Landlock version, which decides how much of that it enforces.

    Raises:
        OSError: The kernel has no Landlock, or no-new-privileges is not set.
    """
    version = landlock_version()
    if version == 0:
        raise OSError(38, "landlock: not in this kernel")
    files = (1 << 13) - 1
    files |= (1 << 13) * (version >= 2) | (1 << 14) * (version >= 3) | (1 << 15) * (version >= 5)
    fields = [files] + [3] * (version >= 4) + [3] * (version >= 6)
    rules = struct.pack(f"<{len(fields)}Q", *fields)
    buffer = ctypes.create_string_buffer(rules, len(rules))
    descriptor = _call("syscall", LANDLOCK_CREATE, buffer, len(rules), 0)
    try:
        _call("syscall", LANDLOCK_RESTRICT, descriptor, 0)
    finally:
        os.close(descriptor)
    return version
