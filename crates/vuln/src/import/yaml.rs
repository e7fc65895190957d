//! YAML documents as JSON values, every scalar as text.
//!
//! Advisory feeds in YAML leave types to the reader (`cvss_v3: 7.5`, `date: 2023-01-01`); text keeps what was written.

use granit_parser::{Event, Parser};
use serde_json::{Map, Value};

/// Deepest nesting read.
const DEPTH: usize = 64;

/// The first document of `text`. `None` if it is not YAML, nests too deep, or uses aliases, which feeds do not.
pub(crate) fn read(text: &str) -> Option<Value> {
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        let done = match event.ok()?.0 {
            Event::Scalar(text, ..) => Some(Value::String(text.into_owned())),
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                None
            }
            Event::MappingStart(..) => {
                open.push(Open::Map(Map::new(), None));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => Some(match open.pop()? {
                Open::List(list) => Value::Array(list),
                Open::Map(map, _) => Value::Object(map),
            }),
            Event::Alias(_) => return None,
            _ => None,
        };
        if open.len() > DEPTH {
            return None;
        }
        let Some(value) = done else { continue };
        match open.last_mut() {
            None => return Some(value),
            Some(Open::List(list)) => list.push(value),
            Some(Open::Map(map, key)) => match key.take() {
                Some(key) => {
                    map.insert(key, value);
                }
                None => *key = Some(value.as_str()?.to_owned()),
            },
        }
    }
    None
}

/// A collection that has not ended yet; a map with the key whose value comes next.
enum Open {
    List(Vec<Value>),
    Map(Map<String, Value>, Option<String>),
}

/// The text of a field, unless it is absent, empty or null.
pub(super) fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field)?.as_str().filter(|text| !matches!(*text, "" | "~" | "null"))
}

/// The texts of a list field.
pub(super) fn texts<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a str> {
    value.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::{read, text, texts};

    #[test]
    fn keeps_scalars_as_they_are_written() {
        let value =
            read("---\ngem: x\ncvss_v3: 7.50\ncve:\npatched_versions:\n  - \">= 1.0\"\n  - '~> 0.9'\n")
                .expect("YAML");
        assert_eq!(text(&value, "cvss_v3"), Some("7.50"));
        assert_eq!(text(&value, "cve"), None);
        assert_eq!(texts(&value, "patched_versions").collect::<Vec<_>>(), [">= 1.0", "~> 0.9"]);
    }

    #[test]
    fn refuses_what_nests_without_end() {
        assert_eq!(read(&"[".repeat(10_000)), None);
    }
}
