"""Tables of training runs: specification, readers, the task with its folds, drafts."""
