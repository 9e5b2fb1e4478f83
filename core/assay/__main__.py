"""`python -m assay`, for launchers such as torchrun that take a module."""

from assay._cli import main

main()
