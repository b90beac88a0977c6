"""Camera sources, one file each."""
