//! The state of an evaluation: what scripts share, and what one script has of its own.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use casehard_oci::RootPath;

use super::{
    ast::{Command, Script, Word},
    parse::parse,
};
use crate::{
    accounts::Accounts,
    build::Uncovered,
    facts::Alternatives,
    root::{Content, Diversion, Kind, Node, Root, Store},
};

/// Commands a script may take; the longest real one takes some thousands.
const STEPS: usize = 300_000;
/// Calls inside calls.
const DEPTH: usize = 60;
/// Bytes a stream or a file of a script may have.
const OUTPUT: usize = 16 << 20;

/// What all scripts work on.
pub(crate) struct Machine<'a> {
    pub(crate) root: Root,
    pub(crate) store: &'a Store<'a>,
    pub(crate) architecture: &'a str,
    /// Installed packages by name, to their place in the store.
    pub(crate) installed: BTreeMap<String, usize>,
    pub(crate) diversions: Vec<Diversion>,
    /// Owners and modes that stay whatever a package ships: path to user, group and mode.
    pub(crate) overrides: BTreeMap<RootPath, (String, String, u32)>,
    pub(crate) alternatives: Alternatives,
    /// Answers to questions of packages, where not the default of the template.
    pub(crate) answers: BTreeMap<String, String>,
    /// What was carried out, by rule, with how often.
    pub(crate) rules: BTreeMap<String, usize>,
    pub(crate) uncovered: BTreeSet<Uncovered>,
}

impl Machine<'_> {
    /// The text of the file a path leads to.
    pub(crate) fn text(&self, path: &RootPath) -> Option<String> {
        self.store.text(&self.root, path)
    }

    pub(crate) fn accounts(&self) -> Accounts {
        Accounts::read(&self.root, self.store)
    }

    /// Puts text at the place a path leads to; a file that is there keeps its owner and mode.
    pub(crate) fn write(&mut self, path: &RootPath, bytes: Vec<u8>) -> bool {
        let Some(real) = self.root.resolve(path, true) else { return false };
        if self.root.is_directory(&real) {
            return false;
        }
        let content = Content::Bytes(bytes.into());
        if let Some(node) = self.root.get_mut(&real, false) {
            node.kind = Kind::File { content, shared: false };
            node.mtime = None;
            return true;
        }
        // A script has to make a directory before it writes there, as anywhere.
        let has_parent = real.parent().is_some_and(|parent| self.root.is_directory(&parent));
        has_parent && self.root.put(&real, Node::new(Kind::File { content, shared: false }, 0o644)).is_some()
    }

    /// Counts a rule that did something.
    pub(crate) fn fired(&mut self, rule: &str) {
        *self.rules.entry(rule.to_owned()).or_default() += 1;
    }
}

/// One script in the making.
pub(crate) struct Shell<'m, 'a> {
    pub(crate) machine: &'m mut Machine<'a>,
    package: String,
    script: String,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) positional: Vec<String>,
    pub(super) functions: BTreeMap<String, (Rc<Command>, Rc<Vec<Word>>)>,
    pub(super) documents: Rc<Vec<Word>>,
    pub(super) directory: RootPath,
    pub(super) status: i32,
    pub(super) steps: usize,
    pub(super) depth: usize,
    pub(super) temporary: usize,
    pub(super) umask: u32,
}

/// Where bytes go.
#[derive(Debug, Clone)]
pub(super) enum Sink {
    Nowhere,
    Buffer(Rc<RefCell<Vec<u8>>>),
}

/// The streams of a command.
#[derive(Debug, Clone)]
pub(super) struct Streams {
    pub(super) input: Rc<RefCell<Input>>,
    pub(super) sinks: BTreeMap<u32, Sink>,
}

/// Bytes to be read once.
#[derive(Debug, Default)]
pub(super) struct Input {
    pub(super) bytes: Vec<u8>,
    pub(super) at: usize,
}

impl Streams {
    pub(super) fn new(input: Vec<u8>, output: &Rc<RefCell<Vec<u8>>>) -> Self {
        Self {
            input: Rc::new(RefCell::new(Input { bytes: input, at: 0 })),
            sinks: BTreeMap::from([(1, Sink::Buffer(output.clone())), (2, Sink::Nowhere)]),
        }
    }

    /// Writes to the standard output.
    pub(super) fn print(&self, bytes: impl AsRef<[u8]>) {
        if let Some(Sink::Buffer(buffer)) = self.sinks.get(&1) {
            let mut buffer = buffer.borrow_mut();
            if buffer.len() < OUTPUT {
                buffer.extend_from_slice(bytes.as_ref());
            }
        }
    }

    /// Everything that is left on the standard input.
    pub(super) fn rest(&self) -> Vec<u8> {
        let mut input = self.input.borrow_mut();
        let at = input.at;
        input.at = input.bytes.len();
        input.bytes[at..].to_vec()
    }

    /// The next line of the standard input without its end, and whether it was ended.
    pub(super) fn line(&self) -> Option<(String, bool)> {
        let mut input = self.input.borrow_mut();
        let rest = &input.bytes[input.at..];
        if rest.is_empty() {
            return None;
        }
        let end = rest.iter().position(|byte| *byte == b'\n');
        let line = String::from_utf8_lossy(&rest[..end.unwrap_or(rest.len())]).into_owned();
        let length = end.map_or(rest.len(), |end| end + 1);
        input.at += length;
        Some((line, end.is_some()))
    }
}

impl<'m, 'a> Shell<'m, 'a> {
    /// A shell for a script of a package.
    pub(crate) fn new(machine: &'m mut Machine<'a>, package: &str, script: &str) -> Self {
        let variables = [
            ("DPKG_MAINTSCRIPT_PACKAGE", package),
            ("DPKG_MAINTSCRIPT_NAME", script),
            ("DPKG_MAINTSCRIPT_ARCH", machine.architecture),
            ("DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT", "1"),
            ("DPKG_ADMINDIR", "/var/lib/dpkg"),
            ("DPKG_ROOT", ""),
            ("DPKG_FORCE", ""),
            ("DEBIAN_FRONTEND", "noninteractive"),
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
            ("HOME", "/root"),
            ("IFS", " \t\n"),
        ];
        let variables =
            variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self {
            machine,
            package: package.to_owned(),
            script: script.to_owned(),
            variables,
            positional: Vec::new(),
            functions: BTreeMap::new(),
            documents: Rc::default(),
            directory: RootPath::root(),
            status: 0,
            steps: 0,
            depth: 0,
            temporary: 0,
            umask: 0o022,
        }
    }

    /// Evaluates the script, as `dpkg` would call it with these arguments.
    pub(crate) fn run(&mut self, text: &str, arguments: &[&str]) {
        if let Some(first) = text.lines().next()
            && first.starts_with("#!")
            && !first.contains("sh")
        {
            // A script of another language: as a whole it is what no rule covers.
            self.report(first.to_owned());
            return;
        }
        match parse(text) {
            Ok(script) => {
                self.positional = arguments.iter().map(|argument| (*argument).to_owned()).collect();
                let streams = Streams::new(Vec::new(), &Rc::default());
                self.execute(script, &streams);
            }
            Err(error) => self.report(format!("a script that cannot be read: {error}")),
        }
    }

    pub(super) fn execute(&mut self, script: Script, streams: &Streams) -> super::evaluate::Flow {
        let documents = std::mem::replace(&mut self.documents, Rc::new(script.documents));
        let flow = self.list(&script.list, streams);
        self.documents = documents;
        flow
    }

    /// The package whose script this is.
    pub(super) fn package(&self) -> &str {
        &self.package
    }

    /// States a command that no rule covers.
    pub(super) fn report(&mut self, command: String) {
        let command = casehard_oci::escape(command.as_bytes()).chars().take(200).collect();
        let (package, script) = (self.package.clone(), self.script.clone());
        self.machine.uncovered.insert(Uncovered { package, script, command });
    }

    /// A path as this script means it.
    pub(super) fn path(&self, text: &str) -> RootPath {
        self.directory.join_as_kernel(text.as_bytes())
    }

    /// Writes a file; a new one gets the mode that the script's mask leaves.
    pub(super) fn write(&mut self, path: &RootPath, bytes: Vec<u8>) -> bool {
        let is_new = self.machine.root.get(path, true).is_none();
        let written = self.machine.write(path, bytes);
        if is_new && let Some(node) = self.machine.root.get_mut(path, true) {
            node.mode = 0o666 & !self.umask;
        }
        written
    }

    /// Whether the script may go on.
    pub(super) fn may_step(&mut self) -> bool {
        self.steps += 1;
        if self.steps == STEPS {
            self.report("a script that does not come to an end".to_owned());
        }
        self.steps < STEPS
    }

    pub(super) fn enter(&mut self) -> bool {
        self.depth += 1;
        self.depth < DEPTH
    }
}
