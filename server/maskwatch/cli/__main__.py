"""`python -m maskwatch.cli`."""

from maskwatch.cli import main

main()
