//! Fields of two configurations.

use std::collections::BTreeMap;

use casehard_oci::{ImageConfig, escape};
use serde_json::Value;

use super::FieldDifference;

pub(super) fn differences(before: &ImageConfig, after: &ImageConfig) -> Vec<FieldDifference> {
    let (before, mut after) = (fields(before), fields(after));
    let mut all = Vec::new();
    for (field, one) in before {
        let two = after.remove(&field);
        if two.as_ref() != Some(&one) {
            all.push(FieldDifference { field, before: Some(one), after: two });
        }
    }
    all.extend(after.into_iter().map(|(field, two)| FieldDifference {
        field,
        before: None,
        after: Some(two),
    }));
    all.sort_by(|a, b| a.field.cmp(&b.field));
    all
}

/// Every field that says something about how the image runs, maps and variables one by one. Layers, history and the
/// time of making are told by other means.
fn fields(config: &ImageConfig) -> BTreeMap<String, Value> {
    let mut fields = BTreeMap::new();
    let Ok(Value::Object(top)) = serde_json::to_value(config) else { return fields };
    for (name, value) in top {
        match (name.as_str(), value) {
            ("rootfs" | "history" | "created", _) => {}
            ("config", Value::Object(container)) => {
                for (name, value) in container {
                    container_field(&mut fields, &name, value);
                }
            }
            (_, value) => drop(fields.insert(escape(name.as_bytes()).into_owned(), value)),
        }
    }
    fields
}

fn container_field(fields: &mut BTreeMap<String, Value>, name: &str, value: Value) {
    let field = format!("config.{}", escape(name.as_bytes()));
    match (name, value) {
        ("Env", Value::Array(pairs)) => {
            for pair in pairs {
                let text = pair.as_str().unwrap_or_default();
                let (name, value) = text.split_once('=').unwrap_or((text, ""));
                fields.insert(format!("{field}.{}", escape(name.as_bytes())), value.into());
            }
        }
        (_, Value::Object(map)) => {
            for (key, value) in map {
                fields.insert(format!("{field}.{}", escape(key.as_bytes())), value);
            }
        }
        (_, value) => drop(fields.insert(field, value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_and_labels_are_compared_one_by_one() {
        let read = |text: &str| serde_json::from_str::<ImageConfig>(text).unwrap();
        let before = read(
            r#"{"architecture":"amd64","created":"2026-01-01T00:00:00Z",
                "config":{"User":"root","Env":["PATH=/bin","A=1"],"Labels":{"a":"1"},"Cmd":["x"]}}"#,
        );
        let after = read(
            r#"{"architecture":"amd64","created":"2027-01-01T00:00:00Z",
                "config":{"User":"1:1","Env":["PATH=/bin","B=2"],"Labels":{"a":"2"},"Cmd":["x"]}}"#,
        );
        let differences = differences(&before, &after);
        let fields: Vec<&str> = differences.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(fields, ["config.Env.A", "config.Env.B", "config.Labels.a", "config.User"]);
        assert_eq!(differences[0].after, None);
        assert_eq!(differences[3].before, Some("root".into()));
        assert!(super::differences(&before, &before).is_empty());
    }
}
