//! How an application is run: the description in `casehard.yaml`.

use std::{collections::BTreeMap, time::Duration};

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
    pub roles: BTreeMap<String, Start>,
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
    /// The condition.
    pub when: Condition,
    /// How long it may take; 30 seconds unless said.
    pub within: Duration,
}

/// What shows that a container is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Condition {
    /// A GET of this URL answers 2xx or 3xx.
    Http(String),
    /// A TCP connection to `host:port` (host may be left out: 127.0.0.1) is accepted.
    Tcp(String),
    /// A line of its output matches this regular expression.
    Log(String),
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
        /// Absolute `http://` URL, in the container's network.
        url: String,
        /// Method; GET unless said.
        method: String,
        /// Headers.
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
    },
    /// A command on this machine, in the container's network namespace, without privileges.
    Host {
        /// The command, relative to the workload file.
        argv: Vec<String>,
    },
    /// A signal to the container's first process, by name without `SIG`.
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
}

/// What a text must be. All that is set must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Check {
    /// Exactly this; a plain value means this. For `stdout` and `stderr` a final newline does not count.
    pub equals: Option<String>,
    /// This stands in it.
    pub contains: Option<String>,
    /// This regular expression finds something in it (multi-line).
    pub matches: Option<String>,
}

/// How a container is stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// Signal name without `SIG`; the image's own unless said.
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

/// A companion container.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Service {
    /// Its image.
    pub image: String,
    /// How it is started.
    pub start: Start,
    /// When it is ready.
    pub ready: Option<Ready>,
}

/// A part of answers that differs from run to run: a regular expression over one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    /// `body`, `header`, `stdout`, `stderr` or `log`.
    pub channel: String,
    /// The regular expression.
    pub pattern: String,
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
}
