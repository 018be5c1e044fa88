//! Texts that must not leave the process, and their removal from what does.
use crate::python as py;
use serde_json::Value;

#[derive(Default, Clone)]
pub struct Secrets(Vec<String>);
impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{} secrets", self.0.len())
    }
}

impl Secrets {
    /// Every leaf of `v`, but bool, null and empty text. Longest first, so that no secret is cut in two by a shorter one.
    pub fn add(&mut self, v: &Value) {
        match v {
            Value::String(s) => self.push(s.clone()),
            Value::Number(_) => self.push(py::str_of(v)),
            Value::Array(a) => a.iter().for_each(|x| self.add(x)),
            Value::Object(m) => m.values().for_each(|x| self.add(x)),
            Value::Null | Value::Bool(_) => {}
        }
    }
    #[doc(hidden)]
    pub fn texts(&self) -> Vec<String> {
        self.0.clone()
    }
    fn push(&mut self, s: String) {
        if s.is_empty() || self.0.contains(&s) {
            return;
        }
        let at = self.0.partition_point(|x| x.len() >= s.len());
        self.0.insert(at, s);
    }
    pub fn mask_text(&self, s: &str) -> String {
        if self.0.iter().any(|x| x == s) {
            return HIDDEN.into();
        }
        self.0.iter().fold(s.to_string(), |s, x| s.replace(x.as_str(), "********"))
    }
    pub fn mask(&self, v: &mut Value) {
        if self.0.is_empty() {
            return;
        }
        match v {
            Value::String(s) => *s = self.mask_text(s),
            Value::Number(_) => {
                let t = py::str_of(v);
                if self.0.iter().any(|x| t.contains(x.as_str())) {
                    *v = HIDDEN.into()
                }
            }
            Value::Array(a) => a.iter_mut().for_each(|x| self.mask(x)),
            Value::Object(m) => m.values_mut().for_each(|x| self.mask(x)),
            Value::Null | Value::Bool(_) => {}
        }
    }
}
pub const HIDDEN: &str = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER";
