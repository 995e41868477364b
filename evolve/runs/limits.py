"""How large what a store holds may be: nothing larger is written, and nothing larger is read."""

from __future__ import annotations

from typing import Final

from evolve.law.bounds import MOST_FEATURES, Bounds
from evolve.scoring.objective import LARGEST_LAW, LARGEST_PER_CONSTANT
from evolve.tasks.spec import MOST_CONSTANTS

# Of the files.
FILE_BYTES: Final = 16 * 2**30  # the database and its log, each
OLD_FILE_BYTES: Final = 2**30  # a database of an earlier schema, which readers convert in memory
SCHEMA_STEPS: Final = 100_000  # of SQLite's machine to read the schema; a whole one takes 100
VALUE_BYTES: Final = 64 * 2**20  # any value or row; SQLite keeps to it
ENTRIES: Final = 10**8
OPENINGS: Final = 10_000  # recorded openings of the test rows

# Of a row.
PROGRAM_CHARS: Final = 2**20
JSON_CHARS: Final = 2**20  # law, recipe, folds or facts
MESSAGE_CHARS: Final = 2**16
KEY_CHARS: Final = 2**20
WORD_CHARS: Final = 1000  # names of operators, statuses, folds, groups and tasks
PARENTS: Final = 16
FOLDS: Final = 10_000
STAGES: Final = 100
CONSTANTS: Final = MOST_CONSTANTS  # of a law that has a score
WRITTEN_OUT: Final = 5000  # nodes of a law that a program names in parts
COUNT: Final = 10**9  # any other number of things

# Of the settings.
SEED: Final = 2**128  # below this
EVALUATIONS: Final = 10**9
SECONDS: Final = 1e9
SEARCHES: Final = 1000  # independent ones of one run
PROPOSERS: Final = 100
SEEDS: Final = 1000  # programs of the user, or names that a rule holds


def bounds_of(n_features: int = MOST_FEATURES, max_constants: int = CONSTANTS) -> Bounds:
    """What a law may be that a search of so many features and constants has stored.

    A law of a seed or of the literature may be larger than any that the grammar makes: what it
    names once and uses often is written out as a tree.
    """
    largest = max(WRITTEN_OUT, LARGEST_LAW + LARGEST_PER_CONSTANT * max_constants)
    return Bounds(n_features, max_constants, largest)


WIDEST: Final = bounds_of()
