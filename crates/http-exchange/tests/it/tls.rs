//! Trust: which servers are believed, who we are to them, and what is said when it doesn't work out.
use crate::{create, exchange, get, settings};
use http_exchange::{Call, Error, Kind, Reply, Server, Settings, TlsSettings};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use rustix::fs::{CWD, FileType, Mode};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::{CertifiedKey, SingleCertAndKey},
};
use std::{
    fs,
    io::{Read, Write},
    path::PathBuf,
    process::Command,
    sync::Arc,
    time::Duration,
};
use test_servers::{
    ALERT, Authority, FakeClock, ScriptedServer, Step, accept_breakable_tls, accept_tls, json, server_config,
};

fn tls_server(script: impl IntoIterator<Item = Step>, config: Arc<ServerConfig>) -> ScriptedServer {
    ScriptedServer::accepting(script, move |stream| accept_tls(stream, config.clone()))
}

fn https(server: &ScriptedServer) -> String {
    server.url().replace("http://", "https://")
}

/// One GET from a server of that kind.
fn answer(config: Arc<ServerConfig>, tls: TlsSettings) -> Result<Reply, Error> {
    let server = tls_server([json(200, "{}")], config);
    get(Settings { tls, ..settings(https(&server), &FakeClock::new()) })
}

/// Fails at once, says these words, and sends nothing.
fn refused(config: Arc<ServerConfig>, tls: TlsSettings, words: &str) {
    let server = tls_server([json(200, "{}")], config);
    let error = get(Settings { tls, ..settings(https(&server), &FakeClock::new()) }).unwrap_err();
    assert_eq!((error.kind(), error.stats().attempts), (Kind::Tls, 1), "{error}");
    assert!(error.to_string().contains(words), "{error}");
    assert!(server.requests().is_empty());
}

#[test]
fn a_trusted_server_in_both_versions_over_one_connection() {
    let authority = Authority::new();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority.issuer).unwrap();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let config = server_config(&[version], &certificate, &key);
        let server = tls_server([json(200, "{}"), json(500, ""), json(200, "{}")], config);
        let settings = Settings { tls: authority.trusted(), ..settings(https(&server), &FakeClock::new()) };
        let client = Server::new(settings).unwrap();
        exchange(&client, &Call::get("/x")).unwrap();
        exchange(&client, &Call::get("/x")).unwrap();
        assert!(server.requests().iter().all(|request| request.connection == 0));
    }
}

#[test]
fn servers_that_are_not_to_be_believed() {
    let authority = Authority::new();
    let trusted = || authority.trusted();
    refused(authority.server("127.0.0.1"), Authority::new().trusted(), "not trusted");
    refused(authority.server("127.0.0.1"), TlsSettings::default(), "not trusted");
    refused(authority.server("localhost"), trusted(), "is for another name");
    let params = || CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let mut expired = params();
    expired.not_after = date_time_ymd(2020, 1, 1);
    refused(authority.server_with(&expired), trusted(), "has expired");
    let mut early = params();
    early.not_before = date_time_ymd(2200, 1, 1);
    refused(authority.server_with(&early), trusted(), "not valid yet");
}

#[test]
fn a_servers_own_certificate_is_believed_once_it_is_given() {
    let authority = Authority::new();
    for (is_ca, name, date) in [
        (IsCa::NoCa, "127.0.0.1", 2100),
        (IsCa::ExplicitNoCa, "127.0.0.1", 2100),
        (IsCa::Ca(BasicConstraints::Unconstrained), "127.0.0.1", 2100),
        (IsCa::Ca(BasicConstraints::Unconstrained), "elsewhere.example", 2100),
        (IsCa::Ca(BasicConstraints::Unconstrained), "127.0.0.1", 2020),
    ] {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.is_ca = is_ca;
        params.not_after = date_time_ymd(date, 1, 1);
        let key = KeyPair::generate().unwrap();
        for own in
            [params.self_signed(&key).unwrap(), params.signed_by(&key, &Authority::new().issuer).unwrap()]
        {
            let config = || server_config(rustls::DEFAULT_VERSIONS, &own, &key);
            fs::write(authority.file("own.pem"), own.pem()).unwrap();
            for ca_only in [true, false] {
                let given =
                    TlsSettings { ca_path: Some(authority.file("own.pem")), ca_only, ..Default::default() };
                match (name, date) {
                    ("127.0.0.1", 2100) => drop(answer(config(), given).unwrap()),
                    (_, 2100) => refused(config(), given, "is for another name"),
                    _ => refused(config(), given, "has expired"),
                }
            }
            if date == 2100 {
                refused(config(), authority.trusted(), "not trusted");
            }
        }
    }
}

#[test]
fn unchecked_means_unchecked() {
    let unchecked = || TlsSettings { verify: false, ..TlsSettings::default() };
    let authority = Authority::new();
    answer(authority.server("elsewhere.example"), unchecked()).unwrap();
    let mut expired = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    expired.not_after = date_time_ymd(2020, 1, 1);
    answer(authority.server_with(&expired), unchecked()).unwrap();
    // An X.509 v1 certificate, which rustls can't read.
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("keys/ec.pkcs8.pem")).unwrap();
    let chain =
        CertificateDer::pem_slice_iter(include_bytes!("keys/ec.v1.pem")).map(Result::unwrap).collect();
    let certified = CertifiedKey::new(chain, aws_lc_rs::sign::any_supported_type(&key).unwrap());
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified.clone())));
        answer(Arc::new(config), unchecked()).unwrap();
    }
}

#[test]
fn client_certificates_with_every_kind_of_key() {
    let authority = Authority::new();
    for (key, written_as) in [
        (include_str!("keys/rsa.pkcs8.pem"), include_str!("keys/rsa.pkcs8.pem")),
        (include_str!("keys/rsa.pkcs8.pem"), include_str!("keys/rsa.pkcs1.pem")),
        (include_str!("keys/ec.pkcs8.pem"), include_str!("keys/ec.pkcs8.pem")),
        (include_str!("keys/ec.pkcs8.pem"), include_str!("keys/ec.sec1.pem")),
    ] {
        let key = KeyPair::from_pem(key).unwrap();
        let member = CertificateParams::new(["bench-7".to_owned()]).unwrap();
        let certificate = member.signed_by(&key, &authority.issuer).unwrap();
        fs::write(authority.file("cert.pem"), certificate.pem()).unwrap();
        fs::write(authority.file("key.pem"), written_as).unwrap();
        fs::write(authority.file("both.pem"), certificate.pem() + written_as).unwrap();
        for (cert, key) in [("cert.pem", Some("key.pem")), ("both.pem", None)] {
            let client_key = key.map(|key| authority.file(key));
            let tls =
                TlsSettings { client_cert: Some(authority.file(cert)), client_key, ..authority.trusted() };
            answer(authority.server_for_members(), tls).unwrap();
        }
    }
}

#[test]
fn without_a_client_certificate_where_one_is_needed() {
    let authority = Authority::new();
    let server = tls_server([json(200, "{}")], authority.server_for_members());
    let settings = Settings { tls: authority.trusted(), ..settings(https(&server), &FakeClock::new()) };
    let error = get(settings).unwrap_err();
    assert_eq!(error.kind(), Kind::Tls, "{error}");
    assert!(error.to_string().contains("client certificate"), "{error}");
}

#[test]
fn tls_that_breaks_after_a_create_has_left_leaves_doubt() {
    let authority = Authority::new();
    for answer in [b"<title>502 Bad Gateway</title>".to_vec(), ALERT.to_vec()] {
        let config = authority.server("127.0.0.1");
        let server =
            ScriptedServer::accepting(std::iter::repeat_n(Step::SendAndClose(answer), 9), move |stream| {
                accept_breakable_tls(stream, config.clone())
            });
        let settings = Settings { tls: authority.trusted(), ..settings(https(&server), &FakeClock::new()) };
        let error = exchange(&Server::new(settings).unwrap(), &create()).unwrap_err();
        assert_eq!((error.kind(), error.may_have_acted()), (Kind::UnknownOutcome, true), "{error}");
        assert_eq!(server.count("POST"), 1);
    }
}

#[test]
fn what_came_before_a_request_is_not_taken_for_its_answer() {
    /// What rustls puts into one record: the first answer fills it, so the second is in one of its own.
    const RECORD: usize = 16 << 10;
    /// Rustls takes 4 KiB at a time, so it has only a part of the second when it has all of the first.
    const MORE: usize = 6 << 10;
    let authority = Authority::new();
    let answer = |status: u16, body: usize| {
        let body = format!("{{\"id\": \"{}\"}}", "x".repeat(body - 10));
        format!("HTTP/1.1 {status} Scripted\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    };
    let head = answer(200, RECORD).len() - RECORD;
    for stray in [20, MORE] {
        let first = answer(200, RECORD - head) + &answer(201, stray);
        let script = [Step::Send(first.into()), json(201, r#"{"id": 1}"#)];
        let server = tls_server(script, authority.server("127.0.0.1"));
        let settings = Settings { tls: authority.trusted(), ..settings(https(&server), &FakeClock::new()) };
        let client = Server::new(settings).unwrap();
        exchange(&client, &Call::get("/x")).unwrap();
        assert_eq!(exchange(&client, &create()).unwrap().body["id"], 1);
    }
}

#[test]
fn files_that_cannot_be_used_are_named_and_never_shown() {
    let authority = Authority::new();
    let pem = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
    fs::write(authority.file("empty.pem"), "").unwrap();
    fs::write(authority.file("text.pem"), "hush").unwrap();
    fs::write(authority.file("broken.pem"), pem("CERTIFICATE", "hush!")).unwrap();
    fs::write(authority.file("no-x509.pem"), pem("CERTIFICATE", "aHVzaA==")).unwrap();
    fs::write(authority.file("key.pem"), include_str!("keys/ec.sec1.pem")).unwrap();
    fs::write(authority.file("locked.pem"), pem("ENCRYPTED PRIVATE KEY", "aHVzaA==")).unwrap();
    let file = |name: &str| Some(authority.file(name));
    for (ca_path, client_cert, client_key, words) in [
        (file("none.pem"), None, None, "none.pem: No such file"),
        (file("empty.pem"), None, None, "contains no certificate"),
        (file("text.pem"), None, None, "contains no certificate"),
        (file("broken.pem"), None, None, "is not valid PEM"),
        (file("no-x509.pem"), None, None, "can't be used"),
        (file("key.pem"), None, None, "contains no certificate"),
        (file("ca.pem"), None, file("key.pem"), "no client certificate"),
        (None, None, None, "no CA certificate to trust"),
        (file("ca.pem"), file("none.pem"), None, "client certificate"),
        (file("ca.pem"), file("ca.pem"), None, "it contains no private key"),
        (file("ca.pem"), file("ca.pem"), file("none.pem"), "cannot read the client key"),
        (file("ca.pem"), file("ca.pem"), file("locked.pem"), "it is encrypted with a passphrase"),
        (file("ca.pem"), file("ca.pem"), file("key.pem"), "the key belongs to another certificate"),
        (file("ca.pem"), file("no-x509.pem"), file("key.pem"), "can't be used"),
    ] {
        let tls = TlsSettings { ca_path, ca_only: true, client_cert, client_key, verify: true };
        let error = answer(authority.server("127.0.0.1"), tls).unwrap_err();
        assert_eq!(error.kind(), Kind::Tls, "{error}");
        assert!(error.to_string().contains(words), "{words}: {error}");
        assert!(!format!("{error} {error:?}").contains("hush"), "{error}");
    }
}

#[test]
fn what_is_no_file_or_far_too_large_is_refused_at_once() {
    let authority = Authority::new();
    let file = |name: &str| authority.file(name);
    rustix::fs::mknodat(CWD, file("pipe"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    fs::File::create(file("large.pem")).unwrap().set_len((1 << 20) + 1).unwrap();
    for (path, words) in [
        (file("pipe"), "it is a pipe, not a file"),
        (PathBuf::from("/dev/zero"), "it is a device, not a file"),
        (file(""), "it is a directory, not a file"),
        (file("large.pem"), "it is larger than 1 MiB"),
    ] {
        let (ca, some) = (Some(file("ca.pem")), Some(path));
        for (ca_path, client_cert, client_key) in
            [(&some, &None, &None), (&ca, &some, &None), (&ca, &ca, &some)]
        {
            let (ca_path, client_cert, client_key) =
                (ca_path.clone(), client_cert.clone(), client_key.clone());
            let tls = TlsSettings { ca_path, ca_only: true, client_cert, client_key, verify: true };
            let error = answer(authority.server("127.0.0.1"), tls).unwrap_err();
            assert_eq!(error.kind(), Kind::Tls, "{error}");
            assert!(error.to_string().contains(words), "{words}: {error}");
        }
    }
}

#[test]
fn http_where_https_was_expected() {
    let server = ScriptedServer::accepting([], |mut stream| {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n").ok()?;
        Some(Box::new(stream))
    });
    let error = get(settings(https(&server), &FakeClock::new())).unwrap_err();
    assert_eq!(error.kind(), Kind::Tls, "{error}");
    assert!(error.to_string().contains("does not speak TLS"), "{error}");
}

#[test]
fn a_handshake_that_never_ends_ends_at_the_timeout_and_leaves_no_doubt() {
    let server = ScriptedServer::accepting([], |mut stream| {
        stream.read_to_end(&mut Vec::new()).ok()?;
        None
    });
    let timeout = Duration::from_millis(100);
    let settings = Settings { timeout, ..settings(https(&server), &FakeClock::new()) };
    let error = exchange(&Server::new(settings).unwrap(), &create()).unwrap_err();
    assert_eq!((error.kind(), error.stats().attempts), (Kind::Timeout, 4), "{error}");
    assert!(error.to_string().contains("no connection to 127.0.0.1"), "{error}");
}

/// Names the URL to get, in a process of its own: its environment can't be changed once tests run beside each other.
const CHILD: &str = "HTTP_EXCHANGE_TEST_URL";

#[test]
fn the_systems_roots_are_read_for_https_only_and_all_of_them_only_when_needed() {
    if let Ok(url) = std::env::var(CHILD) {
        match get(settings(url, &FakeClock::new())) {
            Ok(_) => println!("\nGOOD"),
            Err(error) => println!("\n{:?}: {error}", error.kind()),
        }
        return;
    }
    let (authority, other) = (Authority::new(), Authority::new());
    fs::create_dir(authority.file("certs")).unwrap();
    // The form of name that OpenSSL looks up.
    fs::copy(authority.file("ca.pem"), authority.file("certs/0123abcd.0")).unwrap();
    let run = |url: String, roots: &[(&str, PathBuf)]| {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture"])
            .arg("tls::the_systems_roots_are_read_for_https_only_and_all_of_them_only_when_needed")
            .env_remove("SSL_CERT_FILE")
            .env_remove("SSL_CERT_DIR")
            .envs(roots.iter().map(|(name, path)| (*name, path)))
            .env(CHILD, url)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let secure = tls_server((0..6).map(|_| json(200, "{}")), authority.server("127.0.0.1"));
    let file = |path| ("SSL_CERT_FILE", path);
    let dir = ("SSL_CERT_DIR", authority.file("certs"));
    for roots in [
        vec![file(authority.file("ca.pem"))],
        vec![dir.clone()],
        vec![file(other.file("ca.pem")), dir.clone()],
        vec![file(other.file("none.pem")), dir.clone()],
        // A folder, and what has no end, where a file belongs.
        vec![file(authority.file("certs")), dir.clone()],
        vec![file("/dev/zero".into()), dir],
    ] {
        let said = run(https(&secure), &roots);
        assert!(said.contains("GOOD"), "{roots:?}: {said}");
    }
    let said = run(https(&secure), &[file(other.file("ca.pem"))]);
    assert!(said.contains("Tls: ") && said.contains("not trusted"), "{said}");
    let missing = || file(authority.file("none.pem"));
    let said = run(https(&secure), &[missing()]);
    assert!(
        said.contains("Tls: ") && said.contains("none.pem") && said.contains("set SSL_CERT_FILE"),
        "{said}"
    );
    let plain = ScriptedServer::new([json(200, "{}")]);
    assert!(run(plain.url(), &[missing()]).contains("GOOD"));
}
