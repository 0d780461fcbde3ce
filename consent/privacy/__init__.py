"""Rights of people over their data: access, erasure, rectification, restriction, objection; how long what is kept.

Step    4 decided
Reads   every table with data about people
Writes  consent_request, consent_requestlog, consent_export, consent_tombstone, consent_retention, and what a request asks for
"""
