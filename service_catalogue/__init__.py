"""services.yml as frozen, validated models; imported by the exporter and the engine."""

from service_catalogue.load import empty_catalogue, json_schema, load_catalogue, says_nothing
from service_catalogue.model import Catalogue
from service_catalogue.service import Service

__all__ = [
    "Catalogue",
    "Service",
    "empty_catalogue",
    "json_schema",
    "load_catalogue",
    "says_nothing",
]
