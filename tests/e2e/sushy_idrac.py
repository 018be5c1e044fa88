"""What OpenStack's client for Redfish makes of an iDRAC: a referee for the stand-in. Arguments: URL, user, password. Prints JSON."""

import json
import sys

import sushy
from sushy import auth

IMAGE = 'http://s3.example.com/isos/agent.x86_64.iso'

url, username, password = sys.argv[1:]
root = sushy.Sushy(url, auth=auth.BasicAuth(username, password))
[system], [manager] = root.get_system_collection().get_members(), root.get_manager_collection().get_members()


def cd():
    """The virtual CD, freshly read, wherever it is."""
    for owner in system, manager:
        try:
            return owner.virtual_media.get_members()[0]
        except sushy.exceptions.MissingAttributeError:
            continue
    raise AssertionError('neither the system nor the manager has virtual media')


def fresh(resource):
    """The same, read anew."""
    resource.refresh(force=True)
    return resource


system.set_system_boot_options(target=sushy.BOOT_SOURCE_TARGET_PXE, enabled=sushy.BOOT_SOURCE_ENABLED_ONCE)
once = fresh(system).boot
cd().insert_media(IMAGE)
inserted = fresh(cd())
inserted_image = inserted.image
inserted.eject_media()
times = system.bios.supported_apply_times or []
system.bios.set_attribute(
    'BootMode', 'Bios', apply_time=sushy.APPLY_TIME_ON_RESET if sushy.APPLY_TIME_ON_RESET in times else None)
pending = fresh(system.bios).pending_attributes
system.reset_system(sushy.RESET_TYPE_GRACEFUL_RESTART)
print(json.dumps({
    'firmware': manager.firmware_version,
    'once': [once.target.value, once.enabled.value],
    'inserted': inserted_image,
    'ejected': not fresh(cd()).inserted,
    'pending': pending,
    'power': fresh(system).power_state.value,
    'used': fresh(system).boot.enabled.value,
}))
