"""Turns laws (expression graphs) into values, text, tapes and formulas."""
