"""Mask classifiers, one file each."""
