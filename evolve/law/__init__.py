"""The law as a value: text, expression graph, canonical form, LaTeX; its recipe and program."""
