"""What goes over the wire, by subject; `base.py` says what holds for all of it."""
