"""`python -m securecart` is the command `securecart`."""

from securecart.cli.main import main

main()
