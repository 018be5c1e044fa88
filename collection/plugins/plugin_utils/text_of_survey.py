"""Lists and dicts that come as text: a survey of the Automation Platform, and `-e name=value`, know no other type."""
from __future__ import annotations

import re
from collections.abc import Mapping

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
# Of these also YAML text is read: none of their items is a text.
NESTED = ('ecus', 'events', 'metadata', 'waves')
REMEDY = 'Check its quotes, commas and brackets.'
# The option that is a list of links, and its variable.
LINKS = ('artifact_urls', 'hatci_artifact_urls')
ECUS = ('hatci_source_ecus', 'hatci_target_ecus')
METADATA = ('hatci_test_metadata',)


class _AsTyped(yaml.SafeLoader):
    """YAML in which only what JSON knows is no text: YAML 1.1 reads 00123 as 83, and 12:30:45 as 45045."""

    yaml_implicit_resolvers = {}

    def construct_mapping(self, node, deep=False):
        names = [key.value for key, dummy in node.value]
        if len(set(map(str, names))) < len(names):
            raise yaml.constructor.ConstructorError(None, None, 'a key is given twice', node.start_mark)
        return super().construct_mapping(node, deep)


for _type, _form, _first in (
        ('null', 'null|~|', ['n', '~', '']), ('bool', '[Tt]rue|[Ff]alse', list('tTfF')), ('int', '-?(0|[1-9][0-9]*)', list('-0123456789')),
        ('float', r'-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?', list('-0123456789'))):
    _AsTyped.add_implicit_resolver(f'tag:yaml.org,2002:{_type}', re.compile(f'^(?:{_form})$'), _first)


def parsed(value):
    """The list or dict that a text holds, as JSON or YAML. What holds none stays as it is, and so does a list or dict."""
    if not isinstance(value, str):
        return value
    try:
        found = yaml.load(value, Loader=_AsTyped)  # noqa: S506 # a SafeLoader
    except (yaml.YAMLError, ValueError):
        return value
    return found if isinstance(found, (list, dict)) else value


def as_list(value):
    """The items of a list, which may come as JSON, as YAML or separated by commas and line breaks. A blank holds none."""
    found = parsed(value)
    if isinstance(found, str):
        return _parted(found)
    if found is None:
        return []
    return list(found) if isinstance(found, (list, tuple)) else [found]


def links(value):
    """The list of links that a text holds: as JSON or YAML, or separated by commas and line breaks. All else stays as it is."""
    found = parsed(value)
    return _parted(found) if isinstance(found, str) and not is_broken(found) else found


def _parted(text):
    return [part.strip() for part in re.split('[,\n]', text) if part.strip()]


def is_broken(value):
    """Whether this text begins as JSON does, and holds none."""
    return _is_meant_as_json(value) and parsed(value) is value


def is_unfit(name, value):
    """Whether this can't be the value of that option: broken text, or something of another form."""
    return is_broken(value) or _lacks_form(name, value)


def _lacks_form(name, value):
    found = parsed(value)
    if found is None or isinstance(found, str) and not found.strip():
        return False
    if name in LINKS:
        return not (isinstance(found, str) or _is_list_of(str, found))
    if name in ECUS:
        return not _is_list_of((Mapping, str), found)
    # Ansible also reads a dict in KEY=VALUE.
    return name in METADATA and not (isinstance(found, Mapping) or isinstance(value, str) and '=' in value)


def _is_list_of(kind, value):
    return isinstance(value, (list, tuple)) and all(isinstance(one, kind) for one in value)


def _is_meant_as_json(value):
    return isinstance(value, str) and value.lstrip()[:1] in ('[', '{')


def complaint(values):
    """Sentences about those of these variables or options, by name, that can't be used; '' if there is none."""
    broken = [name for name, value in values.items() if is_broken(value)]
    said = ['%s begin%s like JSON, but cannot be read. %s' % (' and '.join(broken), '' if len(broken) > 1 else 's', REMEDY)] if broken else []
    said += [_wanted(name) for name, value in values.items() if name not in broken and is_unfit(name.split(' ')[0], value)]
    return ' '.join(said)


def _wanted(name):
    option = name.split(' ')[0]
    if option in LINKS:
        return '%s is not a list of links. Give URLs as text, such as ["https://example.com/log"].' % name
    if option in ECUS:
        return ('%s is not a list of dicts. Give one, or its JSON text, such as [{"ecu_name": "Gateway", "part_number": "GW-1", "sw_version": "1.0.0"}].'
                % name)
    return '%s is not a dict. Give one, or its JSON text, such as {"tester": "Kim"}.' % name


def options(arguments):
    """The arguments of a module with lists and dicts in the place of their texts, and the complaint about the others."""
    texts = {name: arguments[name] for name in OPTIONS if _is_meant_as_json(arguments.get(name)) or name in NESTED and isinstance(arguments.get(name), str)}
    # Of other forms the module says what it takes.
    given = {name: arguments[name] for name in LINKS if name in arguments} | {name: text for name, text in texts.items() if is_broken(text)}
    named = {'%s (in roles and playbooks: %s)' % (name, OPTIONS[name]): value for name, value in given.items()}
    read = {name: parsed(value) for name, value in texts.items()} | {name: links(arguments[name]) for name in LINKS if name in arguments}
    return {**arguments, **read}, complaint(named)
