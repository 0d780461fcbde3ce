"""What a person can do without a login: sign up, confirm, choose, unsubscribe, by signed links; and the forms for it.

Step    4 decided
Reads   consent_purpose, consent_wording, consent_state, consent_suppression, contacts_contact
Writes  consent_preference, consent_signup, consent_signupform, consent_servicemail; consent_record through consent.records,
        contacts_event and contacts_contact through the rooms of contacts
"""
