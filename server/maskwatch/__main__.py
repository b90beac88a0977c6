"""`python -m maskwatch`."""

from maskwatch.cli.main import main

main()
