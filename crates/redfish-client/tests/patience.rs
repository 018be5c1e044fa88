//! What is waited for, for how long, and what is never sent again; on a clock that nobody has to wait for.
use bench_sim::idrac::{Generation, IdracOptions, IdracServer, spawn};
use redfish_client::{Client, Clock, Error, Kind, NextBoot, ProxyVariables, Secret, Settings};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::{Duration, SystemTime},
};

/// Time that passes only while somebody sleeps.
#[derive(Default)]
struct Sleeper(Cell<Duration>);

impl Clock for Sleeper {
    fn now(&self) -> Duration {
        self.0.get()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.0.get()
    }

    fn sleep(&self, time: Duration) {
        self.0.set(self.0.get() + time);
    }

    fn random(&self) -> f64 {
        0.5
    }
}

struct Bench {
    server: IdracServer,
    client: Client,
    clock: Rc<Sleeper>,
    said: Rc<RefCell<Vec<String>>>,
}

fn client(url: &str, password: &str, clock: &Rc<Sleeper>) -> (Client, Rc<RefCell<Vec<String>>>) {
    let said = Rc::<RefCell<Vec<String>>>::default();
    let settings = Settings {
        clock: clock.clone(),
        proxies: ProxyVariables::default(),
        ..Settings::new(url, "root", Secret::new(password))
    };
    let heard = said.clone();
    (Client::new(settings, move |text| heard.borrow_mut().push(text.into())).unwrap(), said)
}

/// An iDRAC whose jobs outlast the test.
fn bench(generation: Generation, scenarios: &[&str]) -> Bench {
    let options = IdracOptions {
        scenarios: scenarios.iter().map(|it| it.parse().unwrap()).collect(),
        step: Duration::from_secs(3600),
        ..IdracOptions::of(generation)
    };
    let (server, clock) = (spawn(options).unwrap(), Rc::<Sleeper>::default());
    let (client, said) = client(&server.url(), "calvin", &clock);
    Bench { server, client, clock, said }
}

fn seconds(bench: &Bench) -> u64 {
    bench.clock.now().as_secs()
}

#[test]
fn an_idrac_that_is_not_ready_is_asked_until_the_deadline_and_that_is_told() {
    let it = bench(Generation::Thirteen, &["not-ready"]);
    let error = it.client.identity().unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(error.to_string().contains("SWC0700") && error.to_string().contains("deadline"), "{error}");
    assert!((100..=120).contains(&seconds(&it)), "{}", seconds(&it));
    let asked = it.server.requests().len();
    assert!((10..25).contains(&asked), "{asked}");
    assert_eq!(it.said.borrow().len() + 1, asked);
}

#[test]
fn the_time_that_an_idrac_asks_for_is_given() {
    let it = bench(Generation::Fourteen, &["unavailable=2"]);
    it.client.identity().unwrap();
    assert!(seconds(&it) >= 2, "{}", seconds(&it));
    assert_eq!(it.server.requests().len(), 3);
}

#[test]
fn an_address_where_nobody_listens_is_asked_until_the_deadline() {
    let Bench { server, client: known, clock, .. } = bench(Generation::Fourteen, &[]);
    known.identity().unwrap();
    let url = server.url();
    drop(server);
    assert_eq!(known.system().unwrap_err().kind(), Kind::Unavailable);
    assert!(clock.now() > Duration::from_secs(100), "{:?}", clock.now());
    // Also one that has not answered yet: an iDRAC takes minutes to start.
    let clock = Rc::<Sleeper>::default();
    let (stranger, said) = client(&url, "calvin", &clock);
    assert_eq!(stranger.system().unwrap_err().kind(), Kind::Unavailable);
    assert!(clock.now() > Duration::from_secs(100), "{:?}", clock.now());
    assert!(said.borrow()[0].contains("no connection to"), "{:?}", said.borrow());
}

#[test]
fn a_read_that_the_server_fails_at_is_repeated_until_the_deadline_and_a_change_is_not() {
    for status in [500, 502, 504] {
        let web = test_servers::ScriptedServer::answering(move |_| test_servers::json(status, "{}"));
        let clock = Rc::<Sleeper>::default();
        let (client, _) = client(&web.url(), "calvin", &clock);
        let error = client.system().unwrap_err();
        assert_eq!((error.kind(), error.status()), (Kind::Unavailable, Some(status)));
        assert!(clock.now() > Duration::from_secs(100), "{:?}", clock.now());
        assert!(!error.to_string().contains("retries"), "{error}");
    }
}

#[test]
fn members_without_an_end_are_refused() {
    let members: Vec<_> =
        (0..500).map(|number| format!(r#"{{"@odata.id": "/redfish/v1/{number}"}}"#)).collect();
    let collection = format!(r#"{{"Members": [{}]}}"#, members.join(","));
    let member = format!(r#"{{"Id": "{}"}}"#, "x".repeat(600_000));
    let answer = move |request: &test_servers::Request| {
        test_servers::json(200, if request.target.contains("/Jobs") { &collection } else { &member })
    };
    let web = test_servers::ScriptedServer::answering(answer);
    let (client, _) = client(&web.url(), "calvin", &Rc::default());
    let error = client.jobs().unwrap_err();
    assert_eq!(error.kind(), Kind::Protocol);
    assert!(error.to_string().contains("/Jobs is larger than this module reads (16 MiB)"), "{error}");
    assert!(web.count("GET") < 100);
}

#[test]
fn members_that_each_take_their_time_are_given_up_at_the_deadline_of_one_call() {
    // Each folder links to another, so that lists of lists have no end either.
    let link = |number| format!(r#"{{"@odata.id": "/redfish/v1/Adapters/{number}"}}"#);
    let members = (0..500).map(link).collect::<Vec<_>>().join(",");
    let answer = move |request: &test_servers::Request| {
        let folder = request.target.replace('?', "/");
        let is_list = request.target.contains("$expand");
        let more =
            format!(r#"{{"Id": "1", "NetworkDeviceFunctions": {{"@odata.id": "/redfish/v1{folder}"}}}}"#);
        test_servers::json(200, &if is_list { format!(r#"{{"Members": [{members}]}}"#) } else { more })
    };
    let web = test_servers::ScriptedServer::answering(answer);
    for list in [|it: &Client| it.jobs().map(drop), |it: &Client| it.nic_functions().map(drop)] {
        let settings = Settings {
            clock: test_servers::FakeClock::passing(Duration::from_secs(2)),
            proxies: ProxyVariables::default(),
            ..Settings::new(web.url(), "root", Secret::new("calvin"))
        };
        let before = web.count("GET");
        let error = list(&Client::new(settings, |_| ()).unwrap()).unwrap_err();
        assert_eq!(error.kind(), Kind::Timeout, "{error}");
        let text = error.to_string();
        assert!(text.starts_with("The list of the members of /redfish/v1/"), "{text}");
        assert!(text.contains(" did not end within 120 s and "), "{text}");
        assert!(text.contains(". Raise the deadline if "), "{text}");
        assert!(web.count("GET") - before < 60, "{}", web.count("GET"));
    }
}

#[test]
fn after_a_refused_login_nothing_more_is_sent() {
    let it = bench(Generation::Fourteen, &[]);
    let (wrong, _) = client(&it.server.url(), "hush-wrong", &it.clock);
    let refused = wrong.identity().unwrap_err();
    assert_eq!((refused.kind(), refused.status()), (Kind::Auth, Some(401)));
    assert!(!format!("{refused} {refused:?}").contains("hush-wrong"), "{refused}");
    assert!(matches!(wrong.system(), Err(Error::LoginRefused)));
    assert!(wrong.jobs().is_err());
    assert_eq!((it.server.requests().len(), seconds(&it)), (1, 0));
}

#[test]
fn used_up_sessions_are_not_waited_for() {
    let it = bench(Generation::Fourteen, &["sessions-used-up"]);
    let error = it.client.identity().unwrap_err();
    assert_eq!((error.kind(), seconds(&it)), (Kind::Unavailable, 0));
    assert!(error.to_string().contains("close unused ones"), "{error}");
}

#[test]
fn a_wait_for_a_job_ends_speaks_and_says_where_the_job_stands() {
    for generation in [Generation::Thirteen, Generation::Fourteen] {
        let it = bench(generation, &[]);
        let bios = it.client.bios().unwrap();
        let values = [("BootMode".to_owned(), "Bios".into())].into_iter().collect();
        let job = it.client.stage_bios(&bios, &values).unwrap().job.unwrap();
        let start = seconds(&it);
        let error = it.client.wait_for_job(&job, Duration::from_secs(600)).unwrap_err();
        assert_eq!((error.kind(), seconds(&it) - start), (Kind::Timeout, 600));
        assert!(error.to_string().contains("still Scheduled") && error.to_string().contains(&job), "{error}");
        assert!(it.said.borrow().len() >= 8, "{:?}", it.said.borrow());
        let missing = it.client.wait_for_job("JID_000000000000", Duration::from_secs(60)).unwrap_err();
        assert!(missing.to_string().contains("not in the queue"), "{missing}");
        // Once more finds the job.
        let error = it.client.stage_bios(&bios, &values).unwrap_err();
        assert!(matches!(&error, Error::JobPending { job: found, .. } if *found == job), "{error}");
        assert_eq!(it.client.jobs().unwrap().len(), 1);
    }
}

#[test]
fn a_shutdown_that_hangs_is_given_five_minutes() {
    let options = IdracOptions {
        firmware: Some("2.70.70.70".into()),
        scenarios: vec!["shutdown-hangs".parse().unwrap()],
        ..IdracOptions::of(Generation::Thirteen)
    };
    let (server, clock) = (spawn(options).unwrap(), Rc::<Sleeper>::default());
    let (client, _) = client(&server.url(), "calvin", &clock);
    assert_eq!(client.restart().unwrap(), "force_off_and_on");
    assert_eq!(clock.now(), Duration::from_secs(300));
    assert_eq!(server.boots().len(), 1);
}

#[test]
fn a_reset_whose_answer_is_lost_is_not_repeated() {
    let it = bench(Generation::Fourteen, &["change-lost"]);
    let error = it.client.restart().unwrap_err();
    assert_eq!(error.kind(), Kind::UnknownOutcome, "{error}");
    assert_eq!(it.server.boots().len(), 1);
}

#[test]
fn a_lost_answer_to_a_job_is_settled_by_the_queue() {
    let it = bench(Generation::Thirteen, &[]);
    let order = it.client.boot_order().unwrap();
    let mut ids = order.ids();
    ids.rotate_left(1);
    it.server.add("change-lost=2".parse().unwrap());
    let staged = it.client.stage_boot_order(&order, &ids).unwrap();
    assert_eq!((it.client.jobs().unwrap().len(), staged.method), (1, "boot_sources"));
    assert_eq!(staged.job, it.client.boot_order_job(&order).unwrap().setting().map(|job| job.id));
}

#[test]
fn an_import_that_is_answered_with_503_is_repeated_until_the_deadline() {
    let it = bench(Generation::Thirteen, &["import-503"]);
    let before = it.client.next_boot().unwrap();
    let error = it.client.set_next_boot(NextBoot::VirtualCd, &before).unwrap_err();
    assert_eq!((error.kind(), error.status()), (Kind::Unavailable, Some(503)));
    assert!(seconds(&it) <= 120, "{}", seconds(&it));
}
