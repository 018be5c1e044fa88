"""Gives `hatci_outcome` the name of the failed task as it reads for this host."""
from __future__ import annotations

from ansible_collections.hatci.automation.plugins.plugin_utils import task_name
from ansible_collections.hatci.automation.plugins.plugin_utils.binary import BinaryAction


class HatciOutcomeAction(BinaryAction):
    """Runs the program hatci_outcome."""

    def run(self, tmp=None, task_vars=None):
        args = self._task.args
        if 'failed_task' in args:
            args['failed_task'] = task_name.of_this_host(args['failed_task'], self._loader, self._templar, task_vars)
        return super().run(tmp, task_vars)
