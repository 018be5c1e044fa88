"""An AnsibleModule that accepts what its documentation says, checks it, and does nothing else."""
from __future__ import annotations

import re

import yaml
from ansible.module_utils.basic import AnsibleModule, env_fallback

# What documentation says nothing of.
SECRET = ['hatci_token']


def run(documentation):
    options = yaml.safe_load(documentation)['options']
    module = AnsibleModule(argument_spec=argument_spec(options), supports_check_mode=True, **rules(options))
    module.exit_json(changed=False)


def argument_spec(options):
    return {name: option_spec(name, option) for name, option in options.items()}


def option_spec(name, option):
    spec = {key: option[key] for key in ('type', 'elements', 'required', 'default', 'aliases') if key in option}
    if 'choices' in option:
        spec['choices'] = list(option['choices'])
    if 'suboptions' in option:
        spec['options'] = argument_spec(option['suboptions'])
    for sentence in re.findall('If not given, .+', text(option)):
        spec['fallback'] = (env_fallback, re.findall(r'E\((\w+)\)', sentence))
    if name in SECRET:
        spec['no_log'] = True
    return spec


def rules(options):
    """The rules between options, each of which is told at every option that it concerns."""
    exclusive, one_of = {}, {}
    for name, option in options.items():
        for others in re.findall('Mutually exclusive with (.+?)[.]', text(option)):
            exclusive[group(options, name, *marked(others))] = True
        for how_many, names in re.findall('(Exactly|At least) one of (.+?) is required[.]', text(option)):
            one_of[group(options, *marked(names))] = True
            if how_many == 'Exactly':
                exclusive[group(options, *marked(names))] = True
        assert 'Required ' not in text(option), 'a kind of rule that the twin does not know: %s' % text(option)
    return {'mutually_exclusive': list(exclusive), 'required_one_of': list(one_of)}


def group(options, *names):
    return tuple(name for name in options if name in names)


def marked(names):
    return re.findall(r'O\((\w+)\)', names)


def text(option):
    return ' '.join(option['description'])
