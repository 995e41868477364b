"""The system calls a locked-down process may make, as one seccomp program per architecture.

Three answers: the calls that computing needs are allowed; calls with no place in a fit (sockets,
signals to others, tracing, io_uring, exec, …) kill the process; everything else is refused with
`EPERM`, so that a harmless library that only asks gets an exception it can handle.
"""

from __future__ import annotations

import struct
from typing import Final

# name: (x86_64, aarch64); -1 where the architecture has no such call
ALLOWED: Final[dict[str, tuple[int, int]]] = {
    "read": (0, 63), "write": (1, 64), "futex": (202, 98), "munmap": (11, 215),
    "brk": (12, 214), "madvise": (28, 233), "mremap": (25, 216), "poll": (7, -1),
    "ppoll": (271, 73), "clock_gettime": (228, 113), "getrusage": (98, 165),
    "setitimer": (38, 103), "getitimer": (36, 102), "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "sigaltstack": (131, 132),
    "sched_yield": (24, 124), "sched_getaffinity": (204, 123), "nanosleep": (35, 101),
    "clock_nanosleep": (230, 115), "clock_getres": (229, 114), "gettimeofday": (96, 169),
    "time": (201, -1), "times": (100, 153), "getpid": (39, 172), "gettid": (186, 178),
    "getppid": (110, 173), "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176),
    "getegid": (108, 177), "getrandom": (318, 278), "exit": (60, 93), "exit_group": (231, 94),
    "restart_syscall": (219, 128), "membarrier": (324, 283), "rseq": (334, 293),
    "set_robust_list": (273, 99), "get_robust_list": (274, 100), "uname": (63, 160),
    "sysinfo": (99, 179), "getcpu": (309, 168), "close": (3, 57), "alarm": (37, -1),
    "pause": (34, -1), "readv": (19, 65), "writev": (20, 66), "lseek": (8, 62),
}  # fmt: skip
NO_EXEC: Final[dict[str, tuple[int, int]]] = {"mmap": (9, 222), "mprotect": (10, 226)}
HOSTILE: Final[dict[str, tuple[int, int]]] = {
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    "accept": (43, 202), "accept4": (288, 242), "sendto": (44, 206), "sendmsg": (46, 211),
    "sendmmsg": (307, 269), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "kill": (62, 129), "tkill": (200, 130),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "bpf": (321, 280), "userfaultfd": (323, 282), "perf_event_open": (298, 241),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "unshare": (272, 97), "setns": (308, 268), "init_module": (175, 105),
    "finit_module": (313, 273), "kexec_load": (246, 104), "execve": (59, 221),
    "execveat": (322, 281), "open_by_handle_at": (304, 265), "reboot": (169, 142),
    "process_madvise": (440, 440), "kcmp": (312, 272), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
}  # fmt: skip
CLONE3: Final = 435
AUDIT: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_EPERM, _ENOSYS = 0x00050001, 0x00050026
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _THIRD_ARGUMENT = 0, 4, 32
_PROT_EXEC = 4
_X32 = 0x40000000


def filter_program(machine: str) -> bytes:
    """Return the BPF program for `machine`, "x86_64" or "aarch64".

    Raises:
        KeyError: There is no table for that machine.
    """
    column = {"x86_64": 0, "aarch64": 1}[machine]
    code = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_EQUAL, AUDIT[machine], 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
    ]
    if machine == "x86_64":
        code += [_step(_AT_LEAST, _X32, 0, 1), _step(_RETURN, _KILL)]
    code += _answer(ALLOWED, column, _ALLOW)
    for numbers in NO_EXEC.values():
        code += [
            _step(_EQUAL, numbers[column], 0, 4),
            _step(_LOAD, _THIRD_ARGUMENT),
            _step(_ANY_BIT, _PROT_EXEC, 0, 1),
            _step(_RETURN, _EPERM),
            _step(_RETURN, _ALLOW),
        ]
    code += [_step(_EQUAL, CLONE3, 0, 1), _step(_RETURN, _ENOSYS)]
    code += _answer(HOSTILE, column, _KILL)
    code.append(_step(_RETURN, _EPERM))
    return b"".join(code)


def _answer(calls: dict[str, tuple[int, int]], column: int, answer: int) -> list[bytes]:
    """Return the steps that give one answer to each of the calls: two steps a call."""
    code = []
    for numbers in calls.values():
        if numbers[column] >= 0:
            code += [_step(_EQUAL, numbers[column], 0, 1), _step(_RETURN, answer)]
    return code


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)
