"""The admin pages of the rooms of this app."""

import contacts.accounts.admin
import contacts.attributes.admin
import contacts.devices.admin
import contacts.events.admin
import contacts.handover.admin
import contacts.identity.admin
import contacts.imports.admin
import contacts.profiles.admin
import contacts.scores.admin
import contacts.segments.admin
import contacts.signals.admin
import contacts.stages.admin
import contacts.tasks.admin  # noqa: F401
