//! How Python prints, reads and compares the values that JSON can carry.
//!
//! `AnsibleModule` shows values with `str()` and `repr()`, compares them with `==` and reads text with `int()`, `float()` and
//! `ast.literal_eval()`. Its messages can only be matched by doing the same.
mod digits;
mod equality;
mod json;
mod literal;
mod numbers;
mod quoted;
mod repr;

pub(crate) use digits::{is_space, strip};
pub(crate) use equality::equal;
pub(crate) use json::dumps;
pub(crate) use literal::literal_eval;
pub(crate) use numbers::{float_number, float_of, is_int, parse_float, parse_whole, whole_of};
pub(crate) use repr::{class, repr, str_of, type_name};
