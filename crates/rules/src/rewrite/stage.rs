//! What is known of the one stage, and of the one that is to be shipped.

use casehard_dockerfile::{Form, Instruction, Keyword, Stage, UserState, Value};

use super::{RewriteError, Target};
use crate::build::{Call, ImageName, Step, exec_form};

/// A path of the build stage, and where the new stage has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) from: String,
    pub(super) to: String,
}

impl Moved {
    pub(super) fn as_it_is(path: String) -> Self {
        Self { to: path.clone(), from: path }
    }
}

/// What the shipped stage is made of.
#[derive(Debug)]
pub(super) struct Shipped {
    pub(super) base: String,
    /// Paths that are copied from the build stage.
    pub(super) paths: Vec<Moved>,
    /// Variables that the new base does not set by itself.
    pub(super) environment: Vec<(String, String)>,
    pub(super) program: Program,
    pub(super) notes: Vec<&'static str>,
}

/// What stands in the place of the first word that is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Program {
    /// The word itself.
    AsWritten,
    /// The path of the program, which a variable of the old base found.
    At(String),
    /// The interpreter where the new base has it, and the script where it is not the next word.
    Interpreter(&'static str, Option<String>),
}

/// What a container starts: the words of `ENTRYPOINT` and of `CMD`.
#[derive(Debug, Default)]
pub(super) struct Start {
    pub(super) entrypoint: Vec<String>,
    pub(super) command: Vec<String>,
    /// Whether all is written in exec form.
    pub(super) is_exec: bool,
}

/// What is known of the one stage.
pub(super) struct Built<'a> {
    pub(super) image: ImageName<'a>,
    pub(super) start: Start,
    /// The working directory at the end.
    pub(super) folder: String,
    pub(super) steps: Vec<Step<'a>>,
    pub(super) target: Target,
    /// Whether files are given to the user in this file.
    pub(super) gives_away: bool,
    /// Whether the file itself sets `PYTHONPATH`.
    pub(super) has_python_path: bool,
}

/// The words that a form runs, when a shell would change none of them.
pub(super) fn words(form: &Form) -> Option<Vec<String>> {
    match form {
        Form::Exec(words) => Some(words.iter().map(|word| word.text.clone()).collect()),
        Form::Shell(text) => serde_json::from_str(&exec_form(text)?).ok(),
    }
}

impl Start {
    pub(super) fn of(all: &[Instruction]) -> Option<Self> {
        let mut start = Self { is_exec: true, ..Self::default() };
        for (keyword, into) in
            [(Keyword::Entrypoint, &mut start.entrypoint), (Keyword::Cmd, &mut start.command)]
        {
            let Some(last) = all.iter().rfind(|instruction| instruction.keyword == keyword) else { continue };
            let form = last.command()?;
            start.is_exec &= matches!(form, Form::Exec(_));
            *into = words(form)?;
        }
        (!start.program().is_empty()).then_some(start)
    }

    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.entrypoint.iter().chain(&self.command).map(String::as_str)
    }

    /// The program, as it is written.
    pub(super) fn program(&self) -> &str {
        self.words().next().unwrap_or_default()
    }

    /// The same with another program, all in exec form. An interpreter becomes an `ENTRYPOINT` where there is none, since the
    /// new base has one that would come before `CMD`.
    pub(super) fn with(&self, program: &Program) -> Self {
        let (program, is_entrypoint) = match program {
            Program::AsWritten => (vec![self.program().to_owned()], false),
            Program::At(path) => (vec![path.clone()], false),
            Program::Interpreter(path, script) => {
                (std::iter::once((*path).to_owned()).chain(script.clone()).collect(), true)
            }
        };
        let after = |words: &[String]| [&program, words.get(1..).unwrap_or_default()].concat();
        let (mut entrypoint, mut command) = (self.entrypoint.clone(), self.command.clone());
        if entrypoint.is_empty() {
            command = after(&command);
            if is_entrypoint {
                entrypoint = vec![command.remove(0)];
            }
        } else {
            entrypoint = after(&entrypoint);
        }
        Self { entrypoint, command, is_exec: true }
    }
}

impl Built<'_> {
    pub(super) fn calls(&self) -> impl Iterator<Item = Call<'_>> {
        self.steps.iter().flat_map(Step::calls)
    }

    pub(super) fn is_distroless(&self) -> bool {
        self.target == Target::Distroless
    }

    pub(super) fn absolute(&self, path: &str) -> String {
        let path = path.trim_end_matches('/');
        if path.starts_with('/') {
            return path.to_owned();
        }
        let path = path.trim_start_matches("./");
        let path = if path == "." { "" } else { path };
        format!("{}/{path}", self.folder.trim_end_matches('/')).trim_end_matches('/').to_owned()
    }

    /// The folder of the application, when it is its own.
    pub(super) fn own_folder(&self) -> Result<String, RewriteError> {
        if self.folder.trim_matches('/').is_empty() {
            Err(RewriteError::Folder)
        } else {
            Ok(self.folder.clone())
        }
    }

    /// The user of the new stage, when it is not the one that is written: there may be none, and accounts that steps or the
    /// base add are not in the new base.
    pub(super) fn user(&self, stage: &Stage) -> Option<String> {
        let UserState::Set { value: Value::Known(written), .. } = &stage.end.user else {
            return Some("10001:10001".to_owned());
        };
        let name = written.split(':').next().unwrap_or_default();
        if name.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let adds = |call: &Call<'_>| {
            matches!(call.program(), "useradd" | "adduser")
                && call.arguments().iter().any(|word| word.text() == name)
        };
        if let Some(call) = self.calls().find(adds) {
            let uid =
                call.flag_value(&["-u", "--uid"]).filter(|uid| uid.parse::<u32>().is_ok()).unwrap_or("10001");
            return Some(format!("{uid}:{uid}"));
        }
        // What is in the official images, and not in the smallest bases.
        let number = match name {
            _ if !self.is_distroless() => return None,
            "root" => 0,
            "node" => 1000,
            "nobody" => 65534,
            _ => 10001,
        };
        Some(format!("{number}:{number}"))
    }
}
