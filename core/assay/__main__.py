"""`python -m assay`, for launchers such as torchrun that take a module."""

from assay.cli import main

main()
