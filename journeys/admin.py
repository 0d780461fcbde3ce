"""The admin pages of the rooms of this app."""

import journeys.content.admin
import journeys.definitions.admin
import journeys.enrollments.admin  # noqa: F401
