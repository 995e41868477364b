"""How well a law does: metrics, the objective, declared constraints, folds and their scores."""
