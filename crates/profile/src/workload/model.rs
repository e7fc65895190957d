//! The types of a workload.

use std::{collections::BTreeMap, time::Duration};

use super::{Channel, Endpoint, Pattern, Url};

/// How an application is run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Workload {
    /// The image, as text; a recipe is in `recipe`.
    pub image: Option<String>,
    /// A recipe to build the image from (`recipe: image.yaml` in place of `image:`), relative to the workload file.
    pub recipe: Option<String>,
    /// How the container is started.
    pub start: Start,
    /// When it is ready.
    pub ready: Option<Ready>,
    /// What is done with it, in order.
    pub steps: Vec<Step>,
    /// How it is stopped.
    pub stop: Stop,
    /// Other commands that the same image runs.
    pub roles: BTreeMap<String, Role>,
    /// Companion containers.
    pub services: BTreeMap<String, Service>,
    /// Parts of answers that differ from run to run.
    pub mask: Vec<Mask>,
    /// What stays whatever was seen.
    pub keep: Selection,
    /// What goes whatever was seen.
    pub drop: Selection,
    /// How to harden.
    pub harden: Options,
    /// Who is asked about it.
    pub owner: Option<String>,
}

/// How a container is started; what is absent comes from the image.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Start {
    /// Entrypoint and arguments together.
    pub command: Option<Vec<String>>,
    /// Variables set beside those of the image.
    pub env: BTreeMap<String, String>,
    /// `user[:group]`.
    pub user: Option<String>,
    /// Working directory.
    pub workdir: Option<String>,
}

/// When a container is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// The conditions, at least one; all must hold.
    pub when: Vec<Condition>,
    /// How long it may take until all hold; 30 seconds unless said.
    pub within: Duration,
}

/// What shows that a container is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Condition {
    /// A GET of this URL answers 2xx or 3xx.
    Http(Url),
    /// A TCP connection to this end is accepted.
    Tcp(Endpoint),
    /// Its output so far matches this regular expression.
    Log(Pattern),
    /// This command in the container exits 0.
    Exec(Vec<String>),
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// What must come of it. Empty: an HTTP answer below 400, exit code 0.
    pub expect: Expect,
    /// Held out: runs when verifying, not when profiling.
    pub verify_only: bool,
    /// How long it may take; 30 seconds unless said.
    pub within: Duration,
    /// A name for reports; made from the action when not given.
    pub name: String,
    /// Where it stands in the file: line from 1.
    pub line: u32,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// An HTTP request.
    Http {
        /// Where, in the container's network.
        url: Url,
        /// Method; GET unless said.
        method: String,
        /// Headers, by the name as written.
        headers: BTreeMap<String, String>,
        /// Body.
        body: Option<String>,
    },
    /// A command in the container.
    Exec {
        /// The command.
        argv: Vec<String>,
        /// What it reads.
        stdin: Option<String>,
        /// As whom; the container's user unless said.
        user: Option<String>,
        /// Variables beside those of the container.
        env: BTreeMap<String, String>,
    },
    /// A command on this machine, in the container's network namespace, without privileges.
    Host {
        /// The command, run in the directory of the workload file.
        argv: Vec<String>,
    },
    /// A signal to the container's first process, by a name that [`signal_number`](super::signal_number) knows.
    Signal(String),
    /// Time that passes.
    Wait(Duration),
}

/// What must come of a step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expect {
    /// HTTP status.
    pub status: Option<u16>,
    /// HTTP headers, by lower-case name.
    pub headers: BTreeMap<String, Check>,
    /// HTTP body.
    pub body: Option<Check>,
    /// Exit code.
    pub exit: Option<i32>,
    /// Standard output.
    pub stdout: Option<Check>,
    /// Standard error.
    pub stderr: Option<Check>,
    /// What the application wrote to its output from the beginning of the step on. It is waited for until the step's
    /// time is over.
    pub log: Option<Check>,
}

impl Expect {
    /// Whether nothing is asked for beyond the default.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What a text must be. All that is set must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Check {
    /// Exactly this; a plain value means this. For `stdout` and `stderr` a final newline does not count.
    pub equals: Option<String>,
    /// All of these stand in it.
    pub contains: Vec<String>,
    /// Each of these regular expressions finds something in it (multi-line).
    pub matches: Vec<Pattern>,
    /// None of these regular expressions finds something in it. A workload file cannot say so; structure tests can.
    pub excludes: Vec<Pattern>,
}

/// How a container is stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// Signal name as [`signal_number`](super::signal_number) knows it; the image's own unless said.
    pub signal: Option<String>,
    /// How long it may take until it is killed.
    pub within: Duration,
    /// The exit code it must end with, when that matters.
    pub exit: Option<i32>,
}

impl Default for Stop {
    fn default() -> Self {
        Self { signal: None, within: Duration::from_secs(10), exit: None }
    }
}

/// Another command of the same image, run to its end in a container of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    /// How it is started.
    pub start: Start,
    /// What must come of it. Empty: exit code 0.
    pub expect: Expect,
    /// How long it may take; 5 minutes unless said.
    pub within: Duration,
    /// Held out: runs when verifying, not when profiling.
    pub verify_only: bool,
    /// Where it stands in the file: line from 1.
    pub line: u32,
}

/// A companion container.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Service {
    /// Its image; a path in it is relative to the workload file. A recipe is in `recipe`.
    pub image: Option<String>,
    /// A recipe to build the image from, relative to the workload file.
    pub recipe: Option<String>,
    /// How it is started.
    pub start: Start,
    /// When it is ready.
    pub ready: Option<Ready>,
}

/// A part of answers that differs from run to run: a regular expression over one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    /// The channel.
    pub channel: Channel,
    /// The regular expression.
    pub pattern: Pattern,
}

/// Paths, packages and classes picked by hand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// Absolute globs.
    pub paths: Vec<String>,
    /// Package names.
    pub packages: Vec<String>,
    /// Classes such as `time-zones`, `locales`, `shell`.
    pub classes: Vec<String>,
}

/// How to harden.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// `tidy`, `package` or `file`.
    pub level: Option<String>,
    /// Numeric `user:group` to run as.
    pub user: Option<String>,
    /// What the seccomp profile allows: `seen` or `rules`.
    pub seccomp: Option<String>,
}
