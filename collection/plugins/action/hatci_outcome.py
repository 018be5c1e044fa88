from __future__ import annotations

from ansible_collections.hatci.automation.plugins.plugin_utils.binary import BinaryAction


class ActionModule(BinaryAction):
    """Runs the program hatci_outcome."""
