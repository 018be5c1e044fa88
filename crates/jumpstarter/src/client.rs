//! The controller's lease calls, typed: one method per call.
use crate::{
    Error, Exporter, Lease, LeaseState, Listing, NewLease, Target,
    config::{ClientConfig, ConfigSource},
    connection::{CallError, Connection},
    messages, refusal,
};
use bytes::Bytes;
use prost::Message;
use std::{
    collections::HashSet,
    fmt,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// How long one attempt may take, including connecting.
const ATTEMPT: Duration = Duration::from_secs(10);
/// The page size that `jmp` uses.
const PAGE_SIZE: i32 = 100;
/// The most leases or exporters that are listed; no lab has so many.
const MOST_LISTED: usize = 20_000;
const MOST_BYTES: usize = 32 << 20;
const MOST_PAGES: usize = 2_000;

/// A client of one controller, with one connection that is opened on demand.
#[derive(Debug)]
pub struct Client {
    source: ConfigSource,
    session: Mutex<Session>,
}

struct Session {
    config: ClientConfig,
    connection: Option<Connection>,
}

impl Client {
    /// Reads the configuration; connects later.
    pub fn new(source: ConfigSource) -> Result<Self, Error> {
        let config = source.load()?;
        Ok(Client { source, session: Mutex::new(Session { config, connection: None }) })
    }

    /// Where the configuration came from.
    pub fn source(&self) -> &ConfigSource {
        &self.source
    }

    /// The configuration as last read.
    pub async fn config(&self) -> ClientConfig {
        self.session.lock().await.config.clone()
    }

    /// Gets a lease of this namespace, whoever owns it.
    pub async fn get(&self, name: &str) -> Result<Lease, Error> {
        let request = messages::GetLeaseRequest { name: self.lease_path(name).await };
        self.call_for_lease("GetLease", &request, name).await
    }

    /// Creates a lease. The controller answers before it looks for an exporter.
    pub async fn create(&self, new: &NewLease) -> Result<Lease, Error> {
        let (selector, exporter_name) = match &new.target {
            Target::Exporter(name) => (String::new(), Some(name.clone())),
            Target::Selector(selector) => (selector.clone(), None),
        };
        let request = messages::CreateLeaseRequest {
            parent: self.parent().await,
            lease_id: new.name.clone(),
            lease: Some(messages::Lease {
                selector,
                exporter_name,
                duration: Some(wire_duration(new.duration.get())),
                tags: new.tags.clone().into_iter().collect(),
                ..messages::Lease::default()
            }),
        };
        self.call_for_lease("CreateLease", &request, &new.name).await
    }

    /// Sets a lease's total duration, counted from its begin. A lease that has ended is returned unchanged.
    pub async fn set_duration(&self, name: &str, total: Duration) -> Result<Lease, Error> {
        let request = messages::UpdateLeaseRequest {
            lease: Some(messages::Lease {
                name: self.lease_path(name).await,
                duration: Some(wire_duration(total)),
                ..messages::Lease::default()
            }),
            update_mask: Some(messages::FieldMask { paths: vec!["duration".into()] }),
        };
        self.call_for_lease("UpdateLease", &request, name).await
    }

    /// Deletes a lease. Returns false if it was gone already or never existed.
    pub async fn delete(&self, name: &str) -> Result<bool, Error> {
        let request = messages::DeleteLeaseRequest { name: self.lease_path(name).await };
        match self.call::<_, messages::Empty>("DeleteLease", &request, name).await {
            Ok(messages::Empty {}) => Ok(true),
            Err(Error::NotFound { .. } | Error::Ended { .. }) => Ok(false),
            // Whatever the error says: a lease that has ended need not be released.
            Err(refused @ (Error::Invalid { .. } | Error::Server { .. })) => match self.get(name).await {
                Ok(lease) if matches!(lease.state(), LeaseState::Ended(_)) => Ok(false),
                Err(Error::NotFound { .. }) => Ok(false),
                _ => Err(refused),
            },
            Err(e) => Err(e),
        }
    }

    /// Lists the leases of this namespace, of all its clients.
    pub async fn leases(&self, listing: &Listing) -> Result<Vec<Lease>, Error> {
        let mut request = messages::ListLeasesRequest {
            parent: self.parent().await,
            page_size: PAGE_SIZE,
            only_active: Some(!listing.ended_too),
            tag_filter: listing.tag_filter.clone(),
            ..messages::ListLeasesRequest::default()
        };
        let config = self.config().await;
        let read = |lease: messages::Lease| Lease::read(lease, config.texts());
        self.pages("leases", read, async |token| {
            request.page_token = token;
            let page: messages::ListLeasesResponse = self.call("ListLeases", &request, "").await?;
            Ok((page.leases, page.next_page_token))
        })
        .await
    }

    /// Lists the exporters of this namespace that have these labels.
    pub async fn exporters(&self, selector: &str) -> Result<Vec<Exporter>, Error> {
        let mut request = messages::ListExportersRequest {
            parent: self.parent().await,
            page_size: PAGE_SIZE,
            filter: selector.into(),
            ..messages::ListExportersRequest::default()
        };
        let config = self.config().await;
        let texts = config.texts();
        let read = |exporter: messages::Exporter| Exporter {
            name: texts.last_segment(&exporter.name),
            labels: exporter.labels.iter().map(|(key, value)| (texts.name(key), texts.name(value))).collect(),
        };
        self.pages("exporters", read, async |token| {
            request.page_token = token;
            let page: messages::ListExportersResponse = self.call("ListExporters", &request, "").await?;
            Ok((page.exporters, page.next_page_token))
        })
        .await
    }

    /// Reads all pages of a list of `what`. `ask` fetches the page of a token, and returns its items and the next token.
    async fn pages<M: Message + Default, T>(
        &self,
        what: &'static str,
        read: impl Fn(M) -> T,
        mut ask: impl AsyncFnMut(String) -> Result<(Vec<Bytes>, String), Error>,
    ) -> Result<Vec<T>, Error> {
        let (mut all, mut token) = (Vec::new(), String::new());
        let (mut followed, mut bytes) = (HashSet::new(), 0);
        loop {
            let (page, next) = ask(token.clone()).await?;
            bytes += page.iter().map(Bytes::len).sum::<usize>() + next.len();
            if all.len() + page.len() > MOST_LISTED || bytes > MOST_BYTES || followed.len() > MOST_PAGES {
                return Err(Error::TooMany { endpoint: self.config().await.endpoint, what });
            }
            let decoded: Result<Vec<T>, _> = page.into_iter().map(|one| M::decode(one).map(&read)).collect();
            match decoded {
                Ok(decoded) => all.extend(decoded),
                Err(e) => {
                    let why = format!("cannot decode its list of {what}: {e}");
                    return Err(Error::Protocol { endpoint: self.config().await.endpoint, why });
                }
            }
            if next.is_empty() {
                return Ok(all);
            }
            if !followed.insert(next.clone()) {
                let why = "its list never ends".into();
                return Err(Error::Protocol { endpoint: self.config().await.endpoint, why });
            }
            token = next;
        }
    }

    async fn parent(&self) -> String {
        format!("namespaces/{}", self.session.lock().await.config.namespace)
    }

    async fn lease_path(&self, name: &str) -> String {
        format!("{}/leases/{name}", self.parent().await)
    }

    /// A call that returns a lease.
    async fn call_for_lease<Q: Message>(
        &self,
        method: &str,
        request: &Q,
        name: &str,
    ) -> Result<Lease, Error> {
        let asked = Instant::now();
        let answer: messages::Lease = self.call(method, request, name).await?;
        let lease = Lease::read(answer, self.session.lock().await.config.texts());
        Ok(Lease { asked, ..lease })
    }

    /// Makes one attempt. If the configuration may be outdated, reads it again and retries if it has changed.
    async fn call<Q: Message, R: Message + Default>(
        &self,
        method: &str,
        request: &Q,
        lease: &str,
    ) -> Result<R, Error> {
        let first = self.attempt(method, request, lease).await;
        if !first.as_ref().is_err_and(Error::may_be_of_an_old_config) {
            return first;
        }
        let fresh = self.source.load()?;
        {
            let mut session = self.session.lock().await;
            if fresh == session.config {
                return first;
            }
            *session = Session { config: fresh, connection: None };
        }
        self.attempt(method, request, lease).await
    }

    async fn attempt<Q: Message, R: Message + Default>(
        &self,
        method: &str,
        request: &Q,
        lease: &str,
    ) -> Result<R, Error> {
        let start = Instant::now();
        let (config, connection) = self.connected().await?;
        let left = ATTEMPT.saturating_sub(start.elapsed());
        let outcome = connection.call(&config, method, request, left).await;
        if let Err(CallError::Broken(_) | CallError::Late) = outcome {
            self.disconnect().await;
        }
        let endpoint = || config.endpoint.clone();
        outcome.map_err(|e| match e {
            CallError::Status(status, text) => {
                refusal::meaning(&config, status, config.texts().message(&text), lease)
            }
            CallError::NotGrpc(why) => {
                Error::Protocol { endpoint: endpoint(), why: config.texts().message(&why) }
            }
            CallError::Broken(why) => {
                Error::Unreachable { endpoint: endpoint(), why: config.texts().message(&why), sent: true }
            }
            CallError::Late => Error::Timeout { endpoint: endpoint(), after: ATTEMPT, sent: true },
        })
    }

    /// The connection, reopened if it was closed. Concurrent callers wait, so that only one is opened.
    async fn connected(&self) -> Result<(ClientConfig, Connection), Error> {
        let mut session = self.session.lock().await;
        let open = match session.connection.take() {
            Some(connection) if connection.is_open().await => connection,
            _ => Connection::open(&session.config, &self.source.environment, ATTEMPT).await?,
        };
        session.connection = Some(open.clone());
        Ok((session.config.clone(), open))
    }

    pub(crate) async fn is_connected(&self) -> bool {
        self.session.lock().await.connection.is_some()
    }

    /// Makes the next call open a new connection: this one may be dead without notice.
    pub(crate) async fn disconnect(&self) {
        self.session.lock().await.connection = None;
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("config", &self.config).finish_non_exhaustive()
    }
}

fn wire_duration(duration: Duration) -> messages::Duration {
    messages::Duration {
        seconds: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(duration.subsec_nanos()).unwrap_or_default(),
    }
}
