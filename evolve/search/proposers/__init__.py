"""Proposers: from an archive and random generators to new candidates."""
