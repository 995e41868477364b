"""Program text and rows to constants and predictions, in processes that can do nothing else.

`Worker` is the fast lane (our own code, one long-lived process), `PrintedLane` such a process for
texts that the engine has printed; `ForeignLane` is for any other program text (one throw-away
process a call). All return an `Outcome`; nothing is unpickled.
"""

from evolve.sandbox.foreign import ForeignLane
from evolve.sandbox.gate import check_program_text
from evolve.sandbox.outcome import STATUSES, Limits, Outcome
from evolve.sandbox.printed import PrintedLane
from evolve.sandbox.probe import LEVELS, SandboxReport, probe
from evolve.sandbox.worker import Worker

__all__ = [
    "LEVELS",
    "STATUSES",
    "ForeignLane",
    "Limits",
    "Outcome",
    "PrintedLane",
    "SandboxReport",
    "Worker",
    "check_program_text",
    "probe",
]
