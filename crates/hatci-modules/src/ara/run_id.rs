//! Which run of ARA a task belongs to: the one it names, else that of the running `ansible-playbook`.
use ansible_module::Task;
use ara_client::Uuid;
use job_guard::Owner;
use serde_json::Value;

/// Keeps the ids made here apart from all others.
const NAMESPACE: Uuid = Uuid::from_u128(0x6a17_4f0e_9d0b_4c57_8e0d_3a52_c1b8_90f4);

/// The UUID that was given, or the one that stands for another text that was.
pub(crate) fn given(text: &str) -> Uuid {
    let text = text.trim();
    Uuid::parse_str(text).unwrap_or_else(|_| Uuid::new_v5(&NAMESPACE, text.as_bytes()))
}

/// The same for all tasks, hosts and plays of one `ansible-playbook`; none for a module started by hand or on another machine.
pub(crate) fn of_this_playbook() -> Option<Uuid> {
    let owner = Owner::of(ansible_module::owner()?)?;
    Some(given(&format!("{} {owner}", job_guard::boot_id())))
}

/// The play at work, by which ARA's own callback knows it.
pub(crate) fn of_play(task: &Task) -> Option<Uuid> {
    Uuid::parse_str(task.about("play_uuid").and_then(Value::as_str)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_taken_as_it_is_and_any_other_text_always_stands_for_the_same() {
        let uuid = Uuid::new_v4();
        assert_eq!(given(&format!(" {} ", uuid.simple())), uuid);
        assert_eq!(given("job 4711"), given("job 4711"));
        assert_ne!(given("job 4711"), given("job 4712"));
    }
}
