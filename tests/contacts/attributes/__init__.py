"""Tests of the team's attributes.

Step    none
Reads   contacts.attributes
Writes  nothing
"""
