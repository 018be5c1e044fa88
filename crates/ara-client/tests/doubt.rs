//! What the client does when an answer is lost or another client is faster, against a scripted server.
#![allow(clippy::disallowed_methods)] // tests create by hand what other programs would
use ara_client::{
    Claim, Client, Clock, Error, Event, Kind, Moment, NewRun, Run, RunStatus, Settings, Status, Uuid,
};
use mockito::{Matcher, Mock, Request, Server, ServerGuard};
use serde_json::{Value, json};
use std::{
    cell::Cell,
    rc::Rc,
    sync::Mutex,
    time::{Duration, SystemTime},
};

/// A clock that advances only during sleeps, and so much whenever somebody looks at it.
#[derive(Default)]
struct Sleeps(Cell<Duration>, Duration);

impl Clock for Sleeps {
    fn now(&self) -> Duration {
        self.0.set(self.0.get() + self.1);
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

fn client(server: &ServerGuard) -> Client {
    Client::new(Settings { clock: Rc::new(Sleeps::default()), ..Settings::new(server.url()) }).unwrap()
}

/// Gives this answer to the next `times` requests of this method and kind.
fn answer(
    server: &mut ServerGuard,
    method: &str,
    kind: &str,
    times: usize,
    status: usize,
    body: &Value,
) -> Mock {
    let path = format!("/api/v1/{kind}");
    server
        .mock(method, Matcher::Regex(format!("^{path}(\\?.*)?$")))
        .with_status(status)
        .with_body(body.to_string())
        .expect(times)
        .create()
}

fn list(objects: &[Value]) -> Value {
    json!({ "count": objects.len(), "results": objects })
}

fn run() -> Run {
    let run = json!({ "id": Uuid::nil(), "playbook": 1, "play": 2, "attached": false, "file": 3, "hosts": { "v1": 4 } });
    serde_json::from_value(run).unwrap()
}

fn event() -> Event {
    Event::new("deploy", "v1", Status::Ok, Moment::now(), Moment::now())
}

fn new_run() -> NewRun {
    NewRun::new(Uuid::new_v4(), "run", Moment::now())
}

#[test]
fn a_post_whose_answer_is_lost_is_looked_up_and_not_sent_again() {
    let mut server = Server::new();
    let looks = [
        answer(&mut server, "GET", "tasks", 1, 200, &list(&[])),
        answer(&mut server, "GET", "tasks", 1, 200, &list(&[json!({ "id": 7 })])),
    ];
    let post = answer(&mut server, "POST", "tasks", 1, 500, &json!("broke after the work was done"));
    let results = [
        answer(&mut server, "GET", "results", 1, 200, &list(&[])),
        answer(&mut server, "POST", "results", 1, 201, &json!({ "id": 9 })),
    ];
    assert!(client(&server).send(&mut run(), &event()).unwrap());
    looks.iter().chain([&post]).chain(&results).for_each(Mock::assert);
}

#[test]
fn a_post_that_was_not_carried_out_is_sent_again() {
    let mut server = Server::new();
    let looks = answer(&mut server, "GET", "tasks", 2, 200, &list(&[]));
    let lost = answer(&mut server, "POST", "tasks", 1, 502, &json!("nobody there"));
    let made = answer(&mut server, "POST", "tasks", 1, 201, &json!({ "id": 7 }));
    let result = answer(&mut server, "POST", "results", 1, 201, &json!({ "id": 9 }));
    assert!(client(&server).send(&mut run(), &event()).unwrap());
    [looks, lost, made, result].iter().for_each(Mock::assert);
}

#[test]
fn an_event_that_is_there_is_not_sent() {
    let mut server = Server::new();
    let _task = answer(&mut server, "GET", "tasks", 1, 200, &list(&[json!({ "id": 7 })]));
    let _result = answer(&mut server, "GET", "results", 1, 200, &list(&[json!({ "id": 9 })]));
    let posts = server.mock("POST", Matcher::Any).expect(0).create();
    assert!(!client(&server).send(&mut run(), &event()).unwrap());
    posts.assert();
}

#[test]
fn a_run_that_another_client_is_making_is_waited_for_and_joined() {
    let mut server = Server::new();
    let taken = json!({ "name": ["label with this name already exists."] });
    let claim = answer(&mut server, "POST", "labels", 1, 400, &taken);
    let looks = [
        answer(&mut server, "GET", "plays", 3, 200, &list(&[])),
        answer(&mut server, "GET", "plays", 1, 200, &list(&[json!({ "id": 2, "playbook": 1 })])),
    ];
    let playbook = json!({ "id": 1, "client_version": "hatci.automation 0.9.0", "labels": [] });
    let _playbook = answer(&mut server, "GET", "playbooks/1", 2, 200, &playbook);
    let label = answer(&mut server, "PATCH", "playbooks/1", 1, 200, &playbook);
    let _no_record = answer(&mut server, "GET", "records", 1, 200, &list(&[]));
    let record = answer(&mut server, "POST", "records", 1, 201, &json!({ "id": 5 }));
    let registered = client(&server).register(&new_run(), &mut Claim::Open).unwrap();
    assert!(!registered.made && !registered.run.attached);
    assert_eq!((registered.run.playbook, registered.run.play), (1, 2));
    looks.iter().chain([&claim, &label, &record]).for_each(Mock::assert);
}

#[test]
fn who_made_the_run_beside_a_quicker_one_removes_its_own_and_joins_that() {
    let mut server = Server::new();
    let playbook = |id: u64| json!({ "id": id, "client_version": "hatci.automation 0.9.0", "labels": [] });
    let (first, ours) = (json!({ "id": 5, "playbook": 6 }), json!({ "id": 9, "playbook": 7 }));
    let mut calls = Vec::new();
    let mut expect = |method, kind, status, body: Value| {
        calls.push(answer(&mut server, method, kind, 1, status, &body));
    };
    expect("POST", "labels", 201, json!({ "id": 1 }));
    expect("GET", "plays", 200, list(&[])); // the run
    expect("GET", "plays", 200, list(&[])); // its play
    expect("GET", "plays", 200, list(&[first.clone(), ours]));
    expect("GET", "plays", 200, list(&[])); // those of playbook 7
    expect("GET", "plays", 200, list(&[first]));
    expect("GET", "tasks", 200, list(&[]));
    expect("GET", "playbooks", 200, list(&[]));
    expect(
        "GET",
        "playbooks",
        200,
        list(&[playbook(6), playbook(7), json!({ "id": 8, "client_version": "1.8.0" })]),
    );
    expect("POST", "playbooks", 201, playbook(7));
    expect("POST", "plays", 201, json!({ "id": 9 }));
    expect("DELETE", "plays/9", 204, json!(null));
    expect("DELETE", "playbooks/7", 404, json!({ "detail": "Somebody else has done so." }));
    let _about = answer(&mut server, "GET", "playbooks/6", 2, 200, &playbook(6));
    let _label = answer(&mut server, "PATCH", "playbooks/6", 1, 200, &playbook(6));
    let _no_record = answer(&mut server, "GET", "records", 1, 200, &list(&[]));
    let _record = answer(&mut server, "POST", "records", 1, 201, &json!({ "id": 5 }));
    let registered = client(&server).register(&new_run(), &mut Claim::Open).unwrap();
    assert_eq!((registered.run.playbook, registered.run.play, registered.made), (6, 5, false));
    calls.iter().for_each(Mock::assert);
}

#[test]
fn who_finds_its_new_playbook_gone_joins_the_run_of_who_removed_it() {
    let mut server = Server::new();
    let playbook = json!({ "id": 6, "client_version": "hatci.automation 0.9.0", "labels": [] });
    let _claim = answer(&mut server, "POST", "labels", 1, 201, &json!({ "id": 1 }));
    let _looks = answer(&mut server, "GET", "plays", 2, 200, &list(&[]));
    let _found = answer(&mut server, "GET", "plays", 1, 200, &list(&[json!({ "id": 5, "playbook": 6 })]));
    let _none = answer(&mut server, "GET", "playbooks", 1, 200, &list(&[]));
    let _made = answer(&mut server, "POST", "playbooks", 1, 201, &json!({ "id": 7 }));
    let refused = json!({ "playbook": ["Invalid pk \"7\" - object does not exist."] });
    let _refused = answer(&mut server, "POST", "plays", 1, 400, &refused);
    let _about = answer(&mut server, "GET", "playbooks/6", 2, 200, &playbook);
    let _label = answer(&mut server, "PATCH", "playbooks/6", 1, 200, &playbook);
    let _no_record = answer(&mut server, "GET", "records", 1, 200, &list(&[]));
    let _record = answer(&mut server, "POST", "records", 1, 201, &json!({ "id": 5 }));
    let registered = client(&server).register(&new_run(), &mut Claim::Open).unwrap();
    assert_eq!((registered.run.playbook, registered.run.play), (6, 5));
}

#[test]
fn a_label_is_sent_once_and_not_if_it_is_blank() {
    let mut server = Server::new();
    let new = NewRun { labels: ["a", " ", "b", "A", ""].map(str::to_owned).into(), ..new_run() };
    let _found = answer(&mut server, "GET", "plays", 1, 200, &list(&[json!({ "id": 2, "playbook": 1 })]));
    let playbook = json!({ "id": 1, "client_version": "hatci.automation 0.9.0", "labels": [] });
    let _playbook = answer(&mut server, "GET", "playbooks/1", 2, 200, &playbook);
    let labels = server
        .mock("PATCH", "/api/v1/playbooks/1")
        .match_body(Matcher::Json(json!({ "labels": [format!("run:{}", new.id), "a", "b"] })))
        .with_body("{}")
        .create();
    let _no_record = answer(&mut server, "GET", "records", 1, 200, &list(&[]));
    let _record = answer(&mut server, "POST", "records", 1, 201, &json!({ "id": 5 }));
    client(&server).register(&new, &mut Claim::Open).unwrap();
    labels.assert();
}

#[test]
fn any_time_may_be_given() {
    let mut server = Server::new();
    let _none = answer(&mut server, "GET", "plays", 1, 200, &list(&[]));
    let client = Client::new(Settings { timeout: Duration::MAX, ..Settings::new(server.url()) }).unwrap();
    client.allow(Duration::MAX);
    assert_eq!(client.find(Uuid::nil()).unwrap(), None);
}

#[test]
fn a_claim_that_is_not_made_good_is_told_and_remembered() {
    let mut server = Server::new();
    let taken = json!({ "name": ["label with this name already exists."] });
    let _claim = answer(&mut server, "POST", "labels", 1, 400, &taken);
    let _looks = answer(&mut server, "GET", "plays", 1, 200, &list(&[]));
    let (client, mut claim) = (client(&server), Claim::Open);
    client.allow(Duration::from_secs(2));
    let error = client.register(&new_run(), &mut claim).unwrap_err();
    assert!(matches!(error, Error::Claimed { .. }), "{error}");
    assert_eq!(claim, Claim::Theirs(Moment::parse("1970-01-01T00:00:00Z").unwrap()));
}

#[test]
fn what_is_no_ara_is_told_from_what_ara_refuses() {
    let mut server = Server::new();
    let page = server
        .mock("GET", Matcher::Any)
        .with_status(404)
        .with_body("<html><title>Not Found</title></html>")
        .create();
    let error = client(&server).find(Uuid::nil()).unwrap_err();
    assert_eq!((error.kind(), error.is_refusal()), (Kind::NotFound, false));
    page.remove();

    let _task = answer(&mut server, "GET", "tasks", 1, 200, &list(&[]));
    let _post = answer(
        &mut server,
        "POST",
        "tasks",
        1,
        400,
        &json!({ "play": ["Invalid pk \"99\" - object does not exist."] }),
    );
    let error = client(&server).send(&mut run(), &event()).unwrap_err();
    assert!(error.is_refusal() && error.to_string().contains("Invalid pk"), "{error}");
}

#[test]
fn results_without_an_end_are_given_up_when_their_time_is_over_or_they_are_too_many() {
    for (pace, kind, why) in [
        (Duration::from_secs(2), Kind::Timeout, "did not end within "),
        (Duration::ZERO, Kind::Protocol, "is larger than this module reads (8 MiB), or has no end"),
    ] {
        let mut server = Server::new();
        let _play = answer(&mut server, "PATCH", "plays/2", 1, 200, &json!({}));
        let mut host = 0;
        let page = move |_: &Request| {
            let results: Vec<_> =
                (host..host + 1000).map(|it| json!({ "host": it, "status": "ok" })).collect();
            host += 1000;
            json!({ "next": "further", "results": results }).to_string().into()
        };
        let page = Mutex::new(page);
        let _results = server
            .mock("GET", Matcher::Regex("^/api/v1/results".into()))
            .with_body_from_request(move |request| (page.lock().unwrap())(request))
            .expect_at_least(1)
            .create();
        let clock = Rc::new(Sleeps(Cell::default(), pace));
        let client = Client::new(Settings { clock, ..Settings::new(server.url()) }).unwrap();
        let error = client.close(&mut run(), RunStatus::Completed, Moment::now()).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        let text = error.to_string();
        assert!(text.starts_with(&format!("GET {}/api/v1/results: the list of ", server.url())), "{text}");
        assert!(text.contains(why), "{text}");
    }
}
