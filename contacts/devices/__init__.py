"""Browsers that people let us show messages in: kept when somebody agrees there, gone when the browser says so.

Step    -
Reads   contacts_device
Writes  contacts_device
"""
