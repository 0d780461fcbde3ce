"""What a merge does with devices: they are the survivor's."""

from contacts.identity.registry import Mover, register_mover

register_mover(Mover("contacts_device"))
