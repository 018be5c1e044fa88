//! Events: a software level asked for one vehicle.
use crate::{
    CallStats, Error, EventId, Progress, State, StateRules, Vin, fields,
    shown_state::{check, described},
};
use http_exchange::Reply;
use serde_json::{Map, Value, json};

/// The level that an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateType {
    /// The source level, the one the vehicle starts from.
    Rrom,
    /// The target level.
    Urom,
}

impl UpdateType {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rrom => "RROM",
            Self::Urom => "UROM",
        }
    }
}

/// An ECU and its software.
#[derive(Clone, Debug)]
pub struct Ecu {
    /// Its name.
    pub ecu_name: String,
    /// Its part number.
    pub part_number: String,
    /// The software version.
    pub sw_version: String,
}

/// The body of `POST events`.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// Name of the tester.
    pub tester_name: String,
    /// The vehicle program.
    pub program_name: String,
    /// The model year.
    pub model_year: String,
    /// The vehicle.
    pub vin: Vin,
    /// Source or target.
    pub update_type: UpdateType,
    /// The region.
    pub region: String,
    /// The build level.
    pub build_level: String,
    /// The ECUs.
    pub ecus: Vec<Ecu>,
    /// Sent only when given.
    pub region_spec: Option<String>,
    /// Sent only when given.
    pub remark: Option<String>,
}

impl NewEvent {
    /// The JSON to send.
    pub fn body(&self) -> Value {
        let ecus: Vec<_> = self
            .ecus
            .iter()
            .map(|ecu| json!({"ecu_name": ecu.ecu_name, "part_number": ecu.part_number, "sw_version": ecu.sw_version}))
            .collect();
        let mut body = json!({
            "tester_name": self.tester_name,
            "program_name": self.program_name,
            "model_year": self.model_year,
            "vin": self.vin.as_str(),
            "update_type": self.update_type.as_str(),
            "region": self.region,
            "build_level": self.build_level,
            "ecus": ecus,
        });
        for (name, value) in [("region_spec", &self.region_spec), ("remark", &self.remark)] {
            if let Some(value) = value {
                body[name] = value.as_str().into();
            }
        }
        body
    }
}

/// The states of an event that nobody has fixed yet.
const BEFORE_FIXING: [&str; 4] = ["CREATED", "NEW", "DRAFT", "OPEN"];

/// An event as the server describes it.
#[derive(Clone, Debug)]
pub struct Event {
    /// `event_id`, else `id`; for a read or fix whose answer has neither, the requested id.
    pub id: EventId,
    /// Whether the answer has one of the two.
    pub names_id: bool,
    /// `state`, else `status`.
    pub state: Option<State>,
    /// `reason`, else `error_message`.
    pub reason: Option<String>,
    /// `timestamps`, unchanged.
    pub timestamps: Option<Value>,
    /// The whole answer.
    pub object: Map<String, Value>,
    /// What it took to get it.
    pub stats: CallStats,
}

impl Event {
    /// The VIN of another vehicle than this, if it is an event of one, in the server's words.
    pub fn of_other_vehicle(&self, vin: &str) -> Option<&str> {
        fields::other_vin(&self.object, vin)
    }

    /// Whether the event is fixed, as far as its server lets that be seen: `None` if it shows neither yes nor no. A state that no contract
    /// names, such as `PENDING` or `SCHEDULED`, says nothing.
    ///
    /// An event that is on its way into a vehicle, or was, must have been fixed before, whatever else it shows.
    pub fn fixed(&self) -> Option<bool> {
        if self.says_fixed() || self.is_under_way() {
            return Some(true);
        }
        if let Some(Value::Bool(fixed)) = self.object.get("fixed") {
            return Some(*fixed);
        }
        let state = self.state.as_ref()?;
        BEFORE_FIXING.iter().any(|before| *state == State::new(*before)).then_some(false)
    }

    /// Whether the event's software is going into the vehicle, or got there.
    pub fn is_under_way(&self) -> bool {
        self.state.as_ref().is_some_and(|state| {
            *state == State::new("IN_PROGRESS")
                || StateRules::default().progress(state) == Progress::Succeeded
        })
    }

    /// `fixed` is true, or `state` or `status` is "fixed" in any case.
    fn says_fixed(&self) -> bool {
        let says_fixed = |name: &str| {
            self.object
                .get(name)
                .and_then(Value::as_str)
                .is_some_and(|state| state.eq_ignore_ascii_case("fixed"))
        };
        self.object.get("fixed") == Some(&Value::Bool(true)) || says_fixed("state") || says_fixed("status")
    }

    /// `asked`: the requested id; `None` for a new event.
    pub(crate) fn read(reply: &Reply, asked: Option<&EventId>) -> Result<Self, Error> {
        let object = fields::object(reply)?;
        let shown = described(&object, "event");
        Ok(Self {
            id: match asked {
                Some(id) => {
                    check(reply, shown)?;
                    id.confirmed_by(reply, &object)?.confirmed_by(reply, shown)?
                }
                None => EventId::of_answer(reply, &object)?,
            },
            names_id: [shown, &object].iter().any(|it| fields::text(it, &["event_id", "id"]).is_some()),
            state: fields::text(shown, &["state", "status"]).map(State::new),
            reason: fields::text(shown, &["reason", "error_message"]),
            timestamps: fields::value(shown, "timestamps"),
            object,
            stats: reply.stats,
        })
    }
}
