"""`python -m interpkd.cli` is the command `interpkd`."""

from interpkd.cli import main

main(prog_name="interpkd")
