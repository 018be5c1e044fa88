"""What the hosts of an inventory are called that are vehicles of the SUMS API, which of them are wanted, and what is known of them."""
from __future__ import annotations

import difflib
import re

# The variables of the playbooks that say what a vehicle is, and the fields from which they come. It is a list of what may come from a server:
# a field `base_url` must not become `hatci_base_url`.
VARIABLES = {
    'hatci_vin': ('vin', 'VIN'),
    'hatci_vehicle_id': ('vehicle_id', 'id'),
    'hatci_model_year': ('model_year',),
    'hatci_region': ('region',),
    'hatci_program_name': ('program_name', 'program'),
}
# The options that choose vehicles, and the variable that each looks at.
FILTERS = {'model_year': 'hatci_model_year', 'region': 'hatci_region', 'program': 'hatci_program_name'}
# Names that mean something to Ansible in every inventory.
RESERVED = frozenset(('all', 'ungrouped', 'localhost', '::1'))
LONGEST = 60  # characters of a text that are shown
NAMED = 10  # how many of something a warning names


def variables(vehicle):
    """The variables of the vehicle's host: texts, as a group can be made only of a text, and the vehicle itself."""
    found = {name: str(value) for name, fields in VARIABLES.items() if (value := first(vehicle, fields)) is not None}
    return {**found, 'hatci_vehicle': vehicle}


def first(vehicle, fields):
    """The first of these fields that the vehicle has, if it is a text or a number."""
    values = (vehicle.get(field) for field in fields)
    return next((value for value in values if is_scalar(value) and str(value).strip()), None)


def is_scalar(value):
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def kept(vehicles, wanted, warn):
    """The vehicles that these filters let pass: for each filter, what is wanted; None or nothing for all."""
    for option, values in wanted.items():
        values = values if isinstance(values, (list, tuple)) else [values]
        values = {same(value): str(value) for value in values if value not in (None, '')}
        if not values or not vehicles:
            continue
        found = [(vehicle, first(vehicle, VARIABLES[FILTERS[option]])) for vehicle in vehicles]
        vehicles = [vehicle for vehicle, value in found if value is not None and same(value) in values]
        if not vehicles:
            wanted, there = listed(values.values()), listed({str(value) for dummy, value in found if value is not None})
            warn('No vehicle has %s %s; the API lists %s. Check the filter.' % (option, wanted, there) if there else
                 'The API gives no vehicle a %s, so the filter for %s finds none. Remove the filter.' % (option, wanted))
    return vehicles


def complaint(given, options):
    """What is wrong with the keys of an inventory file, '' if nothing: a misspelt filter would let every vehicle pass."""
    unknown = sorted(str(key) for key in given if key not in options)
    if not unknown:
        return ''
    close = {key: difflib.get_close_matches(key, options, 1) for key in unknown}
    named = ', '.join('%s%s' % (shown(key), ' (did you mean %s?)' % close[key][0] if close[key] else '') for key in unknown[:NAMED])
    return 'The file sets %s, which this inventory does not have. Its filters are %s; `ansible-doc -t inventory hatci.automation.hatci` lists all keys.' % (
        named, ', '.join(FILTERS))


def same(value):
    """What makes 2026 and "2026", US and us, the same."""
    return str(value).strip().casefold()


def listed(values):
    values = sorted(map(shown, values))
    return ', '.join(values[:NAMED]) + (' and %d more' % (len(values) - NAMED) if len(values) > NAMED else '')


def shown(text):
    """A server's text in a message: short, and nothing in it steers the terminal."""
    return ''.join(char if char.isprintable() else ' ' for char in text[:LONGEST])


def by_name(vehicles, preference, complain, taken=frozenset()):
    """
    The vehicles by the names of their hosts. `taken` are names that mean something else to Ansible, such as those of groups.

    `complain` hears of those without a name; a name that means two of them is a ValueError.
    """
    hosts, nameless = {}, 0
    for vehicle in vehicles:
        names = names_of(vehicle, preference)
        free = [name for name in names if not is_taken(name, taken)]
        if not names:
            nameless += 1
        elif not free:
            complain('%s is left out: the name %s means something else to Ansible. Add another field to `hostnames` to name it.' % (
                described(vehicle), listed(set(names))))
        elif free[0] not in hosts:
            hosts[free[0]] = vehicle
        elif not are_the_same(vehicle, hosts[free[0]]):
            raise ValueError('Two vehicles would have the host name %s: %s and %s. Start `hostnames` with a field that differs, such as vin.' % (
                shown(free[0]), *(shown(vin_of(one)) or 'one without a VIN' for one in (hosts[free[0]], vehicle))))
    if nameless:
        complain('%d of %d vehicles are left out, because they have none of the fields %s. Add a field that they have to `hostnames`.' % (
            nameless, len(vehicles), ', '.join(preference)))
    return hosts


def names_of(vehicle, preference):
    """What the vehicle's host may be called, the preferred name first."""
    values = (first(vehicle, VARIABLES.get('hatci_%s' % field, (field,))) for field in preference)
    names = (cleaned(str(value)) for value in values if value is not None)
    return [name for name in names if name]


def cleaned(text):
    """
    The text as the name of a host; '' if nothing is left of it.

    Whatever a pattern of hosts gives a meaning to, and whatever could begin a template, is not part of a name. Nor does it begin like an
    option, or like a hidden file: of a host `..`, Ansible would read the folder above `host_vars`.
    """
    return re.sub(r'[^\w.+-]+', '_', text.strip()).lstrip('_.+-').rstrip('_')


def is_taken(name, taken):
    """Whether Ansible has a meaning of its own for this name. With `localhost`, plays of that host would get a vehicle's variables."""
    return name in taken or name.casefold() in RESERVED or name.startswith('127.')


def are_the_same(one, other):
    """Whether it is one vehicle: it may be on two pages, if the list changes while it is read."""
    vin, vehicle_id = vin_of(one), first(one, VARIABLES['hatci_vehicle_id'])
    if vin != vin_of(other):
        return False
    return bool(vin) or vehicle_id is not None and str(vehicle_id) == str(first(other, VARIABLES['hatci_vehicle_id']))


def described(vehicle):
    """By what a message names a vehicle."""
    if vin := vin_of(vehicle):
        return 'The vehicle %s' % shown(vin)
    vehicle_id = first(vehicle, VARIABLES['hatci_vehicle_id'])
    return 'A vehicle without a VIN' if vehicle_id is None else 'The vehicle with the id %s' % shown(str(vehicle_id))


def vin_of(vehicle):
    return str(first(vehicle, VARIABLES['hatci_vin']) or '').upper()
