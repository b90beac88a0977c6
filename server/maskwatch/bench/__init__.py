"""`maskwatch bench`: how many cameras this machine can watch, measured on cameras that it makes itself."""
