"""Hostile programs, one a file, and the arena they are let loose in."""
