//! Deployments: an event's software being installed in the vehicle.
use crate::{DeploymentId, Effort, Error, EventId, State, fields};
use http_exchange::Reply;
use serde_json::{Map, Value, json};

/// The body of `POST deployments`.
#[derive(Clone, Debug)]
pub struct NewDeployment {
    /// A fixed event.
    pub event_id: EventId,
    /// The number of deployments; the API's default is 1.
    pub deployment_count: u32,
    /// ISO 8601; sent only when given.
    pub start_datetime: Option<String>,
    /// ISO 8601; sent only when given.
    pub end_datetime: Option<String>,
}

impl NewDeployment {
    /// The JSON to send.
    pub fn body(&self) -> Value {
        let mut body = json!({"event_id": self.event_id.as_str(), "deployment_count": self.deployment_count});
        for (name, value) in [("start_datetime", &self.start_datetime), ("end_datetime", &self.end_datetime)]
        {
            if let Some(value) = value {
                body[name] = value.as_str().into();
            }
        }
        body
    }
}

/// A deployment as the server describes it.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// `deployment_id`, else `id`; for a read whose answer has neither, the requested id.
    pub id: DeploymentId,
    /// `state`, else `status`; if absent, PENDING for a new one, else UNKNOWN.
    pub state: State,
    /// `reason`, else `error_message`.
    pub reason: Option<String>,
    /// `timestamps`, unchanged.
    pub timestamps: Option<Value>,
    /// The whole answer.
    pub object: Map<String, Value>,
    /// Attempts and time of the call.
    pub effort: Effort,
}

impl Deployment {
    /// `asked`: the requested id; `None` for a new deployment.
    pub(crate) fn read(reply: &Reply, asked: Option<&DeploymentId>) -> Result<Self, Error> {
        let object = fields::object(reply)?;
        let (id, absent) = match asked {
            Some(id) => (id.clone(), "UNKNOWN"),
            None => (DeploymentId::of_answer(reply, &object)?, "PENDING"),
        };
        Ok(Self {
            id,
            state: State::new(fields::text(&object, &["state", "status"]).unwrap_or_else(|| absent.into())),
            reason: fields::text(&object, &["reason", "error_message"]),
            timestamps: fields::value(&object, "timestamps"),
            object,
            effort: reply.effort,
        })
    }
}
