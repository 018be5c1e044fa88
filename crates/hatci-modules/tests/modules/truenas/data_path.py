"""Writes one block of a unit over iSCSI, reads it back, and stays logged in until its input ends. Run by `data_path.rs`."""
import ctypes
import sys

library, initiator, user, secret, portal, target, lun, text = sys.argv[1:]
iscsi = ctypes.CDLL(library)
for name in ('iscsi_create_context', 'iscsi_write10_sync', 'iscsi_read10_sync', 'iscsi_get_error'):
    getattr(iscsi, name).restype = ctypes.c_void_p


def say(what, failed):
    if failed:
        sys.exit(f'{what}: {ctypes.string_at(iscsi.iscsi_get_error(context)).decode()}')


context = ctypes.c_void_p(iscsi.iscsi_create_context(initiator.encode()))
say('user', iscsi.iscsi_set_initiator_username_pwd(context, user.encode(), secret.encode()))
say('target', iscsi.iscsi_set_targetname(context, target.encode()))
say('type', iscsi.iscsi_set_session_type(context, 2))
say('login', iscsi.iscsi_full_connect_sync(context, portal.encode(), int(lun)))
block = text.encode().ljust(512, b'.')
task = iscsi.iscsi_write10_sync(context, int(lun), 7, block, 512, 512, 0, 0, 0, 0, 0)
say('write', not task or ctypes.cast(task, ctypes.POINTER(ctypes.c_int))[0])
print('written', flush=True)
sys.stdin.read()
iscsi.iscsi_logout_sync(context)
