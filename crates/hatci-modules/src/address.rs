//! The address of a server, as the user gives it.
use ansible_module::Task;

/// Conceals an address with user info, a query or a fragment. Every client refuses it, but it is shown with the task's options, and what
/// should not be in it may be a secret.
pub(crate) fn conceal_unusable(address: &str, task: &Task) {
    if address.contains(['@', '?', '#']) {
        task.conceal(address);
    }
}
