"""What the rows of the benchmark share: servers, load, data sets, and the table."""

import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]

sys.path.append(str(CHECKOUT))  # the servers of the end-to-end tests are used here too
