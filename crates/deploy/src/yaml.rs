//! YAML (1.2.2) as a tree whose every node knows its bytes; bounded in size, depth and what aliases expand to.

use std::{collections::HashMap, ops::Range, sync::Arc};

use granit_parser::{Event, Parser, ScalarStyle, Span, Tag, options};

/// Bytes of a file.
const LARGEST: usize = 8 << 20;
/// Collections inside each other.
const DEEPEST: usize = 100;
/// Nodes, with those that aliases repeat.
const MOST_NODES: usize = 1_000_000;

/// A file.
#[derive(Debug, Clone, Default)]
pub struct File {
    /// Its documents in their order; empty ones are left out.
    pub documents: Vec<Node>,
    /// Its comments: the bytes from `#` to the line's end.
    pub comments: Vec<Range<usize>>,
    /// Keys that their mapping has already.
    pub duplicates: Vec<Range<usize>>,
    /// Why reading ended early, and where. What was read before is there.
    pub error: Option<(String, usize)>,
    lines: Vec<usize>,
}

/// A node.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its bytes. For what an alias repeats: where it is written.
    pub range: Range<usize>,
    /// What it is.
    pub value: Value,
    /// What Compose does with it when files are merged (its tag).
    pub merge: Merge,
}

/// What Compose does with a value when it is laid over another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Merge {
    /// It is merged, as its kind is.
    #[default]
    Plain,
    /// `!override`: it takes the other's place.
    Override,
    /// `!reset`: both are gone.
    Reset,
}

/// What a node is.
#[derive(Debug, Clone)]
pub enum Value {
    /// Nothing: an empty plain scalar, `~` or `null`.
    Null,
    /// A scalar.
    Scalar {
        /// Its text.
        text: Arc<str>,
        /// Whether it stands without quotes.
        plain: bool,
    },
    /// A sequence.
    List(Arc<[Node]>),
    /// A mapping in the order written, merge keys (`<<`) resolved, of duplicates the last.
    Map(Arc<[Entry]>),
}

/// An entry of a mapping.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: Arc<str>,
    /// The key's bytes.
    pub key_range: Range<usize>,
    /// The value.
    pub node: Node,
    /// Whether a merge key brought it.
    pub merged: bool,
}

impl Node {
    /// The value under `key` of a mapping.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.node)
    }
    /// The value at the end of several keys.
    #[must_use]
    pub fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }
    /// The entry of `key`.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| &*entry.key == key)
    }
    /// The entries of a mapping; none for anything else.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }
    /// The items of a list; none for anything else.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        if let Value::List(items) = &self.value { items } else { &[] }
    }
    /// The text of a scalar.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if let Value::Scalar { text, .. } = &self.value { Some(text) } else { None }
    }
    /// A boolean as YAML 1.1 readers take it (`yes` and `on` count).
    #[must_use]
    pub fn bool(&self) -> Option<bool> {
        match self.text()?.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => None,
        }
    }
    /// A whole number.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        self.text()?.replace('_', "").parse().ok()
    }
    /// Whether it is nothing.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }
}

impl File {
    /// Line and column (in characters) of a byte of `text`, both from 1.
    #[must_use]
    pub fn position(&self, text: &str, offset: usize) -> (u32, u32) {
        let line = self.lines.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.lines.get(line).copied().unwrap_or(0);
        let column = text.get(start..offset.min(text.len())).map_or(0, |text| text.chars().count());
        (u32::try_from(line + 1).unwrap_or(u32::MAX), u32::try_from(column + 1).unwrap_or(u32::MAX))
    }
}

/// Reads a file. What is broken ends the reading; what came before is kept.
#[must_use]
pub fn read(text: &str) -> File {
    let mut file = File { lines: vec![0], ..File::default() };
    file.lines.extend(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1));
    if text.len() > LARGEST {
        file.error = Some((format!("the file is larger than {LARGEST} bytes"), 0));
        return file;
    }
    let limits = options! { emit_comments: true, flow_nesting_limit: DEEPEST, block_nesting_limit: DEEPEST };
    let mut builder = Builder::default();
    for event in Parser::new_from_str_with_options(text, limits) {
        match event {
            Ok((event, span)) => {
                let range = range(text, &span);
                if let Err(what) = builder.take(event, range.clone(), &mut file) {
                    file.error = Some((what, range.start));
                    break;
                }
            }
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(0).min(text.len());
                file.error = Some((error.info().to_owned(), at));
                break;
            }
        }
    }
    file
}

fn range(text: &str, span: &Span) -> Range<usize> {
    let start = span.start.byte_offset().unwrap_or(0).min(text.len());
    let end = span.end.byte_offset().unwrap_or(start).clamp(start, text.len());
    start..end
}

/// What a tag says to Compose.
fn merge_of(tag: Option<&Tag>) -> Merge {
    match tag.map(Tag::suffix) {
        Some("reset") => Merge::Reset,
        Some("override") => Merge::Override,
        _ => Merge::Plain,
    }
}

/// A collection that is not closed yet.
struct Open {
    range: Range<usize>,
    anchor: usize,
    merge: Merge,
    items: Items,
}

enum Items {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<(Arc<str>, Range<usize>)>, merges: Vec<Node> },
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    weights: HashMap<usize, usize>,
    nodes: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, range: Range<usize>, file: &mut File) -> Result<(), String> {
        match event {
            Event::Comment(..) => {
                file.comments.push(range);
                Ok(())
            }
            Event::DocumentStart(..) => {
                self.anchors.clear();
                self.open.clear();
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                let null = plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let value = if null { Value::Null } else { Value::Scalar { text: Arc::from(&*text), plain } };
                self.spend(1)?;
                self.add(Node { range, value, merge: merge_of(tag.as_deref()) }, anchor, 1, file)
            }
            Event::SequenceStart(_, anchor, tag) => {
                let merge = merge_of(tag.as_deref());
                self.begin(Open { range, anchor, merge, items: Items::List(Vec::new()) })
            }
            Event::MappingStart(_, anchor, tag) => {
                let merge = merge_of(tag.as_deref());
                let items = Items::Map { entries: Vec::new(), key: None, merges: Vec::new() };
                self.begin(Open { range, anchor, merge, items })
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(&range, file),
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor).cloned() else {
                    return Err("an alias stands inside what it refers to".to_owned());
                };
                let weight = self.weights.get(&anchor).copied().unwrap_or(1);
                self.spend(weight)?;
                self.put(node, file)
            }
            _ => Ok(()),
        }
    }

    fn spend(&mut self, nodes: usize) -> Result<(), String> {
        self.nodes += nodes;
        if self.nodes > MOST_NODES {
            return Err(format!("the file has more than {MOST_NODES} values, aliases expanded"));
        }
        Ok(())
    }

    fn begin(&mut self, open: Open) -> Result<(), String> {
        if self.open.len() >= DEEPEST {
            return Err(format!("more than {DEEPEST} collections stand inside each other"));
        }
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self, range: &Range<usize>, file: &mut File) -> Result<(), String> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let value = match open.items {
            Items::List(items) => Value::List(items.into()),
            Items::Map { mut entries, merges, .. } => {
                for node in merges {
                    merge(&mut entries, &node);
                }
                Value::Map(entries.into())
            }
        };
        self.spend(1)?;
        let node = Node { range: open.range.start..range.end.max(open.range.end), value, merge: open.merge };
        let weight = if open.anchor == 0 { 0 } else { weight(&node) };
        self.add(node, open.anchor, weight, file)
    }

    fn add(&mut self, node: Node, anchor: usize, weight: usize, file: &mut File) -> Result<(), String> {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
            self.weights.insert(anchor, weight);
        }
        self.put(node, file)
    }

    fn put(&mut self, node: Node, file: &mut File) -> Result<(), String> {
        match self.open.last_mut().map(|open| &mut open.items) {
            None => {
                if !node.is_null() {
                    file.documents.push(node);
                }
            }
            Some(Items::List(items)) => items.push(node),
            Some(Items::Map { entries, key, merges }) => match key.take() {
                Some((name, _)) if &*name == "<<" => match &node.value {
                    Value::List(items) => merges.extend(items.iter().cloned()),
                    _ => merges.push(node),
                },
                Some((name, key_range)) => {
                    if let Some(known) = entries.iter().position(|entry| entry.key == name) {
                        file.duplicates.push(key_range.clone());
                        entries.remove(known);
                    }
                    entries.push(Entry { key: name, key_range, node, merged: false });
                }
                None => {
                    let name = match &node.value {
                        Value::Scalar { text, .. } => Arc::clone(text),
                        Value::Null => Arc::from("null"),
                        // A collection as a key is YAML, but nothing here has one.
                        _ => Arc::from(""),
                    };
                    *key = Some((name, node.range));
                }
            },
        }
        Ok(())
    }
}

/// Takes over what is not there yet.
fn merge(entries: &mut Vec<Entry>, from: &Node) {
    for entry in from.entries() {
        if !entries.iter().any(|known| known.key == entry.key) {
            entries.push(Entry { merged: true, ..entry.clone() });
        }
    }
}

/// The number of nodes, each as often as it is reached.
fn weight(node: &Node) -> usize {
    match &node.value {
        Value::Null | Value::Scalar { .. } => 1,
        Value::List(items) => items.iter().map(weight).fold(1, usize::saturating_add),
        Value::Map(entries) => entries.iter().map(|entry| weight(&entry.node)).fold(1, usize::saturating_add),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_documents_merges_and_duplicates() {
        let text = "a: &x {k: v, l: w}\nb: # c\n  <<: *x\n  k: \"é\"\n  k: z\n---\n---\n- 1\n";
        let file = read(text);
        assert!(file.error.is_none(), "{:?}", file.error);
        assert_eq!(file.documents.len(), 2);
        let b = file.documents[0].get("b").unwrap();
        assert_eq!(b.get("k").unwrap().text(), Some("z"));
        assert_eq!(&text[b.get("k").unwrap().range.clone()], "z");
        assert!(b.entry("l").unwrap().merged);
        assert_eq!(file.duplicates.len(), 1);
        assert_eq!(&text[file.comments[0].clone()], "# c");
        assert_eq!(file.position(text, file.duplicates[0].start), (5, 3));
    }

    #[test]
    fn hostile_files_end() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for i in 1..9 {
            let alias = format!("*a{}", i - 1);
            bomb.push_str(&format!("a{i}: &a{i} [{}]\n", [alias.as_str(); 10].join(", ")));
        }
        assert!(read(&bomb).error.unwrap().0.contains("aliases expanded"));
        assert!(read("a: &x [*x]").error.is_some());
        assert!(read(&"[".repeat(100_000)).error.is_some());
        let kept = read("a: 1\n---\nb: [\n");
        assert!(kept.error.is_some() && kept.documents.len() == 1);
    }
}
