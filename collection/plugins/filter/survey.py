"""Makes the questions of a survey from the argument specs of roles, so that a survey asks for what the roles take."""
from __future__ import annotations

import re

from ansible.errors import AnsibleFilterError

MARKUP = re.compile(r'\b(?:[CVEIBM]|O|RV)\(([^()]*)\)')
TYPES = {'int': 'integer', 'float': 'float', 'bool': 'multiplechoice', 'str': 'text', 'path': 'text'}


def survey(questions, specs):
    """These questions as `survey_spec` of a template has them.

    A question is the name of an option, or a dict with the option as `variable` and what the survey shall say otherwise.
    `specs` are the contents of `meta/argument_specs.yml` of roles; of an option that several have, the first one counts.
    """
    options = {}
    for spec in specs:
        for entry in spec['argument_specs'].values():
            options = {**(entry.get('options') or {}), **options}
    return [question({'variable': one} if isinstance(one, str) else one, options) for one in questions]


def question(own, options):
    """The question about one option."""
    variable = own['variable']
    option = options.get(variable)
    if option is None and 'question_name' not in own:
        raise AnsibleFilterError('No role has an option %s, so the survey cannot ask for it. Give its question_name and type.' % variable)
    option = option or {}
    if option.get('no_log'):
        raise AnsibleFilterError('%s is a secret, which no survey should ask for. Put it into a credential.' % variable)
    name, more = sentences(option.get('description', ''))
    # A default of the survey would win over the inventory: it is only told.
    default = option.get('default')
    if default not in (None, '', [], {}):
        more = ('%s Default: %s.' % (more, str(default).lower() if isinstance(default, bool) else default)).strip()
    kind, choices = kind_of(option)
    return {
        'question_name': name, 'question_description': more, 'variable': variable, 'type': kind, 'choices': choices,
        'required': bool(option.get('required')), 'default': '', **own,
    }


def kind_of(option):
    """The type of the question, and its choices."""
    if option.get('choices'):
        return 'multiplechoice', [str(choice) for choice in option['choices']]
    kind, default = option.get('type', 'str'), option.get('default')
    if kind == 'bool' or isinstance(default, bool):
        return 'multiplechoice', ['true', 'false']
    if kind == 'raw' and isinstance(default, int):
        return 'integer', []
    return TYPES.get(kind, 'textarea'), []


def sentences(description):
    """The first sentence of a description, without its full stop, and the others, without markup."""
    text = ' '.join(description) if isinstance(description, list) else description
    text = MARKUP.sub(r'\1', ' '.join(text.split()))
    first, dummy, more = text.partition('. ')
    return first.rstrip('.'), more


class FilterModule:
    """What Ansible loads."""

    def filters(self):
        return {'survey': survey}
