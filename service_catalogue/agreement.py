"""An agreement: what was promised to a customer or department, of which services."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from service_catalogue.base import (
    Currency,
    Frozen,
    Identifier,
    Labels,
    Language,
    Name,
    Percent,
    Zone,
    unit,
)
from service_catalogue.service import Cost, Credit, Monday, Service, WindowName

Weight = Annotated[float, Field(gt=0, le=1e9, json_schema_extra=unit("weight"))]
AgreementRule = Literal["each", "worst", "weighted", "all"]


class Agreement(Frozen):
    """What a customer was promised; several of services, tiers and labels all hold."""

    id: Identifier
    """Its name for ever, to reports and commands."""
    customer: Name
    """To whom it was promised; stands on its report."""
    services: tuple[Identifier, ...] = ()
    """Of these services."""
    tiers: tuple[Name, ...] = ()
    """Of services of these tiers."""
    labels: Labels = Field(default_factory=dict)
    """Of services with all of these labels."""
    objective: Percent | None = None
    """Availability that was promised; without it (rule `each`, no credits) each service's own."""
    calendar: Identifier | None = None
    """Hours in which it is owed; without it, each service's own."""
    window: WindowName = "month"
    """What it is judged over: of the calendar, or rolling (``7d`` to ``90d``), which never
    closes."""
    window_from: Monday | None = None
    """The Monday from which ``2w`` are counted."""
    timezone: Zone | None = None
    """In which its windows begin; the organisation's without it."""
    rule: AgreementRule = "each"
    """What makes one verdict of its services: each alone, the worst, a weighted mean, or the time
    in which all are up."""
    weights: dict[Identifier, Weight] = Field(default_factory=dict)
    """How much each service counts, by id, with ``rule: weighted``; those left out count once."""
    credits: tuple[Credit, ...] = ()
    """What is due back below which availability."""
    fee: Cost | None = None
    """Price of one window, of which credits are percents."""
    currency: Currency | None = None
    """Of the fee; the catalogue's without it."""
    to: tuple[Name, ...] = ()
    """Addresses that its report goes to when its window closes, such as
    ``mail:service@acme.example``."""
    language: Language = "en"
    """Of its report: dates, numbers and (``de``, ``es``, ``fr``) words."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not (self.services or self.tiers or self.labels):
            raise ValueError("needs services, tiers or labels; an empty one would mean nothing")
        if self.objective is None and (self.rule != "each" or self.credits):
            what = "credits need" if self.rule == "each" else f"rule {self.rule} needs"
            raise ValueError(f"{what} an objective")
        if bool(self.weights) != (self.rule == "weighted"):
            raise ValueError("weights go with rule: weighted, which needs them")
        return self

    def covers(self, service: Service) -> bool:
        """Say whether a service is part of it."""
        return (
            (not self.services or service.id in self.services)
            and (not self.tiers or service.tier in self.tiers)
            and self.labels.items() <= service.labels.items()
        )
