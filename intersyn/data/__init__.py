"""Real motion for training: sources, retargeting, the clip store, fusion U and the training set."""
