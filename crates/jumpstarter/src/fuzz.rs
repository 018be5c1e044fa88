//! Fuzz target: no input from a controller or a person makes a parser panic.
use crate::{
    ExporterConfig, Lease, LeaseDuration, address::Address, messages, selector, server_texts::ServerTexts,
};
use prost::Message;

#[test]
fn grpc() {
    fuzzing::run(env!("CARGO_MANIFEST_DIR"), "grpc", |bytes| {
        if let Ok(lease) = messages::Lease::decode(bytes) {
            let lease = Lease::read(lease, &ServerTexts::default());
            lease.state();
            lease.expires_at();
            lease.remaining();
        }
    });
}

#[test]
fn exporter_config() {
    fuzzing::run(env!("CARGO_MANIFEST_DIR"), "exporter_config", |bytes| {
        drop(ExporterConfig::parse(&String::from_utf8_lossy(bytes)));
    });
}

#[test]
fn words() {
    fuzzing::run(env!("CARGO_MANIFEST_DIR"), "words", |bytes| {
        let text = String::from_utf8_lossy(bytes);
        drop(text.parse::<LeaseDuration>());
        drop(Address::parse(&text, "endpoint"));
        selector::is_same(&text, "board=ev9");
    });
}
