"""What is below everything: SQL files, partitions, locks, embedded services, translations.

Step    none: imports nothing of ours
Reads   nothing
Writes  nothing
"""
