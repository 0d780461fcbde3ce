"""The tables of the rooms of this app."""

from consent.limits.models import Holdout, HoldoutMember, Limit, QuietHours, Rest
from consent.preferences.models import Preference, ServiceMail, Signup, SignupChoice, SignupForm
from consent.privacy.models import Export, Request, RequestLog, Retention, Tombstone
from consent.purposes.models import Purpose, Wording
from consent.records.models import Record, Seal, State, Suppression

__all__ = [
    "Export", "Holdout", "HoldoutMember", "Limit", "Preference", "Purpose", "QuietHours", "Record", "Request",
    "RequestLog", "Rest", "Retention", "Seal", "ServiceMail", "Signup", "SignupChoice", "SignupForm", "State",
    "Suppression", "Tombstone", "Wording",
]  # fmt: skip
