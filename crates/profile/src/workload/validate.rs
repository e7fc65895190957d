//! Holds a tree against the grammar, and collects every mistake.

use casehard_oci::escape;

use super::{
    Mistake, Url,
    grammar::{Name, Needs, Object, Shape, WORKLOAD},
    mistake::nearest,
    scalar::{Problem, Scalar, one_of},
    yaml::{Key, Node, Place, Value},
};

/// Mistakes beyond this many are not told: a file that is something else altogether has thousands.
const MOST_MISTAKES: usize = 100;

/// Everything wrong with the tree of a workload, in the order of the file.
pub(super) fn validate(root: &Node, file: &str) -> Vec<Mistake> {
    let mut report = Report { file, mistakes: Vec::new() };
    report.object(root, &WORKLOAD, "the file");
    report.hosts(root);
    report.finish()
}

/// Everything wrong with the tree of another document, in the order of the file.
pub(super) fn validate_as(root: &Node, object: &'static Object, file: &str) -> Vec<Mistake> {
    let mut report = Report { file, mistakes: Vec::new() };
    report.object(root, object, "the file");
    report.finish()
}

/// A mistake at a place.
pub(super) fn mistake(file: &str, place: Place, what: String) -> Mistake {
    Mistake {
        file: file.to_owned(),
        line: place.line,
        column: place.column,
        span: place.span,
        what,
        expected: None,
        nearest: None,
    }
}

struct Report<'a> {
    file: &'a str,
    mistakes: Vec<Mistake>,
}

impl Report<'_> {
    fn finish(mut self) -> Vec<Mistake> {
        self.mistakes.sort_by_key(|mistake| mistake.span);
        self.mistakes.dedup();
        self.mistakes
    }

    fn add(&mut self, place: Place, what: String, expected: Option<String>, nearest: Option<String>) {
        if self.mistakes.len() < MOST_MISTAKES {
            self.mistakes.push(Mistake { expected, nearest, ..mistake(self.file, place, what) });
        }
    }

    fn wrong_kind(&mut self, node: &Node, expected: &str) {
        let what = match node.value {
            Value::Null => "nothing stands here".to_owned(),
            _ => format!("{} stands here", node.kind()),
        };
        self.add(node.place, what, Some(expected.to_owned()), None);
    }

    fn shape(&mut self, node: &Node, shape: &'static Shape, what: &str) {
        match shape {
            Shape::Scalar(scalar) => self.scalar(node, *scalar),
            Shape::Command => match &node.value {
                Value::List(items) if items.is_empty() => {
                    self.add(node.place, "the command is empty".to_owned(), None, None);
                }
                Value::List(items) => items.iter().for_each(|item| self.scalar(item, Scalar::Text)),
                Value::Scalar { .. } => self.scalar(node, Scalar::CommandLine),
                _ => self.wrong_kind(node, "a command, as a list of words or as one text"),
            },
            Shape::List(inner) => match &node.value {
                Value::List(items) => items.iter().for_each(|item| self.shape(item, inner, what)),
                _ => self.wrong_kind(node, "a list"),
            },
            Shape::Some(inner) => match &node.value {
                Value::List(items) if !items.is_empty() => {
                    items.iter().for_each(|item| self.shape(item, inner, what));
                }
                _ => self.shape(node, inner, what),
            },
            Shape::Free(name, inner) => self.free(node, *name, inner),
            Shape::Any => {}
            Shape::Object(object) => self.object(node, object, &format!("`{what}`")),
            Shape::Variants { what, variants } => self.variants(node, what, variants),
            Shape::Short(scalars, object) => self.short(node, scalars, object, what),
        }
    }

    fn scalar(&mut self, node: &Node, scalar: Scalar) {
        let Some(text) = node.text() else { return self.wrong_kind(node, &scalar.expected()) };
        if let Err(Problem { what, expected, nearest }) = scalar.check(text) {
            self.add(node.place, what, expected, nearest);
        }
    }

    fn short(&mut self, node: &Node, scalars: &'static [Scalar], object: &'static Object, what: &str) {
        match &node.value {
            Value::Map(_) => self.object(node, object, &format!("`{what}`")),
            Value::Scalar { text, plain } => {
                if let Some(scalar) = short_scalar(scalars, text, *plain) {
                    self.scalar(node, scalar);
                }
            }
            _ => {
                let keys: Vec<_> = object.keys().map(|field| field.key).collect();
                self.wrong_kind(node, &format!("a plain value, or a mapping with {}", one_of(&keys)));
            }
        }
    }

    fn free(&mut self, node: &Node, name: Name, inner: &'static Shape) {
        let Value::Map(entries) = &node.value else { return self.wrong_kind(node, "a mapping") };
        self.duplicates(entries, name == Name::Header);
        for (key, value) in entries {
            if !name.takes(&key.text) {
                let what = format!("`{}` cannot be a name here", escape(key.text.as_bytes()));
                self.add(key.place, what, Some(name.expected().to_owned()), None);
            }
            self.shape(value, inner, &key.text);
        }
    }

    fn duplicates(&mut self, entries: &[(Key, Node)], without_case: bool) {
        let mut seen = std::collections::HashMap::new();
        for (key, _) in entries {
            let name = if without_case { key.text.to_lowercase() } else { key.text.to_string() };
            if let Some(first) = seen.insert(name, key.place.line) {
                let shown = escape(key.text.as_bytes());
                let what = format!("`{shown}` stands twice in this mapping (before that in line {first})");
                self.add(key.place, what, None, None);
            }
        }
    }

    fn object(&mut self, node: &Node, object: &'static Object, what: &str) {
        let Value::Map(entries) = &node.value else {
            let keys: Vec<_> = object.keys().map(|field| field.key).collect();
            return self.wrong_kind(node, &format!("a mapping with {}", one_of(&keys)));
        };
        self.duplicates(entries, false);
        for (key, value) in entries {
            match object.field(&key.text) {
                Some(field) => self.shape(value, &field.shape, field.key),
                None => self.unknown(key, object, what),
            }
        }
        self.needs(node, object, what);
    }

    fn unknown(&mut self, key: &Key, object: &'static Object, what: &str) {
        let keys: Vec<_> = object.keys().map(|field| field.key).collect();
        let text = format!("`{}` is not known in {what}", escape(key.text.as_bytes()));
        self.add(key.place, text, Some(one_of(&keys)), nearest(&key.text, keys.iter().copied()));
    }

    fn needs(&mut self, node: &Node, object: &'static Object, what: &str) {
        let given = |keys: &[&'static str]| keys.iter().filter(|key| node.get(key).is_some()).count();
        // A misspelt key was told already; that it is missing follows from that.
        let misspelt = node.entries().iter().any(|(key, _)| object.field(&key.text).is_none());
        let flaw = match object.needs {
            Needs::Key(key) if given(&[key]) == 0 => format!("`{key}` is missing in {what}"),
            Needs::AnyOf(keys) if given(keys) == 0 => {
                format!("{what} says nothing: {} is missing", one_of(keys))
            }
            Needs::OneOf(keys) if given(keys) == 0 => format!("{} is missing in {what}", one_of(keys)),
            Needs::AtMostOne(keys) | Needs::OneOf(keys) if given(keys) > 1 => {
                return self.add(
                    node.place,
                    format!("only one of {} can be given", one_of(keys)),
                    None,
                    None,
                );
            }
            _ => return,
        };
        if !misspelt {
            self.add(node.place, flaw, None, None);
        }
    }

    fn variants(&mut self, node: &Node, what: &str, variants: &'static [&'static Object]) {
        let names: Vec<_> =
            variants.iter().filter_map(|object| object.keys().next()).map(|field| field.key).collect();
        let Value::Map(entries) = &node.value else {
            return self.wrong_kind(node, &format!("{what}: a mapping with {}", one_of(&names)));
        };
        let given: Vec<_> =
            variants.iter().zip(&names).filter(|(_, name)| node.get(name).is_some()).collect();
        match given.as_slice() {
            [(object, name)] => {
                self.variant(node, object, &format!("{what} with `{name}`"), variants);
            }
            [] => {
                let near = entries.iter().find_map(|(key, _)| {
                    nearest(&key.text, names.iter().copied()).map(|near| (key.place, &key.text, near))
                });
                let (place, text, near) = match near {
                    Some((place, key, near)) => {
                        (place, format!("`{}` is not known in {what}", escape(key.as_bytes())), Some(near))
                    }
                    None => (node.place, format!("{what} does not say what is done"), None),
                };
                self.add(place, text, Some(one_of(&names)), near);
            }
            [(_, first), (_, second), ..] => {
                let text = format!("`{first}` and `{second}` stand in one mapping; {what} has one of them");
                self.add(node.place, text, None, None);
            }
        }
    }

    /// As `object`, but a key that belongs to another variant is told so.
    fn variant(
        &mut self,
        node: &Node,
        object: &'static Object,
        what: &str,
        variants: &'static [&'static Object],
    ) {
        self.duplicates(node.entries(), false);
        for (key, value) in node.entries() {
            if let Some(field) = object.field(&key.text) {
                self.shape(value, &field.shape, field.key);
                continue;
            }
            let other = variants.iter().find(|other| other.field(&key.text).is_some());
            match other.and_then(|other| other.keys().next()) {
                Some(owner) => {
                    let text = format!("`{}` belongs to `{}`, not to {what}", key.text, owner.key);
                    self.add(key.place, text, None, None);
                }
                None => self.unknown(key, object, what),
            }
        }
    }

    /// A host in a URL is the container, or one of the services.
    fn hosts(&mut self, root: &Node) {
        let services: Vec<&str> =
            root.get("services").map_or(&[][..], Node::entries).iter().map(|(key, _)| &*key.text).collect();
        let steps = root.get("steps").map_or(&[][..], Node::items);
        let ready = root.get("ready");
        for node in steps.iter().chain(ready).filter_map(|node| node.get("http")) {
            let Some(Ok(url)) = node.text().map(str::parse::<Url>) else { continue };
            if !url.endpoint.is_loopback() && !services.contains(&url.endpoint.host.as_str()) {
                let what = format!("`{}` is neither this machine nor a service", url.endpoint.host);
                let expected = "127.0.0.1, localhost, or a name under `services`".to_owned();
                let near = nearest(&url.endpoint.host, services.iter().copied().chain(["localhost"]));
                self.add(node.place, what, Some(expected), near);
            }
        }
    }
}

/// Of the kinds that a plain value may have, the one this value means: a number only when it is written without quotes.
pub(super) fn short_scalar(scalars: &'static [Scalar], text: &str, plain: bool) -> Option<Scalar> {
    let number = plain && text.parse::<i64>().is_ok();
    let is_integer = |scalar: &Scalar| matches!(scalar, Scalar::Integer { .. });
    if number && let Some(integer) = scalars.iter().find(|scalar| is_integer(scalar)) {
        return Some(*integer);
    }
    scalars.iter().find(|scalar| !is_integer(scalar)).or(scalars.first()).copied()
}

impl Name {
    fn takes(self, text: &str) -> bool {
        let byte = |byte: u8| match self {
            Self::Variable => byte != b'=' && byte != 0,
            // `token` of RFC 9110 §5.6.2.
            Self::Header => byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte),
            Self::Host => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'),
        };
        (1..=256).contains(&text.len()) && text.bytes().all(byte)
    }

    /// What such a name is, for people.
    pub const fn expected(self) -> &'static str {
        match self {
            Self::Variable => "the name of an environment variable",
            Self::Header => "the name of an HTTP header",
            Self::Host => "a name of letters, digits, `-`, `_` and `.`",
        }
    }
}
