//! Filters and options of queries.
use super::refused::{EINVAL, Refused};
use serde_json::{Value, json};

/// The rows that `params` (filters and options) select, as the call answers with them.
pub(crate) fn query(rows: Vec<Value>, params: &[Value]) -> Result<Value, Refused> {
    let none = json!([]);
    let filters = params.first().unwrap_or(&none);
    let Some(filters) = filters.as_array() else {
        return Err(Refused::invalid("filters", "Input should be a valid list"));
    };
    let options = params.get(1).cloned().unwrap_or_else(|| json!({}));
    if !options.is_object() {
        return Err(Refused::invalid("options", "Input should be a valid dictionary"));
    }
    let mut found = Vec::new();
    for row in rows {
        let mut fits = true;
        for filter in filters {
            fits &= matches(&row, filter)?;
        }
        if fits {
            found.push(row);
        }
    }
    if options["get"] == json!(true) {
        let text = "MatchNotFound()".to_owned();
        return found.into_iter().next().ok_or(Refused::Failed { errno: EINVAL, name: "EINVAL", text });
    }
    if options["count"] == json!(true) {
        return Ok(found.len().into());
    }
    Ok(found.into())
}

fn matches(row: &Value, filter: &Value) -> Result<bool, Refused> {
    let (Some(field), Some(operator), Some(value)) = (filter[0].as_str(), filter[1].as_str(), filter.get(2))
    else {
        return Err(Refused::invalid("filters", format!("Invalid filter {filter}")));
    };
    let found = field.split('.').fold(row, |row, name| &row[name]);
    Ok(match operator {
        "=" => found == value,
        "!=" => found != value,
        "in" => value.as_array().is_some_and(|all| all.contains(found)),
        "nin" => value.as_array().is_some_and(|all| !all.contains(found)),
        "^" => found.as_str().zip(value.as_str()).is_some_and(|(text, start)| text.starts_with(start)),
        "$" => found.as_str().zip(value.as_str()).is_some_and(|(text, end)| text.ends_with(end)),
        "~" => found.as_str().zip(value.as_str()).is_some_and(|(text, part)| text.contains(part)),
        _ => return Err(Refused::invalid("filters", format!("Invalid operation: {operator}"))),
    })
}
