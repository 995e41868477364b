"""What a user calls from Python: discover, load, the estimator, notebooks and progress."""
