"""The shared configuration: one YAML file, frozen and validated."""

from catalogue.load import json_schema, load_catalogue
from catalogue.model import Catalogue
from catalogue.service import Service

__all__ = ["Catalogue", "Service", "json_schema", "load_catalogue"]
