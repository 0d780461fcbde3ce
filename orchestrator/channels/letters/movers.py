"""What a merge does with letters: they follow their touch to the survivor, and what must not be printed is sifted out."""

from contacts.identity.registry import Mover, register_mover

register_mover(Mover("orchestrator_letter"))
