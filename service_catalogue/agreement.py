"""An agreement: what was promised to a customer or department, of which services."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from service_catalogue.base import Currency, Frozen, Identifier, Labels, Name, Percent, Zone
from service_catalogue.service import Credit, Monday, Service, WindowName

AgreementRule = Literal["each", "worst", "weighted", "all"]


class Agreement(Frozen):
    """What a customer was promised; several of services, tiers and labels all hold.

    ``rule`` makes one figure of its services; ``fee`` is that of one window, in ``currency``, of
    which the credits are percents. ``to`` are the recipients of its report: at the close of its
    window, or when a schedule of ``reports`` that names it says so.
    """

    id: Identifier
    customer: Name
    services: tuple[Identifier, ...] = ()
    tiers: tuple[Name, ...] = ()
    labels: Labels = Field(default_factory=dict)
    objective: Percent | None = None
    calendar: Identifier | None = None
    window: WindowName = "month"
    window_from: Monday | None = None
    timezone: Zone | None = None
    rule: AgreementRule = "each"
    weights: dict[Identifier, Annotated[float, Field(gt=0, le=1e9)]] = Field(default_factory=dict)
    credits: tuple[Credit, ...] = ()
    fee: Annotated[float, Field(ge=0, le=1e12)] | None = None
    currency: Currency | None = None
    to: tuple[Name, ...] = ()

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
