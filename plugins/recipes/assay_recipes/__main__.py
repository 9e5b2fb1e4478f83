"""`python -m assay_recipes`: the page of all systems."""

import sys

from assay_recipes.table import page

sys.stdout.write(page())
