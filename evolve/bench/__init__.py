"""The engine in measured tables: tasks, recovery of known laws, fits, ablations."""
