"""Leads between marketing and sales: one shared queue with a clock.

Step    4 decided: marketing is silent while sales talks
Reads   contacts_contact, contacts_signalfiring, contacts_event
Writes  contacts_handover, contacts_handoverlog
"""
