//! Lists end, whatever a server sends.
use http_exchange::{Clock, Kind, ListOverrun, ListRoom};
use std::time::Duration;
use test_servers::FakeClock;

const TIME: Duration = Duration::from_secs(120);

#[test]
fn each_answer_has_what_is_left_of_the_time_and_none_is_asked_for_at_its_end() {
    let clock = FakeClock::new();
    let mut room = ListRoom::new(1 << 20, clock.clone(), TIME);
    for left in [120, 70, 20] {
        assert_eq!(room.next_answer(), Ok(Duration::from_secs(left)));
        assert_eq!(room.overrun(Kind::Timeout), None);
        clock.sleep(Duration::from_secs(50));
    }
    let over = ListOverrun::Time { after: TIME, answers: 3 };
    assert_eq!((room.next_answer(), room.overrun(Kind::Timeout)), (Err(over), Some(over)));
    // What failed for another reason keeps it.
    assert_eq!(room.overrun(Kind::Auth), None);
    assert_eq!(over.to_string(), "did not end within 120 s and 3 answers");
}

#[test]
fn a_list_ends_whether_or_not_anything_of_it_is_kept() {
    let mut room = ListRoom::new(1 << 20, FakeClock::new(), TIME);
    let mut empty = room.clone();
    assert_eq!(room.keep(1 << 20), Ok(()));
    assert_eq!(room.keep(1), Err(ListOverrun::Memory { mib: 1 }));
    assert_eq!((0..1000).take_while(|_| empty.next_answer().is_ok()).count(), 256);
}
