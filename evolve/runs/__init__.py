"""A run as it is kept: store, settings, sessions, results, and what is asked of it later."""
