"""Names variables whose text was meant to be JSON and is not."""
from __future__ import annotations

from ansible_collections.hatci.automation.plugins.plugin_utils import text_of_survey


class FilterModule:
    """What Ansible loads."""

    def filters(self):
        return {'complaint': text_of_survey.complaint}
