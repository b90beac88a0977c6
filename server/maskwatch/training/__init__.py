"""Training and evaluation in Keras. Never imported by `serve`."""
