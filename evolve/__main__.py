"""`python -m evolve` to the command line."""

# The first steps import nothing that a file of the current folder could stand in for.
import sys


def leave_current_folder() -> None:
    """Import nothing from the folder in which `python -m evolve` was typed.

    Python puts it first among the places of modules, so that a file `numpy.py` there would run.
    Where it holds this package, as a source tree does, it becomes the last place.
    """
    import os  # loaded with Python

    try:
        folder = os.getcwd()
    except FileNotFoundError:  # it has been removed
        folder = ""
    if sys.path and sys.path[0] in ("", folder):
        first = sys.path.pop(0)
        package = os.path.dirname(os.path.abspath(__file__))
        if folder and os.path.dirname(package) == os.path.realpath(folder):
            sys.path.append(first or folder)


if __name__ == "__main__":
    leave_current_folder()
    from evolve.cli import main

    main()
