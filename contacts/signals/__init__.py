"""What events mean: a threshold reached, a stage entered, a silence noticed.

Step    2 signals
Reads   contacts_event and whatever the condition names
Writes  contacts_signalfiring
"""
