//! Compose files (Compose specification): services with what they extend, short and long forms.

use std::{ops::Range, sync::Arc};

use crate::yaml::{Entry, Merge, Node, Value};

/// A Compose file.
#[derive(Debug, Clone)]
pub struct Compose {
    /// Its services in the order written.
    pub services: Vec<Service>,
    /// The whole document.
    pub root: Node,
}

/// A service.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// The bytes of its name.
    pub name_range: Range<usize>,
    /// What it says, with what it extends in the same file.
    pub node: Node,
    /// Whether it extends a service of another file, so that not everything is known.
    pub open: bool,
}

/// A published port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// The address of the host, when said.
    pub address: Option<String>,
    /// The port or ports of the host, when said.
    pub published: Option<String>,
    /// The port or ports of the container.
    pub target: String,
    /// Its bytes.
    pub range: Range<usize>,
    /// Whether it is written in the short form.
    pub short: bool,
}

/// A mount of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// `bind`, `volume`, `tmpfs`, …
    pub kind: String,
    /// What is mounted.
    pub source: Option<String>,
    /// Where.
    pub target: String,
    /// Whether it cannot be written.
    pub read_only: bool,
    /// How mounts spread (`rprivate`, `shared`, …), when said.
    pub propagation: Option<String>,
    /// Its bytes.
    pub range: Range<usize>,
    /// Whether it is written in the short form.
    pub short: bool,
}

/// How far `extends` is followed.
const DEEPEST: usize = 16;

/// Other files that a Compose file takes services from, by their path relative to its folder.
pub type OtherFiles<'a> = dyn Fn(&str) -> Option<Node> + 'a;

impl Compose {
    /// The services of a document; `None` when it has none. What they extend in other files is not known.
    #[must_use]
    pub fn of(root: &Node) -> Option<Self> {
        Self::with(root, None, &|_| None)
    }

    /// The services of a document, laid over those of `base` (the file that it overrides), with what they extend in other
    /// files. What stands elsewhere has the place of what brings it: the name of the service, or its `extends`.
    #[must_use]
    pub fn with(root: &Node, base: Option<&Node>, files: &OtherFiles<'_>) -> Option<Self> {
        let all = root.get("services")?.entries();
        let services = all.iter().filter(|entry| !entry.key.starts_with("x-")).map(|entry| {
            let mut open = false;
            let mut node = extended(&entry.node, all, "", files, &mut open, 0);
            if let Some(below) = base.and_then(|base| base.at(&["services", &entry.key])) {
                node = over(&anchored(below, &entry.key_range), &node);
            }
            Service { name: entry.key.to_string(), name_range: entry.key_range.clone(), node, open }
        });
        Some(Self { services: services.collect(), root: root.clone() })
    }

    /// The files that the services of a document extend, as they name them.
    #[must_use]
    pub fn extended_files(root: &Node) -> Vec<String> {
        let services = root.get("services").map(Node::entries).unwrap_or_default();
        services
            .iter()
            .filter_map(|entry| entry.node.at(&["extends", "file"])?.text().map(str::to_owned))
            .collect()
    }
}

/// A path that a file in `folder` names, relative to where `folder` is.
#[must_use]
pub fn beside(folder: &str, path: &str) -> String {
    if folder.is_empty() || path.starts_with('/') {
        return path.trim_start_matches("./").to_owned();
    }
    format!("{folder}/{}", path.trim_start_matches("./"))
}

/// What a service says with what it extends. `folder` is that of the file, relative to the first one's.
fn extended(
    node: &Node,
    all: &[Entry],
    folder: &str,
    files: &OtherFiles<'_>,
    open: &mut bool,
    depth: usize,
) -> Node {
    let Some(entry) = node.entry("extends") else { return node.clone() };
    let extends = &entry.node;
    let name = extends.text().or_else(|| extends.get("service").and_then(Node::text)).unwrap_or_default();
    let found = |all: &[Entry]| all.iter().find(|entry| &*entry.key == name).map(|entry| entry.node.clone());
    let base = if depth >= DEEPEST {
        None
    } else if let Some(file) = extends.get("file") {
        let path = beside(folder, file.text().unwrap_or_default());
        files(&path).and_then(|root| {
            let others = root.get("services").map(Node::entries).unwrap_or_default();
            let inner = path.rsplit_once('/').map_or("", |(inner, _)| inner);
            let base = extended(&found(others)?, others, inner, files, open, depth + 1);
            Some(anchored(&base, &entry.key_range))
        })
    } else {
        found(all).map(|base| extended(&base, all, folder, files, open, depth + 1))
    };
    match base {
        Some(base) => over(&base, node),
        None => {
            *open = true;
            node.clone()
        }
    }
}

/// A node of another file, with the place of what brings it into this one.
fn anchored(node: &Node, place: &Range<usize>) -> Node {
    let value = match &node.value {
        Value::Map(entries) => {
            let entry = |entry: &Entry| Entry {
                key: Arc::clone(&entry.key),
                key_range: place.clone(),
                node: anchored(&entry.node, place),
                merged: true,
            };
            Value::Map(entries.iter().map(entry).collect())
        }
        Value::List(items) => Value::List(items.iter().map(|item| anchored(item, place)).collect()),
        other => other.clone(),
    };
    Node { range: place.clone(), value, merge: node.merge }
}

/// `upper` laid over `base` as Compose merges files: mappings by key, lists appended, commands replaced.
fn over(base: &Node, upper: &Node) -> Node {
    const REPLACED: [&str; 4] = ["command", "entrypoint", "test", "extends"];
    let value = match (&base.value, &upper.value) {
        _ if upper.merge == Merge::Override => upper.value.clone(),
        (Value::Map(low), Value::Map(high)) => {
            let mut entries: Vec<Entry> = high.to_vec();
            for entry in low.iter().filter(|entry| &*entry.key != "extends") {
                match entries.iter_mut().find(|known| known.key == entry.key) {
                    Some(known) if known.node.merge == Merge::Reset => {}
                    Some(known) if !REPLACED.contains(&&*known.key) => {
                        known.node = over(&entry.node, &known.node);
                    }
                    Some(_) => {}
                    None => entries.push(Entry { merged: true, ..entry.clone() }),
                }
            }
            entries.retain(|entry| entry.node.merge != Merge::Reset);
            Value::Map(entries.into())
        }
        (Value::List(low), Value::List(high)) => {
            Value::List(low.iter().chain(high.iter()).cloned().collect::<Arc<[Node]>>())
        }
        _ => upper.value.clone(),
    };
    Node { range: upper.range.clone(), value, merge: Merge::Plain }
}

impl Service {
    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.node.get(key)
    }

    /// The texts of a list (or of one value).
    pub fn texts<'a>(&'a self, key: &str) -> impl Iterator<Item = (&'a str, Range<usize>)> + use<'a> {
        let node = self.get(key);
        let items = node.map(Node::items).unwrap_or_default();
        let alone = node.filter(|node| node.text().is_some());
        items.iter().chain(alone).filter_map(|node| Some((node.text()?, node.range.clone())))
    }

    /// Variables: name, value when one is written, bytes. Both the list and the mapping.
    #[must_use]
    pub fn pairs(&self, key: &str) -> Vec<(String, Option<String>, Range<usize>)> {
        self.get(key).map(pairs).unwrap_or_default()
    }

    /// The published ports.
    #[must_use]
    pub fn ports(&self) -> Vec<Port> {
        self.get("ports").map(Node::items).unwrap_or_default().iter().filter_map(port).collect()
    }

    /// Volumes, binds and others.
    #[must_use]
    pub fn mounts(&self) -> Vec<Mount> {
        self.get("volumes").map(Node::items).unwrap_or_default().iter().filter_map(mount).collect()
    }
}

/// `NAME=value` items or `NAME: value` entries.
#[must_use]
pub(crate) fn pairs(node: &Node) -> Vec<(String, Option<String>, Range<usize>)> {
    let list = node.items().iter().filter_map(|item| {
        let text = item.text()?;
        Some(match text.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned()), item.range.clone()),
            None => (text.to_owned(), None, item.range.clone()),
        })
    });
    let map = node.entries().iter().map(|entry| {
        let end = entry.node.range.end.max(entry.key_range.end);
        let range = if entry.node.range.start >= entry.key_range.start {
            entry.key_range.start..end
        } else {
            entry.key_range.clone()
        };
        (entry.key.to_string(), entry.node.text().map(str::to_owned), range)
    });
    list.chain(map).collect()
}

fn port(node: &Node) -> Option<Port> {
    if let Some(text) = node.text() {
        let text = text.split('/').next().unwrap_or_default();
        // An IPv6 address stands in brackets; defaults of variables hold colons too.
        let parts = split_colons(text);
        let range = node.range.clone();
        let own = |text: &str| text.to_owned();
        return Some(match parts.as_slice() {
            [target] => Port { address: None, published: None, target: own(target), range, short: true },
            [published, target] => Port {
                address: None,
                published: Some(own(published)),
                target: own(target),
                range,
                short: true,
            },
            [address, published, target] => Port {
                address: Some(own(address)),
                published: Some(own(published)),
                target: own(target),
                range,
                short: true,
            },
            _ => return None,
        });
    }
    let text = |key: &str| node.get(key).and_then(Node::text).map(str::to_owned);
    Some(Port {
        address: text("host_ip"),
        published: text("published"),
        target: text("target")?,
        range: node.range.clone(),
        short: false,
    })
}

fn mount(node: &Node) -> Option<Mount> {
    if let Some(text) = node.text() {
        let parts = split_colons(text);
        let (source, target, options) = match parts.as_slice() {
            [target] => (None, *target, ""),
            [source, target] => (Some(*source), *target, ""),
            [source, target, options] => (Some(*source), *target, *options),
            _ => return None,
        };
        let kind = if source.is_some_and(|source| source.starts_with(['.', '/', '~', '$'])) {
            "bind"
        } else {
            "volume"
        };
        let mut flags = options.split(',');
        let propagation = flags
            .clone()
            .find(|flag| flag.ends_with("shared") || flag.ends_with("slave") || flag.ends_with("private"));
        return Some(Mount {
            kind: kind.to_owned(),
            source: source.map(str::to_owned),
            target: target.to_owned(),
            read_only: flags.any(|flag| flag == "ro"),
            propagation: propagation.map(str::to_owned),
            range: node.range.clone(),
            short: true,
        });
    }
    let text = |key: &str| node.get(key).and_then(Node::text).map(str::to_owned);
    Some(Mount {
        kind: text("type").unwrap_or_else(|| "volume".to_owned()),
        source: text("source"),
        target: text("target")?,
        read_only: node.get("read_only").and_then(Node::bool).unwrap_or(false),
        propagation: node.at(&["bind", "propagation"]).and_then(Node::text).map(str::to_owned),
        range: node.range.clone(),
        short: false,
    })
}

/// Parts between colons outside `${…}` and brackets.
fn split_colons(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0usize, 0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b':' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    fn compose(text: &str) -> Compose {
        Compose::of(&yaml::read(text).documents[0]).unwrap()
    }

    #[test]
    fn short_and_long_forms_say_the_same() {
        let text = "services:\n  a:\n    ports: ['127.0.0.1:80:8080', 53:53/udp, 9000, '${P:-1}:2', {target: 80, published: '81', host_ip: '::1'}]\n    volumes: ['/a:/b:ro', data:/c, /d, {type: bind, source: ., target: /e, read_only: true}]\n    environment: [A=1, B]\n";
        let service = &compose(text).services[0];
        let ports: Vec<_> = service.ports().into_iter().map(|p| (p.address, p.published, p.target)).collect();
        let own = |text: &str| Some(text.to_owned());
        assert_eq!(ports[0], (own("127.0.0.1"), own("80"), "8080".into()));
        assert_eq!(ports[1], (None, own("53"), "53".into()));
        assert_eq!(ports[2], (None, None, "9000".into()));
        assert_eq!(ports[3], (None, own("${P:-1}"), "2".into()));
        assert_eq!(ports[4], (own("::1"), own("81"), "80".into()));
        let mounts: Vec<_> = service.mounts().into_iter().map(|m| (m.kind, m.target, m.read_only)).collect();
        assert_eq!(mounts[0], ("bind".into(), "/b".into(), true));
        assert_eq!(mounts[1], ("volume".into(), "/c".into(), false));
        assert_eq!(mounts[3], ("bind".into(), "/e".into(), true));
        assert_eq!(service.pairs("environment")[1].1, None);
    }

    #[test]
    fn extending_merges() {
        let text = "services:\n  base:\n    read_only: true\n    cap_drop: [ALL]\n    command: a\n    environment: {A: 1}\n  app:\n    extends: {service: base}\n    cap_drop: [X]\n    command: b\n    environment: {B: 2}\n  far:\n    extends: {file: o.yml, service: x}\n  loop:\n    extends: loop\n";
        let compose = compose(text);
        let app = &compose.services[1];
        assert_eq!(app.get("read_only").and_then(Node::bool), Some(true));
        assert_eq!(app.texts("cap_drop").map(|t| t.0.to_owned()).collect::<Vec<_>>(), ["ALL", "X"]);
        assert_eq!(app.get("command").and_then(Node::text), Some("b"));
        assert_eq!(app.pairs("environment").len(), 2);
        assert!(compose.services[2].open && compose.services[3].open);
    }

    #[test]
    fn other_files_are_extended_and_overridden() {
        let common =
            "services:\n  base:\n    extends: {file: ../deep.yml, service: root}\n    cap_drop: [ALL]\n";
        let deep = "services:\n  root: {read_only: true, user: '0', ports: ['1:1']}\n";
        let files = |path: &str| match path {
            "sub/common.yml" => yaml::read(common).documents.into_iter().next(),
            "sub/../deep.yml" => yaml::read(deep).documents.into_iter().next(),
            _ => None,
        };
        let text = "services:\n  app:\n    extends: {file: ./sub/common.yml, service: base}\n    user: !reset null\n    ports: !override ['2:2']\n  far:\n    extends: {file: absent.yml, service: x}\n";
        let root = &yaml::read(text).documents[0];
        let found = Compose::with(root, None, &files).unwrap();
        let app = &found.services[0];
        assert!(!app.open && found.services[1].open);
        assert_eq!(app.get("read_only").and_then(Node::bool), Some(true));
        assert_eq!(app.texts("cap_drop").count(), 1);
        assert!(app.get("user").is_none(), "it was reset");
        assert_eq!(app.ports().iter().map(|port| port.target.as_str()).collect::<Vec<_>>(), ["2"]);
        assert_eq!(&text[app.get("read_only").unwrap().range.clone()], "extends");
        assert_eq!(Compose::extended_files(root), ["./sub/common.yml", "absent.yml"]);
        let base = yaml::read("services:\n  app: {read_only: true, image: a}\n");
        let root = &yaml::read("services:\n  app: {image: b}\n").documents[0];
        let found = Compose::with(root, Some(&base.documents[0]), &|_| None).unwrap();
        assert_eq!(found.services[0].get("image").and_then(Node::text), Some("b"));
        assert_eq!(found.services[0].get("read_only").and_then(Node::bool), Some(true));
    }
}
