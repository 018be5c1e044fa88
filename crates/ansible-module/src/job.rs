//! The job that a task belongs to: the process of `ansible-playbook`, which may outlive the task by hours.

/// Holds the number of that process. Absent over ssh, with `become` and with `async`.
pub const OWNER: &str = "ANSIBLE_MODULE_OWNER";

/// The process of `ansible-playbook`, where the action plugin names it.
pub fn owner() -> Option<i32> {
    std::env::var(OWNER).ok()?.parse().ok()
}
