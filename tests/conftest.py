"""What holds for all tests in Python."""

import signal

# Started with `nohup`, or by a script in the background, the tests would hand on that a hang-up or the keyboard's signals
# are ignored, and what they start could not be ended by them.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)


def pytest_configure(config):
    config.addinivalue_line('markers', 'one_core: does not depend on the ansible-core, and is run on one of them only')
