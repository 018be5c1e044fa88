"""Becomes nobody: the task takes the way of a remote one, and that is all that is measured."""
from __future__ import annotations

from ansible.plugins.become import BecomeBase

DOCUMENTATION = """
name: as_is
short_description: Run the command as the same user
description: For the benchmark.
options:
  become_user:
    description: Not looked at.
    default: ''
    vars: [{name: ansible_become_user}]
  become_exe:
    description: Not looked at.
    default: ''
  become_flags:
    description: Not looked at.
    default: ''
  become_pass:
    description: Not looked at.
    vars: [{name: ansible_become_password}]
"""


class BecomeModule(BecomeBase):
    name = 'as_is'

    def build_become_command(self, cmd, shell):
        super().build_become_command(cmd, shell)
        return self._build_success_command(cmd, shell)
