"""The shared configuration: one YAML file, frozen and validated."""

from service_catalogue.load import json_schema, load_catalogue
from service_catalogue.model import Catalogue
from service_catalogue.service import Service

__all__ = ["Catalogue", "Service", "json_schema", "load_catalogue"]
