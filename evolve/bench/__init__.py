"""Turns the engine into measured tables: tasks, recovery of known laws, fits, ablations."""
