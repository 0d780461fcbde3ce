"""The admin pages of the rooms of this app."""

import journeys.content.admin
import journeys.definitions.admin
import journeys.enrollments.admin
import journeys.offers.admin
import journeys.roles.admin  # noqa: F401
