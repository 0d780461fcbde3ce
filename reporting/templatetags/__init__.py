"""Filters of all pages: figures put for people.

Step    6 KPIs
Reads   nothing
Writes  nothing
"""
