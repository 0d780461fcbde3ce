"""What a merge does with requests and exports: they are about the survivor from then on."""

from contacts.identity.registry import Mover, register_mover

register_mover(Mover("consent_request"))
register_mover(Mover("consent_export"))
