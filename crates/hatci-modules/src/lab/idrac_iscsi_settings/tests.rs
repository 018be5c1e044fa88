//! How settings read back, and what is sent of them.
use super::*;

fn wanted(chap: Option<(&str, &str)>) -> Wanted {
    let target = Target { iqn: "iqn.2005-10.org.example:Bench1", address: "192.0.2.7", port: 3260, lun: 0 };
    Wanted::target(&target, true, None, chap)
}

fn set(wanted: &Wanted) -> Values {
    wanted.all()
}

#[test]
fn what_reads_back_in_another_form_is_the_same() {
    for (wanted, current) in [
        (json!("iqn.x:Bench1"), json!("iqn.x:bench1")),
        (json!("0.0.0.0"), json!("")),
        (json!(""), Value::Null),
        (json!(3260), json!("3260")),
        (json!(true), json!("Enabled")),
        (json!(0), Value::Null),
    ] {
        assert_eq!(reading("x", &wanted, Some(&current)), Reading::Same, "{wanted} {current}");
    }
    assert_eq!(reading("x", &json!("192.0.2.7"), Some(&json!("0.0.0.0"))), Reading::Blank);
    assert_eq!(reading("x", &json!("192.0.2.7"), None), Reading::Blank);
    assert_eq!(reading("x", &json!("192.0.2.7"), Some(&json!("192.0.2.8"))), Reading::Other);
    assert_eq!(reading("x", &json!(false), Some(&json!(true))), Reading::Other);
    assert_eq!(reading("PrimaryTargetTCPPort", &json!(3260), Some(&json!(0))), Reading::Blank);
    assert_eq!(reading("PrimaryTargetTCPPort", &json!(3260), Some(&json!("0"))), Reading::Blank);
    assert_eq!(reading("PrimaryLUN", &json!(1), Some(&json!(0))), Reading::Other);
}

#[test]
fn the_secret_is_sent_only_with_its_group_or_if_asked_for() {
    let wanted = wanted(Some(("bench", "hush-hush-hush")));
    let now = set(&wanted);
    assert!(wanted.missing(&now, false).iter().all(Values::is_empty));
    let always = wanted.missing(&now, true);
    assert_eq!(always[LOGIN]["CHAPSecret"], "hush-hush-hush");
    assert!(always[0].is_empty() && always[1].is_empty());
    let mut other_user = now;
    other_user.insert("CHAPUsername".into(), "else".into());
    assert!(wanted.missing(&other_user, false)[LOGIN].contains_key("CHAPSecret"));
    assert!(!shown(&wanted.missing(&other_user, false)[LOGIN]).contains_key("CHAPSecret"));
}

#[test]
fn one_group_at_a_time_and_nothing_twice() {
    let wanted = wanted(None);
    let missing = || wanted.missing(&Values::new(), false);
    let all = next_step(&missing(), false, false, &Values::new(), &[]).unwrap();
    assert_eq!(names(std::slice::from_ref(&all)).split(", ").count(), 4, "{all:?}");
    assert_eq!(next_step(&missing(), false, false, &Values::new(), &[all]), None);
    let first = next_step(&missing(), false, true, &Values::new(), &[]).unwrap();
    assert!(first.contains_key("PrimaryTargetName"), "{first:?}");
    let now = values(json!({ "IPMaskDNSViaDHCP": false, "AuthenticationMethod": "CHAP" }));
    let missing = || wanted.missing(&now, false);
    let last = next_step(&missing(), true, true, &now, &[]).unwrap();
    assert_eq!(names(&[last]), "AuthenticationMethod");
    let first = next_step(&missing(), false, true, &now, &[]).unwrap();
    assert_eq!(names(&[first]), "IPMaskDNSViaDHCP");
}

#[test]
fn a_job_for_a_part_of_it_is_not_another_job() {
    let wanted = wanted(Some(("bench", "hush-hush-hush")));
    let now = Wanted::defaults().all();
    let includes = |pending: Value| wanted.includes(&values(pending), &now);
    assert!(includes(json!({ "PrimaryTargetIPAddress": "192.0.2.7" })));
    assert!(includes(json!({ "CHAPUsername": "bench", "CHAPSecret": null })));
    assert!(includes(json!({})));
    assert!(!includes(json!({ "PrimaryTargetIPAddress": "192.0.2.8" })));
    assert!(!includes(json!({ "SecondaryLUN": 1 })));
    // All settings, of which one will change.
    let mut all = now.clone();
    all.insert("SecondaryLUN".into(), Value::Null);
    all.insert("PrimaryTargetName".into(), "iqn.2005-10.org.example:bench1".into());
    assert!(wanted.includes(&all, &now));
    all.insert("PrimaryTargetName".into(), "iqn.2005-10.org.example:bench2".into());
    assert!(!wanted.includes(&all, &now));
}

#[test]
fn the_defaults_read_as_the_defaults() {
    let defaults = Wanted::defaults();
    assert_eq!(defaults.reading(&Values::new()), Reading::Same);
    assert_eq!(wanted(None).reading(&set(&defaults)), Reading::Other);
}
