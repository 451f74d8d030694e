"""``sla-engine check``."""

import argparse
import sys

from catalogue import json_schema, load_catalogue


def check(options: argparse.Namespace) -> int:
    """Print every mistake of the catalogue as a DocumentError, or a line that says it is good."""
    if options.schema:
        sys.stdout.write(json_schema())
        return 0
    catalogue = load_catalogue(options.config_file)
    sys.stdout.write(f"{options.config_file}: {len(catalogue.services)} services, no mistakes\n")
    return 0
