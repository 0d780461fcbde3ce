"""What a merge does with groups held out: who was held out under one name is under both; an undone import takes them along."""

from contacts.identity.registry import Mover, register_mover
from contacts.imports.registry import register_derived

register_mover(Mover("consent_holdoutmember", once=("holdout_id",)))
register_derived("consent_holdoutmember")
