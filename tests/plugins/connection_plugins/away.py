"""A connection to this machine that doesn't say so: tasks take the way of a remote one."""
from __future__ import annotations

from ansible.plugins.connection import local

DOCUMENTATION = """
name: away
short_description: Runs commands on this machine as on another
description: For the tests.
options: {}
"""


class Connection(local.Connection):
    transport = 'away'
