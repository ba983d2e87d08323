"""The one loop of all services, and what a program is built from."""

from vitrine.runtime.handler import Handler, Outputs
from vitrine.runtime.loop import ServiceLoop
from vitrine.runtime.program import Context, Service

__all__ = ["Context", "Handler", "Outputs", "Service", "ServiceLoop"]
