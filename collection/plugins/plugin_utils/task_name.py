"""The name that a task has for one host. From ansible-core 2.19 on, Ansible fills it in for the first host, and shows that for all."""
from __future__ import annotations

import contextlib
from collections.abc import Mapping

from ansible.errors import AnsibleError

try:
    from ansible.template import is_trusted_as_template
except ImportError:
    def is_trusted_as_template(name):
        return True  # before 2.19 a name stays a template, which each host fills in for itself


def of_this_host(name, loader, templar, task_vars):
    """Returns the name as it reads for this host. If its template can't be found, the result is blank, so that no other host is named."""
    if not name or is_trusted_as_template(name) or len((task_vars or {}).get('ansible_play_hosts_all', ())) < 2:
        return name
    try:
        from ansible._internal._datatag._tags import Origin
        origin = Origin.get_tag(name)
        (template,) = {text for text in _texts(loader.load_from_file(origin.path)) if Origin.get_tag(text) == origin}
    except (ImportError, AnsibleError, AttributeError, TypeError, ValueError):
        return ''
    with contextlib.suppress(AnsibleError):
        return templar.template(template)
    return template.partition('{{')[0].strip()  # such as the variable of a loop


def _texts(value):
    """All texts in this, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (Mapping, list)):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(one)
