//! What the servers of a bench say when they refuse: in one clean line, and without a part of the password.
use ansible_module::{Module, NoEnv, run};
use hatci_modules::{IdracInfo, S3ArtifactInfo, TruenasInfo};
use serde_json::{Value, json};
use test_servers::{ScriptedServer, json as answer, with_headers};

const PASSWORD: &str = "q7RkVd2mP9sLx4TwZbYcHn";

/// The password as it is, broken, coloured, encoded, and in a dump.
fn quoted() -> Vec<String> {
    let (first, last) = PASSWORD.split_at(11);
    let dump = "00000000  71 37 52 6b 56 64 32 6d  50 39 73 4c 78 34 54 77  |q7RkVd2mP9sLx4Tw|\n00000010  5a 62 59 63 48 6e  |ZbYcHn|";
    let between =
        ["", "\n\t", "\\n\\t", "%0A%09", "&#10;  ", "\u{1b}[31m", "\u{9b}31m", "\u{202e}", "\u{fe0f}"];
    let broken = between.iter().map(|it| format!("bad {first}{it}{last}\u{7} for\u{9b} this"));
    broken.chain([dump.to_owned(), dump.replace('\n', "\\n")]).collect()
}

fn assert_clean<M: Module>(url: &str, options: Value, what: &str) {
    let Value::Object(args) = options else { panic!("no options") };
    let shown = Value::Object(run::<M>(args, &NoEnv).json);
    assert_eq!(shown["failed"], true, "{what}, {url}: {shown}");
    let text = shown.to_string().to_lowercase();
    let is_steering = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
    let code = shown["error"]["code"].as_str().unwrap_or_default();
    let msg = shown["msg"].as_str().unwrap();
    let control = format!("{msg}{code}").find(is_steering).or(msg.find('\n'));
    let hex = ["71 37 52", "5a 62 59"].iter().find(|it| text.contains(**it));
    let secret = PASSWORD.to_lowercase();
    let part = secret.as_bytes().windows(6).find(|part| text.contains(std::str::from_utf8(part).unwrap()));
    assert_eq!((control, hex, part), (None, None, None), "{what}: {shown}");
    assert!(text.contains("***"), "{what} is not quoted at all: {shown}");
}

#[test]
fn an_idrac_in_its_id_its_message_and_its_advice() {
    for text in quoted() {
        for [id, message, advice] in
            [[&*text, "No", "Wait"], ["IDRAC.2.8.SYS1", &*text, "Wait"], ["IDRAC.2.8.SYS1", "No", &*text]]
        {
            let one =
                json!({ "MessageId": id, "Message": message, "Resolution": advice, "Severity": "Critical" });
            let other =
                json!({ "MessageId": "Base.1.12.GeneralError", "Message": message, "Severity": "Critical" });
            let body =
                json!({ "error": { "code": id, "message": message, "@Message.ExtendedInfo": [one, other] } });
            let server = ScriptedServer::answering(move |_| answer(400, &body.to_string()));
            let url = server.url();
            assert_clean::<IdracInfo>(
                &url,
                json!({ "idrac_url": url, "idrac_username": "root", "idrac_password": PASSWORD }),
                &text,
            );
        }
    }
}

#[test]
fn s3_in_its_code_and_its_message() {
    for text in quoted() {
        let escaped = text.replace('&', "&amp;");
        for (code, message) in [(&*escaped, "No"), ("AccessDenied", &*escaped)] {
            let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
            let server = ScriptedServer::answering(move |_| {
                with_headers(403, &[("content-type", "application/xml")], &body)
            });
            let url = server.url();
            assert_clean::<S3ArtifactInfo>(
                &url,
                json!({ "s3_endpoint": url, "s3_access_key": "lab", "s3_secret_key": PASSWORD, "bucket": "isos" }),
                &text,
            );
        }
    }
}

#[test]
fn truenas_in_its_message_and_about_a_field() {
    for text in quoted() {
        for body in [json!({ "message": text }), json!({ "pool.name": [{ "message": text, "errno": 22 }] })] {
            let body = body.to_string();
            let server = ScriptedServer::answering(move |request| {
                if request.target.ends_with("/versions") {
                    answer(200, "[\"v2.0\"]")
                } else {
                    answer(422, &body)
                }
            });
            let url = server.url();
            assert_clean::<TruenasInfo>(
                &url,
                json!({ "truenas_url": url, "truenas_username": "root", "truenas_api_key": PASSWORD }),
                &text,
            );
        }
    }
}
