"""Who may sign in to the demo. Only ever made in a demo's own database, on a server of the loopback address."""

# user, password, full name
LOGINS = (
    ("marketer", "nordlicht-marketer", "Maja Lindner"),
    ("sales", "nordlicht-sales", "Sven Holmer"),
    ("privacy", "nordlicht-privacy", "Paula Frerichs"),
    ("admin", "nordlicht-admin", "Ada Birkner"),
)
SALES_PERSON = "sales"
PRIVACY_PERSON = "privacy"
