"""Turns an archive and a random generator into new candidates."""
