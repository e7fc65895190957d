//! What a run left.

use std::{fmt, time::Duration};

use casehard_engine::{Confinement, Exit, Output};

use super::{Answer, Which};

/// What a run left.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Whether held-out steps were part of it.
    pub which: Which,
    /// How it became ready.
    pub ready: Readiness,
    /// The image's own health check first, when it has one, then the steps in the order of the file.
    pub steps: Vec<StepRun>,
    /// How it was stopped.
    pub stop: StopRun,
    /// Everything the application wrote, both streams in order of arrival.
    pub log: Vec<u8>,
    /// Roles, which ran in containers of their own; the caller puts them here.
    pub roles: Vec<StepRun>,
    /// Services beside the application; the caller puts them here.
    pub services: Vec<StepRun>,
    /// What the kernel enforced on the container when it was ready and after the steps, or why that is not known.
    pub confinement: Result<Confinement, String>,
}

/// Whether something went as it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It did.
    Passed,
    /// It did not, for these reasons.
    Failed(Vec<String>),
    /// It was not tried, for this reason.
    NotRun(String),
}

/// How an application became ready.
#[derive(Debug, Clone, PartialEq)]
pub struct Readiness {
    /// Whether it did.
    pub verdict: Verdict,
    /// From the beginning of the run on.
    pub took: Duration,
}

/// What kind of step it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The image's own health check.
    Healthcheck,
    /// An HTTP request.
    Http,
    /// A command in the container.
    Exec,
    /// A command of this machine.
    Host,
    /// A signal.
    Signal,
    /// Time that passed.
    Wait,
    /// Nothing ran: the image itself was looked at.
    Image,
    /// A role, in a container of its own.
    Role,
    /// A service, in a container of its own beside the application.
    Service,
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRun {
    /// Its kind.
    pub kind: Kind,
    /// The step's place in the workload, from 1, held-out steps counted; `None` for the health check and for roles.
    pub number: Option<usize>,
    /// Its name.
    pub name: String,
    /// The line of the workload file it stands in, from 1; `None` for the health check.
    pub line: Option<u32>,
    /// Whether it was held out from profiling.
    pub verify_only: bool,
    /// What came back.
    pub outcome: Outcome,
    /// Whether that is what was expected.
    pub verdict: Verdict,
    /// How long it took.
    pub took: Duration,
    /// What the application wrote meanwhile.
    pub log: Vec<u8>,
}

/// What came back from a step.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// An HTTP answer.
    Answer(Answer),
    /// What a command left.
    Output(Output),
    /// It was done; nothing comes back from a signal or from waiting.
    Done,
    /// It could not be done; the verdict says why.
    Nothing,
}

/// How an application was stopped.
#[derive(Debug, Clone, PartialEq)]
pub struct StopRun {
    /// The signal that asked it to, by name; `None` when it had ended before.
    pub signal: Option<String>,
    /// How it ended; `None` when that is not known.
    pub exit: Option<Exit>,
    /// Whether it had to be killed because its time was over.
    pub killed: bool,
    /// Whether it went as it should.
    pub verdict: Verdict,
    /// From the signal to the end.
    pub took: Duration,
}

impl Verdict {
    /// Passed when there is no reason against it.
    #[must_use]
    pub fn of(reasons: Vec<String>) -> Self {
        if reasons.is_empty() { Self::Passed } else { Self::Failed(reasons) }
    }

    /// Failed for one reason.
    #[must_use]
    pub fn failed(reason: impl Into<String>) -> Self {
        Self::Failed(vec![reason.into()])
    }

    /// Whether it passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        matches!(self, Self::Passed)
    }

    /// Why it did not pass.
    #[must_use]
    pub fn reasons(&self) -> &[String] {
        match self {
            Self::Passed => &[],
            Self::Failed(reasons) => reasons,
            Self::NotRun(reason) => std::slice::from_ref(reason),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Failed(reasons) => write!(f, "failed: {}", reasons.join("; ")),
            Self::NotRun(reason) => write!(f, "not run: {reason}"),
        }
    }
}

impl Run {
    /// Whether everything went as it should.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failures().next().is_none()
    }

    /// What did not pass: a name for people, and the reasons.
    pub fn failures(&self) -> impl Iterator<Item = (String, &Verdict)> {
        let steps = self
            .steps
            .iter()
            .chain(&self.roles)
            .chain(&self.services)
            .map(|step| (step.title(), &step.verdict));
        let ready = std::iter::once(("readiness".to_owned(), &self.ready.verdict));
        let stop = std::iter::once(("stop".to_owned(), &self.stop.verdict));
        ready.chain(steps).chain(stop).filter(|(_, verdict)| !verdict.passed())
    }
}

impl StepRun {
    /// A name for people, such as `step 3 (GET /items)`.
    #[must_use]
    pub fn title(&self) -> String {
        match (self.kind, self.number) {
            (Kind::Healthcheck, _) => "health check of the image".to_owned(),
            (Kind::Role, _) => format!("role {}", self.name),
            (Kind::Service, _) => format!("service {}", self.name),
            (_, Some(number)) => format!("step {number} ({})", self.name),
            (_, None) => self.name.clone(),
        }
    }
}
