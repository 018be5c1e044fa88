//! Tests the client against a scripted server, which can answer what no real controller can be made to answer.
#![allow(clippy::disallowed_methods)] // tests create by hand what other programs would
mod script;

use jumpstarter::{Error, Kind, Listing, NewLease, Target, Watch};
use script::{Answer, client_of, configured, field, framed, grpc, http, lease, refused};
use std::time::Duration;
use tokio::net::TcpListener;

async fn get(answer: Answer) -> Result<jumpstarter::Lease, Error> {
    let (client, _folder) = client_of([answer]).await;
    client.get("l1").await
}

#[tokio::test]
async fn a_reply_is_read() {
    let found = get(grpc(framed(&lease("l1"), 0), (0, ""))).await.unwrap();
    assert_eq!((found.name.as_str(), found.client.as_str()), ("l1", "ci"));
}

#[tokio::test]
async fn a_refusal_is_told_in_the_controllers_words_wherever_its_status_stands() {
    for answer in [refused(2, "it%20broke: %C3%BC"), grpc(framed(&[], 0), (2, "it%20broke: %C3%BC"))] {
        let error = get(answer).await.unwrap_err();
        assert!(
            matches!(&error, Error::Server { status: 2, why, may_pass: false } if why == "it broke: ü"),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn what_the_controller_says_shows_no_token_and_steers_no_terminal() {
    // `Bearer a-token` in base64.
    let said = "no%0Akey in a-token%1B]0;x%07 Basic QmVhcmVyIGEtdG9rZW4= 612d746f6b656e a%252dtoken%E2%80%AE%1B[31m!";
    for (answer, code) in [(refused(2, said), 2), (grpc(framed(&[], 0), (7, said)), 7)] {
        let error = get(answer).await.unwrap_err().to_string();
        assert!(error.contains("no key in *** Basic Qm"), "{code}: {error}");
        for secret in
            ["a-token", "a%2", "YS10b2tlb", "EtdG9rZW", "612d746f6b656e", "\u{1b}", "\u{202e}", "[31m"]
        {
            assert!(!error.contains(secret), "{secret}: {error}");
        }
    }
}

#[tokio::test]
async fn a_list_without_an_end_is_given_up_in_time() {
    let page = |leases: usize, next: usize| {
        let leases = field(1, &[]).repeat(leases);
        grpc(framed(&[leases, field(2, next.to_string().as_bytes())].concat(), 0), (0, ""))
    };
    for pages in [(1..3000).map(|next| page(0, next)).collect::<Vec<_>>(), vec![page(500_000, 1)]] {
        let (client, _folder) = client_of(pages).await;
        let error = client.leases(&Listing::default()).await.unwrap_err();
        assert!(matches!(error, Error::TooMany { what: "leases", .. }), "{error}");
    }
}

#[tokio::test]
async fn refusals_have_their_kinds() {
    for (code, text, kind) in [
        (2, "leases.jumpstarter.dev \"l1\" not found", Kind::NotFound),
        (5, "no such thing", Kind::NotFound),
        (2, "leases.jumpstarter.dev \"l1\" already exists", Kind::Conflict),
        (6, "there is one", Kind::Conflict),
        (2, "lease l1 already exists in namespace lab", Kind::Conflict),
        (2, "lease lab/l1 not found", Kind::NotFound),
        (5, "client lab/ci: clients.jumpstarter.dev \"ci\" not found", Kind::Auth),
        (2, "UpdateLease permission denied", Kind::Conflict),
        (2, "failed to authenticate token", Kind::Auth),
        (2, "oidc: verify token: oidc: token is expired (Secret Expiry: then)", Kind::Auth),
        (16, "missing authorization header", Kind::Auth),
        (7, "namespace mismatch", Kind::Auth),
        (2, "client lab/ci: clients.jumpstarter.dev \"ci\" not found", Kind::Auth),
        (2, "duration must be positive, got 0s", Kind::Invalid),
        (2, "failed to parse label selector: no", Kind::Invalid),
        (3, "one of selector or exporter_name is required", Kind::Invalid),
        (9, "lease \"namespaces/lab/leases/l1\" has already been released", Kind::Failed),
        (12, "unknown method", Kind::Protocol),
        (14, "restarting", Kind::Unavailable),
        (4, "too slow", Kind::Unavailable),
        (13, "a certificate is expired", Kind::Unavailable),
    ] {
        let error = get(refused(code, text)).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{code} {text}: {error}");
    }
}

#[tokio::test]
async fn a_refusal_without_a_text_says_that_no_reason_was_given() {
    for (code, said) in [
        (14, ": no reason was given. Check that it is running"),
        (13, "no reason was given"),
        (16, ": no reason was given. Check the token"),
    ] {
        let error = get(refused(code, "")).await.unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[tokio::test]
async fn an_answer_of_a_proxy_is_understood_as_grpc_maps_it() {
    for (status, kind) in [
        (401, Kind::Auth),
        (403, Kind::Auth),
        (404, Kind::Protocol),
        (429, Kind::Unavailable),
        (503, Kind::Unavailable),
        (500, Kind::Unavailable),
        (200, Kind::Protocol),
    ] {
        let error = get(http(status, "text/html")).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status}: {error}");
    }
}

#[tokio::test]
async fn a_reply_that_is_none_is_a_fault_of_the_protocol() {
    let large = vec![0; 5 << 20];
    for body in [
        vec![0, 0],
        framed(&lease("l1"), 1),
        framed(&[0xff; 9], 0),
        framed(b"", 0)[..4].to_vec(),
        framed(&large, 0),
    ] {
        let error = get(grpc(body, (0, ""))).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Protocol, "{error}");
    }
}

#[tokio::test]
async fn a_reply_without_its_end_is_no_reply() {
    let cut = Answer { status: None, ..grpc(framed(&lease("l1"), 0), (0, "")) };
    assert_eq!(get(cut).await.unwrap_err().kind(), Kind::Unavailable);
}

#[tokio::test]
async fn a_connection_that_broke_is_opened_again() {
    let breaks = Answer { breaks: true, ..Answer::default() };
    let (client, _folder) = client_of([breaks, grpc(framed(&lease("l1"), 0), (0, ""))]).await;
    assert_eq!(client.get("l1").await.unwrap_err().kind(), Kind::Unavailable);
    assert_eq!(client.get("l1").await.unwrap().name, "l1");
}

#[tokio::test]
async fn pages_are_followed_to_the_last_over_empty_ones() {
    let page = |leases: &[&str], next: &str| {
        let leases: Vec<u8> = leases.iter().flat_map(|name| field(1, &lease(name))).collect();
        grpc(framed(&[leases, field(2, next.as_bytes())].concat(), 0), (0, ""))
    };
    let (client, _folder) = client_of([page(&["a", "b"], "1"), page(&[], "2"), page(&["c"], "")]).await;
    let names: Vec<String> =
        client.leases(&Listing::default()).await.unwrap().into_iter().map(|l| l.name).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[tokio::test]
async fn a_list_that_leads_in_a_circle_is_not_followed_for_ever() {
    let page = |next: &str| grpc(framed(&field(2, next.as_bytes()), 0), (0, ""));
    let (client, _folder) = client_of([page("1"), page("2"), page("1")]).await;
    assert_eq!(client.leases(&Listing::default()).await.unwrap_err().kind(), Kind::Protocol);
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let passing = [
        (13, "it broke"),
        (10, "aborted"),
        (
            2,
            "Operation cannot be fulfilled: the object has been modified; please apply your changes and try again",
        ),
        (2, "etcdserver: leader changed"),
    ];
    let refusals = passing.map(|(code, text)| refused(code, text));
    let (client, _folder) =
        client_of(refusals.into_iter().chain([grpc(framed(&lease("l1"), 0), (0, ""))])).await;
    assert_eq!(client.get_patiently("l1", Duration::from_secs(20)).await.unwrap().name, "l1");
}

/// A lease of this client with its condition `Ready`.
fn with_ready(status: &str) -> Answer {
    let condition = [field(1, b"Ready"), field(2, status.as_bytes()), field(5, b"Expired")].concat();
    grpc(framed(&[lease("l1"), field(11, &condition)].concat(), 0), (0, ""))
}

/// Waits in silence for as long as it takes.
struct Patient;

impl Watch for Patient {
    fn tell(&mut self, _: &str) {}

    fn go_on(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

#[tokio::test]
async fn a_lease_that_does_not_appear_at_once_is_waited_for() {
    let (client, _folder) = client_of([refused(5, "no"), refused(13, "it broke"), with_ready("True")]).await;
    let limit = Duration::from_secs(60);
    assert_eq!(client.wait_until_ready("l1", limit, &mut Patient).await.unwrap().name, "l1");
}

/// The request below: a lease `l1` of `bench` for `job`.
fn new_lease(job: &str) -> NewLease {
    NewLease {
        name: "l1".into(),
        target: Target::Exporter("bench".into()),
        duration: "30m".parse().unwrap(),
        tags: [("job".to_owned(), job.to_owned())].into(),
    }
}

/// That lease.
fn made(job: &str) -> Answer {
    let tag = field(13, &[field(1, b"job"), field(2, job.as_bytes())].concat());
    grpc(framed(&[lease("l1"), field(12, b"bench"), tag].concat(), 0), (0, ""))
}

fn broken() -> Answer {
    Answer { breaks: true, ..Answer::default() }
}

#[tokio::test]
async fn a_lease_whose_making_was_not_answered_is_found_by_its_name_also_if_it_appears_late() {
    let (client, _folder) =
        client_of([broken(), refused(6, "there is one"), refused(5, "no"), made("a")]).await;
    assert_eq!(client.request(&new_lease("a")).await.unwrap().name, "l1");
}

#[tokio::test]
async fn another_jobs_lease_of_that_name_is_not_taken_for_it() {
    let (client, _folder) = client_of([broken(), refused(6, "there is one"), made("another")]).await;
    let error = client.request(&new_lease("a")).await.unwrap_err();
    assert!(matches!(error, Error::NameTaken { .. }), "{error:?}");
}

#[tokio::test]
async fn a_refusal_does_not_settle_whether_a_lease_was_made() {
    let (client, _folder) = client_of([broken(), refused(16, "who are you")]).await;
    assert_eq!(client.request(&new_lease("a")).await.unwrap_err().kind(), Kind::UnknownOutcome);
    let (client, _folder) = client_of([refused(16, "who are you")]).await;
    assert_eq!(client.request(&new_lease("a")).await.unwrap_err().kind(), Kind::Auth);
}

#[tokio::test]
async fn an_attempt_that_is_cut_short_may_have_been_heard_only_once_it_is_connected() {
    let short = Duration::from_millis(500);
    let silent = Answer { silent: true, ..Answer::default() };
    let (client, _folder) = client_of([made("a"), silent]).await;
    client.get("l1").await.unwrap();
    let error = client.get_patiently("l1", short).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { sent: true, .. }), "{error:?}");

    // It accepts connections, but never starts TLS.
    let deaf = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (client, _folder) = configured(deaf.local_addr().unwrap().port(), "{insecure: true}");
    let error = client.get_patiently("l1", short).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { sent: false, .. }), "{error:?}");
}

#[tokio::test]
async fn a_token_that_is_refused_is_read_again() {
    let (client, folder) = client_of([refused(2, "failed to authenticate token"), made("a")]).await;
    let file = folder.path().join("ci.yaml");
    let renewed = std::fs::read_to_string(&file).unwrap().replace("a-token", "a-token-renewed");
    std::fs::write(&file, renewed).unwrap();
    assert_eq!(client.get("l1").await.unwrap().name, "l1");
}

#[tokio::test]
async fn a_lease_that_can_not_be_deleted_because_it_has_ended_is_gone_whatever_the_words() {
    for code in [2, 3, 9] {
        let (client, _folder) = client_of([refused(code, "lease is over"), with_ready("False")]).await;
        assert!(!client.delete("l1").await.unwrap());
    }
    let (client, _folder) = client_of([refused(9, "not now"), with_ready("True")]).await;
    assert_eq!(client.delete("l1").await.unwrap_err().kind(), Kind::Invalid);
}

#[tokio::test]
async fn a_lease_is_deleted_once_and_gone_the_second_time() {
    let gone = "lease \"namespaces/lab/leases/l1\" has already been released";
    let (client, _folder) =
        client_of([grpc(framed(&[], 0), (0, "")), refused(9, gone), refused(5, "no")]).await;
    assert!(client.delete("l1").await.unwrap());
    assert!(!client.delete("l1").await.unwrap());
    assert!(!client.delete("l1").await.unwrap());
}
