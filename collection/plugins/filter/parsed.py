"""Reads lists and dicts that come as text, as those of a survey do."""
from __future__ import annotations

from ansible_collections.hatci.automation.plugins.plugin_utils import text_of_survey


class FilterModule:
    """What Ansible loads."""

    def filters(self):
        return {'parsed': text_of_survey.parsed, 'as_list': text_of_survey.as_list}
