//! Taking typed values out of a YAML tree, with errors that say where and what was expected.

use std::collections::BTreeMap;

use casehard_oci::RootPath;

use super::RecipeError;
use crate::yaml::{Node, Place, Value};

/// The entries of a mapping, of which each is taken once; what nobody took is a mistake.
pub(super) struct Fields<'a> {
    entries: Vec<(&'a str, Place, &'a Node)>,
    known: Vec<&'static str>,
    place: Place,
}

impl<'a> Fields<'a> {
    pub(super) fn new(node: &'a Node) -> Result<Self, RecipeError> {
        let Value::Mapping(pairs) = &node.value else {
            return Err(expected(node, "a mapping"));
        };
        let mut entries: Vec<(&str, Place, &Node)> = Vec::new();
        for (key, value) in pairs {
            let name = text_of(key)?;
            if entries.iter().any(|(other, ..)| *other == name) {
                return Err(RecipeError::Twice { place: key.place.into(), name: name.to_owned() });
            }
            entries.push((name, key.place, value));
        }
        Ok(Self { entries, known: Vec::new(), place: node.place })
    }

    /// The value of a field, when it is there and not null.
    pub(super) fn take(&mut self, name: &'static str) -> Option<&'a Node> {
        self.known.push(name);
        let at = self.entries.iter().position(|(other, ..)| *other == name)?;
        let (_, _, node) = self.entries.remove(at);
        let is_null = matches!(&node.value, Value::Scalar(text, true) if text.is_empty() || text == "~" || text == "null");
        (!is_null).then_some(node)
    }

    pub(super) fn read<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&'a Node) -> Result<T, RecipeError>,
    ) -> Result<Option<T>, RecipeError> {
        self.take(name).map(read).transpose()
    }

    pub(super) fn list<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&'a Node) -> Result<T, RecipeError>,
    ) -> Result<Vec<T>, RecipeError> {
        Ok(self.read(name, |node| list(node, &read))?.unwrap_or_default())
    }

    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&'a Node) -> Result<T, RecipeError>,
    ) -> Result<T, RecipeError> {
        let place = self.place.into();
        self.read(name, read)?.ok_or(RecipeError::Missing { place, name })
    }

    /// Must be called when every field has been asked for.
    pub(super) fn finish(self) -> Result<(), RecipeError> {
        let Some((name, place, _)) = self.entries.first() else { return Ok(()) };
        let nearest = crate::nearest::nearest(name, self.known.iter().copied());
        Err(RecipeError::Unknown {
            place: (*place).into(),
            name: (*name).to_owned(),
            nearest: nearest.map(str::to_owned),
            known: self.known.join(", "),
        })
    }
}

pub(super) fn expected(node: &Node, what: &'static str) -> RecipeError {
    let found = match &node.value {
        Value::Scalar(text, _) => format!("{:?}", text.chars().take(60).collect::<String>()),
        Value::Sequence(_) => "a list".to_owned(),
        Value::Mapping(_) => "a mapping".to_owned(),
    };
    RecipeError::Expected { place: node.place.into(), what, found }
}

pub(super) fn text_of(node: &Node) -> Result<&str, RecipeError> {
    match &node.value {
        Value::Scalar(text, _) => Ok(text),
        _ => Err(expected(node, "a text")),
    }
}

pub(super) fn text(node: &Node) -> Result<String, RecipeError> {
    text_of(node).map(str::to_owned)
}

pub(super) fn list<'a, T>(
    node: &'a Node,
    read: impl Fn(&'a Node) -> Result<T, RecipeError>,
) -> Result<Vec<T>, RecipeError> {
    match &node.value {
        Value::Sequence(items) => items.iter().map(read).collect(),
        _ => Err(expected(node, "a list")),
    }
}

pub(super) fn texts(node: &Node) -> Result<Vec<String>, RecipeError> {
    list(node, text)
}

pub(super) fn map(node: &Node) -> Result<BTreeMap<String, String>, RecipeError> {
    let Value::Mapping(pairs) = &node.value else { return Err(expected(node, "a mapping")) };
    pairs.iter().map(|(key, value)| Ok((text(key)?, text(value)?))).collect()
}

pub(super) fn boolean(node: &Node) -> Result<bool, RecipeError> {
    match text_of(node)? {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(expected(node, "true or false")),
    }
}

pub(super) fn number(node: &Node) -> Result<u32, RecipeError> {
    text_of(node)?.parse().map_err(|_| expected(node, "a whole number"))
}

/// Permission bits, always octal, quoted or not.
pub(super) fn mode(node: &Node) -> Result<u32, RecipeError> {
    let digits = text_of(node)?;
    let digits = digits.strip_prefix("0o").unwrap_or(digits);
    u32::from_str_radix(digits, 8)
        .ok()
        .filter(|mode| *mode <= 0o7777)
        .ok_or_else(|| expected(node, "octal permission bits such as 0644"))
}

pub(super) fn path(node: &Node) -> Result<RootPath, RecipeError> {
    let text = text_of(node)?;
    if !text.starts_with('/') {
        return Err(expected(node, "a path that begins with /"));
    }
    RootPath::parse(text.as_bytes()).map_err(|_| expected(node, "a path inside the image"))
}

/// `500ms`, `10s`, `2m`, `1h`, in nanoseconds.
pub(super) fn duration(node: &Node) -> Result<i64, RecipeError> {
    let text = text_of(node)?;
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let unit = match &text[digits..] {
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return Err(expected(node, "a duration such as 500ms, 10s or 2m")),
    };
    text[..digits]
        .parse::<i64>()
        .ok()
        .and_then(|count| count.checked_mul(unit))
        .ok_or_else(|| expected(node, "a duration such as 500ms, 10s or 2m"))
}
