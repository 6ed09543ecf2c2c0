"""`python -m icefield` is the `icefield` command."""

import sys

from icefield.cli import main

sys.exit(main())
