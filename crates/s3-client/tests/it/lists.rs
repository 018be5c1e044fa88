//! Lists: every page, every key.
use crate::server;
use bench_sim::s3::Object;
use s3_client::Doomed;

#[test]
fn all_pages_are_read_and_odd_keys_come_as_they_are() {
    let (server, client) = server();
    let keys = ["a b+c.iso", "a&<b>\".iso", "isos/ä%20.iso", "x1", "x2", "x3", "x4"];
    server.change("lab", |bucket| {
        bucket.objects.extend(keys.map(|key| (key.to_owned(), Object::default())));
    });
    let mut found = Vec::new();
    client.list("lab", "", &mut |it| found.push(it.key)).unwrap();
    let mut wanted = keys.map(str::to_owned).to_vec();
    wanted.sort();
    assert_eq!(found, wanted);
    let mut few = 0;
    client.list("lab", "x", &mut |_| few += 1).unwrap();
    assert_eq!(few, 4);
    let doomed: Vec<_> = found.into_iter().map(|key| Doomed { key, version: None }).collect();
    client.delete_all("lab", &doomed).unwrap();
    assert!(server.bucket("lab").unwrap().objects.is_empty());
}

#[test]
fn a_list_that_is_none_is_no_empty_one() {
    let page = "<html><title>Console</title></html>";
    for text in [page, "<Other/>", "{}", ""] {
        let web =
            test_servers::ScriptedServer::answering(move |_| test_servers::with_headers(200, &[], text));
        let refused = crate::client(&web.url()).list("lab", "", &mut |_| ()).unwrap_err();
        assert!(refused.to_string().contains("not of its web console"), "{refused}");
    }
}
