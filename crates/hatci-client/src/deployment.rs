//! Deployments: an event's software on its way into the vehicle.
use crate::{
    CallStats, DeploymentId, Error, EventId, Schedule, State, fields,
    shown_state::{check, described},
};
use http_exchange::Reply;
use serde_json::{Map, Value, json};

/// The body of `POST deployments`.
#[derive(Clone, Debug)]
pub struct NewDeployment {
    /// A fixed event.
    pub event_id: EventId,
    /// The number of deployments; the API's default is 1.
    pub deployment_count: u32,
    /// When; what of it is not given is not sent.
    pub schedule: Schedule,
}

impl NewDeployment {
    /// The JSON to send.
    pub fn body(&self) -> Value {
        let mut body = json!({"event_id": self.event_id.as_str(), "deployment_count": self.deployment_count});
        for (name, time) in self.schedule.fields() {
            body[name] = time.into();
        }
        body
    }
}

/// A deployment as the server describes it.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// `deployment_id`, else `id`; for a read whose answer has neither, the requested id.
    pub id: DeploymentId,
    /// Whether the answer has one of the two.
    pub names_id: bool,
    /// `state`, else `status`; if absent, PENDING for a new one, else UNKNOWN.
    pub state: State,
    /// `reason`, else `error_message`.
    pub reason: Option<String>,
    /// `timestamps`, unchanged.
    pub timestamps: Option<Value>,
    /// The whole answer.
    pub object: Map<String, Value>,
    /// What it took to get it.
    pub stats: CallStats,
}

impl Deployment {
    /// `asked`: the requested id; `None` for a new deployment.
    pub(crate) fn read(reply: &Reply, asked: Option<&DeploymentId>) -> Result<Self, Error> {
        let object = fields::object(reply)?;
        let shown = described(&object, "deployment");
        let (id, absent) = match asked {
            Some(id) => {
                check(reply, shown)?;
                (id.confirmed_by(reply, &object)?.confirmed_by(reply, shown)?, State::not_shown())
            }
            None => (DeploymentId::of_answer(reply, &object)?, State::new("PENDING")),
        };
        Ok(Self {
            id,
            names_id: [shown, &object].iter().any(|it| fields::text(it, &["deployment_id", "id"]).is_some()),
            state: fields::text(shown, &["state", "status"]).map_or(absent, State::new),
            reason: fields::text(shown, &["reason", "error_message"]),
            timestamps: fields::value(shown, "timestamps"),
            object,
            stats: reply.stats,
        })
    }
}
