//! Evaluating commands.

use std::{cell::RefCell, rc::Rc};

use casehard_oci::RootPath;

use super::{
    ast::{Command, CommandKind, Joint, List, Part, Pipeline, RedirectKind, Word},
    commands,
    parse::parse,
    pattern,
    shell::{Input, Shell, Sink, Streams},
};

/// How a command leaves what follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Go,
    Break(usize),
    Continue(usize),
    Return,
    Exit,
}

impl Shell<'_, '_> {
    pub(super) fn list(&mut self, list: &List, streams: &Streams) -> Flow {
        for (joint, pipeline) in list {
            let skip = match joint {
                Joint::Then => false,
                Joint::And => self.status != 0,
                Joint::Or => self.status == 0,
            };
            if skip {
                continue;
            }
            let flow = self.pipeline(pipeline, streams);
            if flow != Flow::Go {
                return flow;
            }
        }
        Flow::Go
    }

    fn pipeline(&mut self, pipeline: &Pipeline, streams: &Streams) -> Flow {
        let flow = if let [command] = &pipeline.commands[..] {
            self.command(command, streams)
        } else {
            let mut input = streams.input.clone();
            for (number, command) in pipeline.commands.iter().enumerate() {
                let mut inner = streams.clone();
                inner.input = input;
                let output = Rc::new(RefCell::new(Vec::new()));
                if number + 1 < pipeline.commands.len() {
                    inner.sinks.insert(1, Sink::Buffer(output.clone()));
                }
                // Each command of a pipeline is a subshell.
                let before = (self.variables.clone(), self.positional.clone(), self.directory.clone());
                self.command(command, &inner);
                (self.variables, self.positional, self.directory) = before;
                input = Rc::new(RefCell::new(Input { bytes: output.take(), at: 0 }));
            }
            Flow::Go
        };
        if pipeline.negated {
            self.status = i32::from(self.status == 0);
        }
        flow
    }

    fn command(&mut self, command: &Command, streams: &Streams) -> Flow {
        if !self.may_step() {
            return Flow::Exit;
        }
        let mut inner = streams.clone();
        let mut files: Vec<(RootPath, Rc<RefCell<Vec<u8>>>)> = Vec::new();
        for redirect in &command.redirects {
            match &redirect.kind {
                RedirectKind::Here(number) => {
                    let document = self.documents.get(*number).cloned().unwrap_or_default();
                    let bytes = self.text_of(&document, streams).into_bytes();
                    inner.input = Rc::new(RefCell::new(Input { bytes, at: 0 }));
                }
                RedirectKind::Read(target) => {
                    let path = self.text_of(target, streams);
                    let path = self.path(&path);
                    match self.machine.store.file(&self.machine.root, &path) {
                        Some(bytes) => {
                            inner.input = Rc::new(RefCell::new(Input { bytes: bytes.to_vec(), at: 0 }));
                        }
                        None if path.starts_with(&RootPath::root().child(b"dev")) => {
                            inner.input = Rc::default();
                        }
                        None => {
                            self.status = 1;
                            return Flow::Go;
                        }
                    }
                }
                RedirectKind::Duplicate(target) => {
                    let target = self.text_of(target, streams);
                    let sink = target.parse().ok().and_then(|other: u32| inner.sinks.get(&other).cloned());
                    inner.sinks.insert(redirect.descriptor, sink.unwrap_or(Sink::Nowhere));
                }
                RedirectKind::Write(target) | RedirectKind::Append(target) => {
                    let path = self.text_of(target, streams);
                    let path = self.path(&path);
                    let is_append = matches!(redirect.kind, RedirectKind::Append(_));
                    let Some(sink) = self.open(&path, is_append, &inner, &mut files) else {
                        self.status = 1;
                        return Flow::Go;
                    };
                    inner.sinks.insert(redirect.descriptor, sink);
                }
            }
        }
        let flow = self.kind(&command.kind, &inner);
        for (path, buffer) in files {
            self.write(&path, buffer.take());
        }
        flow
    }

    fn open(
        &mut self,
        path: &RootPath,
        append: bool,
        streams: &Streams,
        files: &mut Vec<(RootPath, Rc<RefCell<Vec<u8>>>)>,
    ) -> Option<Sink> {
        let devices = RootPath::root().child(b"dev");
        if path.starts_with(&devices) {
            let is_output = path.file_name() == Some(b"stdout");
            return Some(streams.sinks.get(&1).filter(|_| is_output).cloned().unwrap_or(Sink::Nowhere));
        }
        let old = self.machine.store.file(&self.machine.root, path).filter(|_| append);
        let old = old.map_or_else(Vec::new, |bytes| bytes.to_vec());
        if !self.write(path, old.clone()) {
            return None;
        }
        let buffer = Rc::new(RefCell::new(old));
        files.push((path.clone(), buffer.clone()));
        Some(Sink::Buffer(buffer))
    }

    fn kind(&mut self, kind: &CommandKind, streams: &Streams) -> Flow {
        match kind {
            CommandKind::Simple { assignments, words } => self.simple(assignments, words, streams),
            CommandKind::Group(list) => self.list(list, streams),
            CommandKind::Subshell(list) => {
                let umask = self.umask;
                let before = (
                    self.variables.clone(),
                    self.positional.clone(),
                    self.directory.clone(),
                    self.functions.clone(),
                );
                self.list(list, streams);
                (self.variables, self.positional, self.directory, self.functions) = before;
                self.umask = umask;
                Flow::Go
            }
            CommandKind::If { arms, otherwise } => {
                for (condition, body) in arms {
                    let flow = self.list(condition, streams);
                    if flow != Flow::Go {
                        return flow;
                    }
                    if self.status == 0 {
                        return self.list(body, streams);
                    }
                }
                self.status = 0;
                self.list(otherwise, streams)
            }
            CommandKind::While { condition, body, until } => {
                let mut status = 0;
                while self.may_step() {
                    let flow = self.list(condition, streams);
                    if flow != Flow::Go {
                        return flow;
                    }
                    if (self.status == 0) == *until {
                        break;
                    }
                    match looped(self.list(body, streams)) {
                        Ok(()) => status = self.status,
                        Err(Flow::Go) => break,
                        Err(flow) => return flow,
                    }
                }
                self.status = status;
                Flow::Go
            }
            CommandKind::For { name, words, body } => {
                let values = match words {
                    Some(words) => self.fields(words, streams),
                    None => self.positional.clone(),
                };
                self.status = 0;
                for value in values {
                    self.variables.insert(name.clone(), value);
                    match looped(self.list(body, streams)) {
                        Ok(()) => {}
                        Err(Flow::Go) => break,
                        Err(flow) => return flow,
                    }
                }
                Flow::Go
            }
            CommandKind::Case { subject, arms } => {
                let subject = self.text_of(subject, streams);
                for (patterns, body) in arms {
                    for word in patterns {
                        let pieces = self.pieces(word, streams);
                        if pattern::matches(&pieces, &subject) {
                            self.status = 0;
                            return self.list(body, streams);
                        }
                    }
                }
                self.status = 0;
                Flow::Go
            }
            CommandKind::Function { name, body } => {
                self.functions.insert(name.clone(), (body.clone(), self.documents.clone()));
                self.status = 0;
                Flow::Go
            }
        }
    }

    fn simple(&mut self, assignments: &[(String, Word)], words: &[Word], streams: &Streams) -> Flow {
        let words = self.fields(words, streams);
        if words.is_empty() {
            let substitutes = |word: &Word| word.iter().any(|part| matches!(part, Part::Command { .. }));
            if !assignments.iter().any(|(_, word)| substitutes(word)) {
                self.status = 0;
            }
            // Each may use the one before it.
            for (name, word) in assignments {
                let value = self.text_of(word, streams);
                self.variables.insert(name.clone(), value);
            }
            return Flow::Go;
        }
        let values: Vec<(String, String)> =
            assignments.iter().map(|(name, word)| (name.clone(), self.text_of(word, streams))).collect();
        // Assignments before a command are its own.
        let before: Vec<(String, Option<String>)> =
            values.iter().map(|(name, _)| (name.clone(), self.variables.get(name).cloned())).collect();
        self.variables.extend(values);
        let flow = self.call(&words, streams);
        for (name, value) in before {
            match value {
                Some(value) => self.variables.insert(name, value),
                None => self.variables.remove(&name),
            };
        }
        flow
    }

    /// Calls a function, a command of the shell, or a command of the set.
    pub(super) fn call(&mut self, words: &[String], streams: &Streams) -> Flow {
        let Some((name, arguments)) = words.split_first() else { return Flow::Go };
        if let Some((body, documents)) = self.functions.get(name).cloned() {
            let positional = std::mem::replace(&mut self.positional, arguments.to_vec());
            let documents = std::mem::replace(&mut self.documents, documents);
            let flow = if self.enter() { self.command(&body, streams) } else { Flow::Exit };
            self.depth -= 1;
            self.positional = positional;
            self.documents = documents;
            return if flow == Flow::Return { Flow::Go } else { flow };
        }
        let number = |default| arguments.first().and_then(|text| text.parse().ok()).unwrap_or(default);
        match name.as_str() {
            "exit" | "return" => {
                self.status = number(self.status);
                if name == "exit" { Flow::Exit } else { Flow::Return }
            }
            "break" => Flow::Break(usize::try_from(number(1)).unwrap_or(1)),
            "continue" => Flow::Continue(usize::try_from(number(1)).unwrap_or(1)),
            "eval" => match parse(&arguments.join(" ")) {
                Ok(script) => self.list(&script.list, streams),
                Err(_) => {
                    self.status = 2;
                    Flow::Go
                }
            },
            "." | "source" => self.source(arguments, streams),
            "exec" if arguments.is_empty() => Flow::Go,
            "exec" => {
                self.call(arguments, streams);
                Flow::Exit
            }
            "command" if arguments.first().is_some_and(|first| !first.starts_with('-')) => {
                self.call(arguments, streams)
            }
            "env" | "nice" | "ionice" | "setpriv" if !arguments.is_empty() => {
                self.call_with_environment(arguments, streams)
            }
            _ => {
                self.status = commands::run(self, name, arguments, streams);
                Flow::Go
            }
        }
    }

    fn call_with_environment(&mut self, arguments: &[String], streams: &Streams) -> Flow {
        let start = arguments.iter().position(|word| !word.starts_with('-') && !word.contains('='));
        match start {
            Some(start) => self.call(&arguments[start..], streams),
            None => Flow::Go,
        }
    }

    fn source(&mut self, arguments: &[String], streams: &Streams) -> Flow {
        let Some(file) = arguments.first() else { return Flow::Go };
        let path = self.path(file);
        if commands::is_debconf(&path) {
            // The protocol it would speak is among the commands.
            self.status = 0;
            return Flow::Go;
        }
        let script = self.machine.text(&path).and_then(|text| parse(&text).ok());
        let Some(script) = script else {
            self.status = 1;
            self.report(format!(". {file}"));
            return Flow::Go;
        };
        let positional =
            (arguments.len() > 1).then(|| std::mem::replace(&mut self.positional, arguments[1..].to_vec()));
        let flow = if self.enter() { self.execute(script, streams) } else { Flow::Exit };
        self.depth -= 1;
        if let Some(positional) = positional {
            self.positional = positional;
        }
        if flow == Flow::Return { Flow::Go } else { flow }
    }
}

/// What becomes of a loop after its body: it goes on, or it ends with what follows.
const fn looped(flow: Flow) -> Result<(), Flow> {
    match flow {
        Flow::Go | Flow::Continue(0 | 1) => Ok(()),
        Flow::Break(0 | 1) => Err(Flow::Go),
        Flow::Break(levels) => Err(Flow::Break(levels - 1)),
        Flow::Continue(levels) => Err(Flow::Continue(levels - 1)),
        flow => Err(flow),
    }
}
