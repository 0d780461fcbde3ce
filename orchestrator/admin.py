"""The admin pages of the rooms of this app."""

import orchestrator.api.admin
import orchestrator.arbiter.admin
import orchestrator.channels.admin
import orchestrator.channels.audiences.admin
import orchestrator.channels.letters.admin
import orchestrator.channels.slots.admin
import orchestrator.tick.admin  # noqa: F401
