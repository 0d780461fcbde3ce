"""Purposes kept apart: e-mail marketing, profiling, third-party, service.

Step    4 decided
Reads   nothing
Writes  consent_purpose
"""
