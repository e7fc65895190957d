//! YAML (1.2.2) as a tree whose every node knows its place; bounded in size, depth and what aliases expand to.

use std::{collections::HashMap, rc::Rc};

use granit_parser::{Event, Parser, ScalarStyle, Span, options};

/// Bytes of a file.
const LARGEST: usize = 1 << 20;
/// Collections inside each other.
const DEEPEST: usize = 32;
/// Nodes, with those that aliases repeat.
const MOST_NODES: usize = 50_000;
/// Bytes of text, with what aliases repeat.
const MOST_TEXT: usize = 4 << 20;

/// Where a node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    pub line: u32,
    pub column: u32,
    pub span: (usize, usize),
}

/// A node.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub place: Place,
    pub value: Value,
}

/// What a node is.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// Nothing: an empty plain scalar, `~` or `null`.
    Null,
    /// A scalar; `plain` when it stands without quotes.
    Scalar { text: Rc<str>, plain: bool },
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order written, duplicates included.
    Map(Vec<(Key, Node)>),
}

/// A key of a mapping.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub place: Place,
    pub text: Rc<str>,
}

/// A flaw of the YAML itself.
#[derive(Debug)]
pub(super) struct Flaw {
    pub place: Place,
    pub what: String,
}

impl Node {
    /// The value under `key` of a mapping.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| &*name.text == key).map(|(_, node)| node)
    }

    /// The entries of a mapping; none for anything else.
    pub fn entries(&self) -> &[(Key, Self)] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    /// The items of a list; none for anything else.
    pub fn items(&self) -> &[Self] {
        if let Value::List(items) = &self.value { items } else { &[] }
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        if let Value::Scalar { text, .. } = &self.value { Some(text) } else { None }
    }

    /// What it is, for people.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Scalar { .. } => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    /// Nodes and bytes of text in it.
    fn weight(&self) -> (usize, usize) {
        let sum = |(nodes, bytes): (usize, usize), (n, b): (usize, usize)| (nodes + n, bytes + b);
        match &self.value {
            Value::Null => (1, 0),
            Value::Scalar { text, .. } => (1, text.len()),
            Value::List(items) => items.iter().map(Self::weight).fold((1, 0), sum),
            Value::Map(entries) => {
                entries.iter().map(|(key, node)| sum((0, key.text.len()), node.weight())).fold((1, 0), sum)
            }
        }
    }
}

/// A collection that is not closed yet.
struct Open {
    place: Place,
    anchor: usize,
    items: Items,
}

enum Items {
    List(Vec<Node>),
    Map { entries: Vec<(Key, Node)>, key: Option<Key> },
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    anchors: HashMap<usize, (Node, (usize, usize))>,
    nodes: usize,
    bytes: usize,
}

/// Reads one document; `None` when the file holds none.
pub(super) fn read(text: &str) -> Result<Option<Node>, Flaw> {
    let start = Place { line: 1, column: 1, span: (0, 0) };
    if text.len() > LARGEST {
        return Err(Flaw { place: start, what: format!("the file is larger than {} KiB", LARGEST >> 10) });
    }
    let limits = options! {
        emit_comments: false,
        disallow_directives: true,
        flow_nesting_limit: DEEPEST,
        block_nesting_limit: DEEPEST,
    };
    let mut builder = Builder::default();
    let mut documents = 0;
    for event in Parser::new_from_str_with_options(text, limits) {
        let (event, span) = event.map_err(|error| {
            let mark = error.marker();
            let at = place(text, &Span::new(*mark, *mark));
            Flaw { place: at, what: format!("this is not YAML: {}", error.info()) }
        })?;
        let at = place(text, &span);
        if matches!(event, Event::DocumentStart(..)) {
            documents += 1;
            if documents > 1 {
                return Err(Flaw { place: at, what: "a second document begins (expected one)".to_owned() });
            }
        }
        builder.take(event, at).map_err(|what| Flaw { place: at, what })?;
    }
    Ok(builder.root)
}

fn place(text: &str, span: &Span) -> Place {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let start = span.start.byte_offset().unwrap_or(0).min(text.len());
    let end = span.end.byte_offset().unwrap_or(start).clamp(start, text.len());
    Place { line: number(span.start.line().max(1)), column: number(span.start.col() + 1), span: (start, end) }
}

impl Builder {
    fn take(&mut self, event: Event<'_>, place: Place) -> Result<(), String> {
        if let Some(tag) = event.tag()
            && !matches!(tag.core_suffix(), Some("str" | "int" | "seq" | "map"))
        {
            return Err("YAML tags are not understood here (leave it out)".to_owned());
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && tag.is_none();
                let null = plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let value = if null { Value::Null } else { Value::Scalar { text: Rc::from(&*text), plain } };
                self.add(Node { place, value }, anchor)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.begin(Open { place, anchor, items: Items::List(Vec::new()) })
            }
            Event::MappingStart(_, anchor, _) => {
                self.begin(Open { place, anchor, items: Items::Map { entries: Vec::new(), key: None } })
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(place),
            Event::Alias(anchor) => {
                let Some((node, (nodes, bytes))) = self.anchors.get(&anchor).cloned() else {
                    return Err("the alias stands inside what it refers to".to_owned());
                };
                self.spend(nodes, bytes)?;
                // A mistake in what is repeated is shown where it is written; a wrong kind is, too.
                self.put(node)
            }
            _ => Ok(()),
        }
    }

    fn spend(&mut self, nodes: usize, bytes: usize) -> Result<(), String> {
        self.nodes += nodes;
        self.bytes += bytes;
        if self.nodes > MOST_NODES {
            return Err(format!("the file has more than {MOST_NODES} values, aliases expanded"));
        }
        if self.bytes > MOST_TEXT {
            return Err(format!("the file has more than {} MiB of text, aliases expanded", MOST_TEXT >> 20));
        }
        Ok(())
    }

    fn begin(&mut self, open: Open) -> Result<(), String> {
        if self.open.len() >= DEEPEST {
            return Err(format!("more than {DEEPEST} collections stand inside each other"));
        }
        if matches!(self.open.last(), Some(Open { items: Items::Map { key: None, .. }, .. })) {
            return Err("a key must be a single value".to_owned());
        }
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self, place: Place) -> Result<(), String> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let value = match open.items {
            Items::List(items) => Value::List(items),
            Items::Map { entries, .. } => Value::Map(entries),
        };
        let span = (open.place.span.0, place.span.1.max(open.place.span.1));
        self.add(Node { place: Place { span, ..open.place }, value }, open.anchor)
    }

    /// Takes a node that the file spells out.
    fn add(&mut self, node: Node, anchor: usize) -> Result<(), String> {
        self.spend(1, node.text().map_or(0, str::len))?;
        if anchor != 0 {
            let weight = node.weight();
            self.anchors.insert(anchor, (node.clone(), weight));
        }
        self.put(node)
    }

    fn put(&mut self, node: Node) -> Result<(), String> {
        match self.open.last_mut().map(|open| &mut open.items) {
            None => self.root = Some(node),
            Some(Items::List(items)) => items.push(node),
            Some(Items::Map { entries, key }) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => {
                    let text = match node.value {
                        Value::Scalar { text, .. } => text,
                        Value::Null => Rc::from("null"),
                        _ => return Err("a key must be a single value".to_owned()),
                    };
                    *key = Some(Key { place: node.place, text });
                }
            },
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_file() {
        let root = read("a: 1\nb:\n  - é: \"x\"\n").unwrap().unwrap();
        let inner = &root.get("b").unwrap().items()[0];
        let (key, value) = &inner.entries()[0];
        assert_eq!((key.place.line, key.place.column), (3, 5));
        assert_eq!((value.place.line, value.place.column, value.place.span), (3, 8, (16, 19)));
    }

    #[test]
    fn aliases_are_followed_within_bounds() {
        let root = read("a: &x {k: v}\nb: *x\n").unwrap().unwrap();
        assert_eq!(root.get("b").unwrap().get("k").unwrap().text(), Some("v"));
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for i in 1..9 {
            let alias = format!("*a{}", i - 1);
            bomb.push_str(&format!("a{i}: &a{i} [{}]\n", [alias.as_str(); 10].join(", ")));
        }
        assert!(read(&bomb).unwrap_err().what.contains("aliases expanded"));
        assert!(read("a: &x [*x]").unwrap_err().what.contains("inside what it refers to"));
        assert!(read(&"[".repeat(100_000)).is_err());
        assert!(read(&"a:\n".repeat(1 << 20)).is_err());
    }

    #[test]
    fn flaws_have_their_place() {
        for (text, line) in [
            ("a: 1\n b: 2", 2),
            ("a: [1\n", 1),
            ("{[a]: b}", 1),
            ("a\n---\nb", 2),
            ("x: *none", 1),
            ("a: !x b", 1),
        ] {
            let flaw = read(text).unwrap_err();
            assert_eq!(flaw.place.line, line, "{text:?}: {}", flaw.what);
        }
        assert!(read("").unwrap().is_none());
        assert!(read("# nothing\n").unwrap().is_none());
    }
}
