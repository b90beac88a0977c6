"""Where alerts are sent, one file each."""
