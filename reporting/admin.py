"""The admin pages of the rooms of this app."""

import reporting.kpis.admin  # noqa: F401
