//! The methods of the API that need a login: which one reads and changes what.
use super::{
    access, data_path::DataPath, dataset, iscsi, options::Release, query::query, refused::Refused, service,
    store::Store,
};
use serde_json::{Value, json};

const TABLES: [&str; 6] =
    ["iscsi.target", "iscsi.extent", "iscsi.targetextent", "iscsi.portal", "iscsi.initiator", "service"];

/// Carries out a method, and lets the data path follow, if there is one.
pub(crate) fn carry_out(
    store: &mut Store,
    data_path: Option<&DataPath>,
    method: &str,
    params: &[Value],
) -> Result<Value, Refused> {
    let Some(data_path) = data_path else { return change(store, method, params) };
    store.sessions = data_path.sessions();
    let outcome = change(store, method, params);
    if [".create", ".update", ".delete"].iter().any(|end| method.ends_with(end)) {
        data_path.follow(store);
    }
    outcome
}

fn change(store: &mut Store, method: &str, params: &[Value]) -> Result<Value, Refused> {
    let none = Value::Null;
    let first = params.first().unwrap_or(&none);
    let second = params.get(1).unwrap_or(&none);
    match method {
        "system.info" => Ok(json!({
            "version": store.release().version(), "hostname": "truenas", "cores": 8, "uptime_seconds": 1234.5,
            "buildtime": { "$date": 1_760_000_000_000_u64 },
        })),
        "core.get_jobs" => query(store.jobs.clone(), params),
        "pool.query" => query(vec![dataset::pool(store)], params),
        "pool.dataset.query" => query(store.rows("pool.dataset").to_vec(), params),
        "pool.dataset.create" => dataset::create(store, first),
        "pool.dataset.update" => dataset::update(store, first, second),
        "pool.dataset.delete" => dataset::delete(store, first, second),
        "iscsi.target.create" => iscsi::create_target(store, first),
        "iscsi.target.update" => iscsi::update_target(store, first, second),
        "iscsi.target.delete" => iscsi::delete_target(store, params),
        "iscsi.extent.create" => iscsi::create_extent(store, first),
        "iscsi.extent.update" => iscsi::update_extent(store, first, second),
        "iscsi.extent.delete" => iscsi::delete_extent(store, params),
        "iscsi.targetextent.create" => iscsi::map(store, first),
        "iscsi.targetextent.update" => iscsi::renumber(store, first, second),
        "iscsi.targetextent.delete" => iscsi::unmap(store, params),
        "iscsi.portal.create" => access::create_portal(store, first),
        "iscsi.portal.delete" => access::delete_portal(store, first),
        "iscsi.initiator.create" => access::create_initiator(store, first),
        "iscsi.initiator.delete" => access::delete_initiator(store, first),
        "iscsi.auth.create" => access::create_auth(store, first),
        "iscsi.auth.update" => access::update_auth(store, first, second),
        "iscsi.auth.delete" => access::delete_auth(store, first),
        "iscsi.auth.query" => query(access::shown_auths(store), params),
        "iscsi.global.config" => {
            let (basename, isns, portals) = (&store.options.basename, json!([]), json!(3260));
            Ok(
                json!({ "id": 1, "basename": basename, "isns_servers": isns, "listen_port": portals, "alua": false }),
            )
        }
        "iscsi.global.sessions" => query(store.sessions.clone(), params),
        "service.update" => service::update(store, first, second),
        "service.control" if store.release() >= Release::V25_10 => service::control(store, params),
        "service.start" if store.release() < Release::V26 => service::start(store, params),
        _ => match method.strip_suffix(".query") {
            Some(table) if TABLES.contains(&table) => query(store.rows(table).to_vec(), params),
            _ => Err(Refused::NoMethod),
        },
    }
}
