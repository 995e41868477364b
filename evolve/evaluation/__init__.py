"""Candidates and programs to evaluations: fitted in sandboxed workers, scored here."""
