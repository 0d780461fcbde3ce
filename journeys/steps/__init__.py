"""One file a kind of step: its settings, its sentence, its route in SQL.

Step    3 touches proposed
Reads   whatever the settings name
Writes  nothing: enrollments moves people
"""
