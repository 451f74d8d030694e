"""``python -m sla_engine`` is ``sla-engine``."""

import sys

from sla_engine.cli import main

sys.exit(main())
