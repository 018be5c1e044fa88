//! What this collection assumes of a SUMS server, each assumption in one line of one table.

/// What it takes to try an assumption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// Requests that only read.
    Reading,
    /// An event that exists: one that the user names, or one made with `write`.
    Event,
    /// A deployment that exists; only the user can name one.
    Deployment,
    /// `write`: something has to be made.
    Writing,
    /// It can't be tried without harm.
    Harm,
}

impl Needs {
    /// Why an assumption was not tried.
    pub(super) fn why_not(self) -> &'static str {
        match self {
            Needs::Reading => "the check ended before",
            Needs::Event => "needs an event: give `event_id`, or `write` and `vin`",
            Needs::Deployment => "needs a deployment: give `deployment_id`",
            Needs::Writing => "something has to be made: give `write` and `vin`",
            Needs::Harm => "it would install software on the vehicle",
        }
    }
}

macro_rules! assumptions {
    ($($topic:ident $name:literal $needs:ident $text:literal,)*) => {
        /// One assumption.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Topic { $($topic),* }

        impl Topic {
            /// All, in the order of the printed table.
            pub(super) const ALL: &[Topic] = &[$(Topic::$topic),*];

            /// A name that stays the same.
            pub(super) fn name(self) -> &'static str {
                match self { $(Topic::$topic => $name),* }
            }

            /// What is assumed.
            pub(super) fn text(self) -> &'static str {
                match self { $(Topic::$topic => $text),* }
            }

            pub(super) fn needs(self) -> Needs {
                match self { $(Topic::$topic => Needs::$needs),* }
            }
        }
    };
}

assumptions! {
    Health "health" Reading "GET health answers 200 with an object",
    WrongToken "wrong_token" Reading "a wrong token is refused with 401",
    UnknownEvent "unknown_event" Reading "GET of an event that does not exist answers 404",
    UnknownDeployment "unknown_deployment" Reading "GET of a deployment that does not exist answers 404",
    ErrorText "error_text" Reading "an error is an object with the reason in `error`, else `message`",
    Vehicles "vehicles" Reading "GET vehicles is a list of objects with `id` and `vin`",
    Paging "paging" Reading "a list is complete, or names its next page",
    ListOfEvents "list_of_events" Reading "GET events lists them, by `?vin=` those of a vehicle (optional)",
    ListOfDeployments "list_of_deployments" Reading "GET deployments lists them, by `?vin=` those of a vehicle (optional)",
    ListOfTestEvents "list_of_test_events" Reading "GET test_events lists them, by `?vin=` those of a vehicle (optional)",
    TestEventReading "test_event_reading" Reading "GET test_events/ID shows a test event (optional)",
    Redirects "redirects" Reading "no request is redirected",
    StatusTells "status_tells" Reading "what fails is answered with 4xx or 5xx, not with an error in a 2xx",
    MediaType "media_type" Reading "answers are application/json",
    Connections "connections" Reading "the connection is kept for the next request",
    FirstTry "first_try" Reading "every request is answered at the first try",
    Speed "speed" Reading "answers come within a second",
    RateLimit "rate_limit" Reading "no rate limit is announced",
    Clock "clock" Reading "the server's clock is right to a minute",
    AnswerId "answer_id" Event "an answer about an event shows the id that was asked for",
    EventState "event_state" Event "an event's state is in `state`",
    TimeZone "time_zone" Event "`timestamps` are ISO 8601 with a time zone",
    DeploymentState "deployment_state" Deployment "a deployment's state is in `state`, a word of the contract",
    Deployments "deployments" Harm "POST deployments takes times with a time zone and starts the update",
    TestEventCreate "test_event_create" Writing "POST test_events answers 201, for the event_id `pending` too",
    TestEventId "test_event_id" Writing "the id of a test event is in `test_event_id`",
    EventCreate "event_create" Writing "POST events answers 201",
    EventId "event_id" Writing "the id of an event is in `event_id`",
    Keys "idempotency_keys" Writing "the same Idempotency-Key makes nothing twice, and the answer shows it",
    KeyReuse "key_reuse" Writing "a used Idempotency-Key with other content is refused with 422",
    UnknownField "unknown_field" Writing "a field that the server does not know is refused with 400 or 422, or ignored",
    WrongValue "wrong_value" Writing "a wrong value is refused with 400 or 422",
    VisibleAtOnce "visible_at_once" Writing "what was just made can be read at once",
    FixAnswer "fix_answer" Writing "a fix is answered with `fixed: true` or the state `fixed`",
    FixTwice "fix_twice" Writing "a second fix is answered as the first",
    FixUnknown "fix_unknown" Writing "a fix of an event that does not exist answers 404",
    UpdateUnknown "update_unknown" Writing "PATCH of a test event that does not exist answers 404",
    UpdateAnswer "update_answer" Writing "PATCH of a test event answers 200 with the object",
    UpdateLinks "update_links" Writing "PATCH of a test event takes links in `artifact_urls`",
    UpdateTwice "update_twice" Writing "the same PATCH twice is answered as the first",
    VerdictShown "verdict_shown" Writing "a closed test event shows its verdict (optional)",
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_different_and_texts_fit_the_table() {
        let names: BTreeSet<_> = Topic::ALL.iter().map(|topic| topic.name()).collect();
        assert_eq!(names.len(), Topic::ALL.len());
        assert!(Topic::ALL.iter().all(|topic| !topic.text().contains('"')));
    }
}
