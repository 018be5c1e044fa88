"""Lists and dicts that come as text: a survey of the Automation Platform, and `-e name=value`, know no other type."""
from __future__ import annotations

import yaml

# Options of modules that take a list or a dict, and the variables of roles and playbooks that they come from. A module by itself would part
# broken text at its commas.
OPTIONS = {
    'artifact_urls': 'hatci_artifact_urls',
    'ecus': 'hatci_source_ecus or hatci_target_ecus',
    'events': 'ara_event_payload',
    'failure_states': 'hatci_failure_states',
    'labels': 'ara_run_labels',
    'metadata': 'hatci_test_metadata',
    'success_states': 'hatci_success_states',
    'waves': 'hatci_waves',
}
REMEDY = 'Check its quotes, commas and brackets.'


def parsed(value):
    """The list or dict that a text holds, as JSON or YAML. What holds none stays as it is, and so does a list or dict."""
    if not isinstance(value, str):
        return value
    try:
        found = yaml.safe_load(value)
    except yaml.YAMLError:
        return value
    return found if isinstance(found, (list, dict)) else value


def is_broken(value):
    """Whether this text begins as JSON does, and holds none."""
    return _is_meant_as_json(value) and parsed(value) is value


def _is_meant_as_json(value):
    return isinstance(value, str) and value.lstrip()[:1] in ('[', '{')


def complaint(values):
    """A sentence about those of these variables or options, by name, that are broken; '' if none is."""
    broken = [name for name, value in values.items() if is_broken(value)]
    return '%s begin%s like JSON, but cannot be read. %s' % (
        ' and '.join(broken), '' if len(broken) > 1 else 's', REMEDY) if broken else ''


def options(arguments):
    """The arguments of a module with lists and dicts in the place of their texts, and the complaint about the others."""
    texts = {name: arguments[name] for name in OPTIONS if _is_meant_as_json(arguments.get(name))}
    named = {'%s (in roles and playbooks: %s)' % (name, OPTIONS[name]): value for name, value in texts.items()}
    return {**arguments, **{name: parsed(value) for name, value in texts.items()}}, complaint(named)
