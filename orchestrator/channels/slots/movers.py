"""What a merge does with on-site messages and with products that both people looked at."""

from contacts.identity.registry import Mover, register_mover

register_mover(Mover("orchestrator_showing"))
register_mover(Mover("orchestrator_seenproduct", once=("product",)))
