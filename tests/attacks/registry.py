"""Every attack program, and how it must end in a strong sandbox without the gate."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Attack:
    """What one attack must come to; whatever its status, it must achieve nothing.

    Attributes:
        ends: Statuses it may end with, in one string.
        gate: Whether the gate refuses its text beforehand.
        lane: "quick", or "patient" for those that only wait for the wall limit.
        wait_s: Seconds after which its effect would show.
    """

    ends: str
    gate: bool = True
    lane: str = "quick"
    wait_s: float = 0.0


ATTACKS: dict[str, Attack] = {
    # Loops
    "loop_at_import": Attack("cpu", gate=False),
    "loop_bigint": Attack("cpu"),
    "loop_ignore_signals": Attack("cpu"),
    "loop_in_array_protocol": Attack("cpu"),
    "loop_in_message": Attack("cpu"),
    "loop_in_prediction": Attack("cpu", gate=False),
    "loop_lapack": Attack("cpu", gate=False),
    "loop_python": Attack("cpu", gate=False),
    "loop_regex": Attack("cpu"),
    "loop_swallow": Attack("cpu", gate=False),
    "sleep": Attack("timeout", lane="patient"),
    "sleep_on_lock": Attack("timeout", lane="patient"),
    # Memory
    "answer_of_40_mib": Attack("answer-too-large", gate=False),
    "answer_of_a_billion": Attack("memory", gate=False),
    "deep_recursion": Attack("exception crash", gate=False),
    "deep_recursion_in_c": Attack("cpu crash exception"),
    "memory_broadcast": Attack("answer-too-large", gate=False),
    "memory_list": Attack("memory cpu", gate=False),
    "memory_mmap": Attack("exception"),
    "memory_numpy": Attack("memory cpu", gate=False),
    "memory_outer": Attack("memory cpu", gate=False),
    "memory_string": Attack("memory cpu", gate=False),
    # Processes
    "clone_syscall": Attack("exception"),
    "daemonize": Attack("exception", wait_s=0.6),
    "exec_shell": Attack("violation"),
    "fork_bomb": Attack("exception"),
    "posix_spawn": Attack("exception"),
    "scipy_workers": Attack("exception", gate=False),
    "subprocess_shell": Attack("exception"),
    "thread_bomb": Attack("exception"),
    # Reading
    "list_directory": Attack("exception"),
    "read_dunder_walk": Attack("exception"),
    "read_eval_string": Attack("exception"),
    "read_f2py_os": Attack("exception"),
    "read_format_environ": Attack("exception"),
    "read_fromfile": Attack("exception"),
    "read_getattr_string": Attack("exception"),
    "read_inherited_descriptor": Attack("exception"),
    "read_loadtxt": Attack("exception"),
    "read_ma_builtins": Attack("exception"),
    "read_match_pattern": Attack("exception"),
    "read_memmap": Attack("exception"),
    "read_open": Attack("exception"),
    "read_os": Attack("exception"),
    "read_own_environ": Attack("exception"),
    "read_proc_environ": Attack("exception"),
    "read_proc_mem": Attack("exception"),
    "read_process_vm": Attack("violation"),
    "read_scipy_io": Attack("exception"),
    "read_stats_shapes": Attack("exception"),
    "read_typing_eval": Attack("exception"),
    # Writing
    "write_chmod": Attack("exception"),
    "write_delete": Attack("exception"),
    "write_hardlink": Attack("exception"),
    "write_memfd": Attack("violation"),
    "write_mkdir": Attack("exception"),
    "write_open": Attack("exception"),
    "write_rename": Attack("exception"),
    "write_shared_memory": Attack("exception"),
    "write_symlink": Attack("exception"),
    "write_tofile": Attack("exception"),
    "write_truncate": Attack("exception"),
    # Network
    "socket_abstract": Attack("violation"),
    "socket_listen": Attack("violation"),
    "socket_path": Attack("violation"),
    "socket_tcp": Attack("violation"),
    "socket_udp": Attack("violation"),
    # Signals and tracing
    "kill_by_descriptor": Attack("violation"),
    "kill_engine": Attack("violation"),
    "kill_everything": Attack("violation"),
    "kill_own_group": Attack("violation"),
    "kill_parent": Attack("violation"),
    "ptrace_engine": Attack("violation"),
    # Exits
    "exit_abort": Attack("crash"),
    "exit_alarm": Attack("crash"),
    "exit_keyboard_interrupt": Attack("exception"),
    "exit_os": Attack("no-answer"),
    "exit_sys_in_thread_hook": Attack("no-answer"),
    "exit_system": Attack("exception"),
    # Floods
    "flood_descriptor": Attack("ok"),
    "flood_escape_codes": Attack("exception", gate=False),
    "flood_exception": Attack("exception", gate=False),
    "flood_print": Attack("ok", gate=False),
    # Carrying over
    "patch_least_squares": Attack("ok"),
    "patch_numpy": Attack("ok"),
    "patch_runner": Attack("no-answer"),
    "stash_in_default": Attack("ok"),
    "stash_in_global": Attack("ok", gate=False),
    "stash_rows": Attack("ok"),
    # Looking around
    "scan_memory": Attack("crash ok"),
    "walk_frames": Attack("ok"),
    "walk_gc": Attack("ok cpu"),
    "walk_traceback": Attack("ok"),
    # Forging
    "forge_drip": Attack("timeout", lane="patient"),
    "forge_header": Attack("bad-answer"),
    "forge_length": Attack("answer-too-large"),
    "forge_shapes": Attack("bad-answer"),
    "forge_status": Attack("bad-answer"),
    "forge_then_hang": Attack("timeout", lane="patient"),
    "forge_wrong_nonce": Attack("bad-answer"),
    # Odd answers
    "answer_complex": Attack("bad-answer", gate=False),
    "answer_deep": Attack("bad-answer", gate=False),
    "answer_infinite": Attack("bad-answer", gate=False),
    "answer_nan": Attack("bad-answer", gate=False),
    "answer_none": Attack("bad-answer", gate=False),
    "answer_object": Attack("bad-answer", gate=False),
    "answer_pickle": Attack("bad-answer"),
    "answer_ragged": Attack("bad-answer", gate=False),
    "answer_text": Attack("bad-answer", gate=False),
    "missing_function": Attack("bad-answer", gate=False),
    "predict_batch_mean": Attack("bad-answer", gate=False),
    "predict_batch_rank": Attack("bad-answer", gate=False),
    "predict_huge": Attack("bad-answer", gate=False),
    "predict_nan": Attack("bad-answer", gate=False),
    "predict_short": Attack("bad-answer", gate=False),
    "predict_square": Attack("bad-answer", gate=False),
    # Memory safety
    "segfault_bytecode": Attack("crash exception"),
    "segfault_null": Attack("crash"),
    "segfault_strided": Attack("crash cpu"),
    "use_after_free": Attack("ok crash"),
    # Rights and rare kernel calls
    "become_root": Attack("exception"),
    "catch_violations": Attack("exception"),
    "executable_memory": Attack("exception"),
    "foreign_abi": Attack("violation exception"),
    "io_uring": Attack("violation"),
    "lift_limits": Attack("exception"),
    "new_namespace": Attack("violation"),
}
