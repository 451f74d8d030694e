"""``python -m exporter`` is ``sla-exporter``."""

import sys

from exporter.cli import main

sys.exit(main())
