"""The admin pages of the rooms of this app."""

import consent.limits.admin
import consent.preferences.admin
import consent.privacy.admin
import consent.purposes.admin
import consent.records.admin  # noqa: F401
