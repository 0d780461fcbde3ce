"""What a merge does with members of audiences."""

from contacts.identity.registry import How, Mover, register_mover

WHY = "the next run takes the address off the list, unless the survivor has it and is in too"
register_mover(Mover("orchestrator_audiencemember", how=How.KEPT, why=WHY))
