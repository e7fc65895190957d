//! What the instructions of a Dockerfile mean together: stages, inheritance, variables.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use crate::{Arguments, Dockerfile, Form, Instruction, Keyword, Lookup, Mount, Value, Word, expand};

/// What a stage starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// Nothing at all.
    Scratch,
    /// An earlier stage of this file, by its index.
    Stage(usize),
    /// An image, by its reference.
    Image(String),
    /// It depends on what only the build can tell.
    Unknown,
}

/// Which shell runs shell forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShellKind {
    /// `sh`, `bash`, `ash`, `dash`, `ksh`, `zsh`: what [`crate::shell`] reads.
    Posix,
    /// `PowerShell`, `cmd`, or another one.
    Other,
}

/// Who the current user is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserState {
    /// Whatever the base image says.
    Inherited,
    /// Root, as nothing sets it above `scratch`.
    Default,
    /// Set by an instruction.
    Set {
        /// What it comes to, with the group.
        value: Value,
        /// The instruction's index.
        instruction: usize,
    },
}

/// What holds at one place of a stage.
#[derive(Debug, Clone)]
pub struct State {
    /// The user.
    pub user: UserState,
    /// The working directory; `None` when only the base image knows.
    pub workdir: Option<Value>,
    /// The words of the shell; `None` for the platform's own.
    pub shell: Option<Arc<[String]>>,
    /// Variables set by `ENV`, here or in the stages below.
    pub env: Arc<BTreeMap<String, Value>>,
    /// Arguments declared in this stage; `None` for one without a default.
    pub args: Arc<BTreeMap<String, Option<Value>>>,
    /// Whether variables may come from an image that this file does not show.
    pub open: bool,
}

impl State {
    fn empty() -> Self {
        Self {
            user: UserState::Inherited,
            workdir: None,
            shell: None,
            env: Arc::default(),
            args: Arc::default(),
            open: true,
        }
    }

    /// What a variable is here.
    #[must_use]
    pub fn lookup(&self, name: &str) -> Lookup {
        match (self.env.get(name), self.args.get(name)) {
            (Some(Value::Known(text)), _) | (None, Some(Some(Value::Known(text)))) => {
                Lookup::Set(text.clone())
            }
            (Some(Value::Unknown), _) | (None, Some(_)) => Lookup::Unknown,
            (None, None) if self.open || name == "PATH" => Lookup::Unknown,
            (None, None) => Lookup::Unset,
        }
    }

    /// Which kind of shell runs shell forms.
    #[must_use]
    pub fn shell_kind(&self) -> ShellKind {
        let Some(words) = &self.shell else { return ShellKind::Posix };
        let program = words.first().map_or("", |word| word.rsplit(['/', '\\']).next().unwrap_or_default());
        let known = ["sh", "bash", "ash", "dash", "ksh", "zsh", "busybox"].contains(&program);
        if known { ShellKind::Posix } else { ShellKind::Other }
    }
}

/// One stage.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Its index.
    pub index: usize,
    /// Its name as written.
    pub name: Option<Word>,
    /// The index of its `FROM`.
    pub from: usize,
    /// The word that names its base.
    pub image: Option<Word>,
    /// What it starts from.
    pub base: Base,
    /// Its instructions, `FROM` first.
    pub instructions: Range<usize>,
    /// What holds at its end.
    pub end: State,
}

/// What a Dockerfile means.
#[derive(Debug)]
pub struct Model<'a> {
    document: &'a Dockerfile,
    stages: Vec<Stage>,
    states: Vec<State>,
    global: State,
}

/// The arguments that BuildKit gives every `FROM` (`FROM` reference, *Automatic platform ARGs*).
const PLATFORM_ARGS: [&str; 8] = [
    "BUILDARCH",
    "BUILDOS",
    "BUILDPLATFORM",
    "BUILDVARIANT",
    "TARGETARCH",
    "TARGETOS",
    "TARGETPLATFORM",
    "TARGETVARIANT",
];

impl<'a> Model<'a> {
    /// Works out what `document` means.
    #[must_use]
    pub fn of(document: &'a Dockerfile) -> Self {
        let mut global = State::empty();
        global.open = false;
        global.args = Arc::new(
            PLATFORM_ARGS.iter().chain(&["TARGETSTAGE"]).map(|name| ((*name).to_owned(), None)).collect(),
        );
        let count = document.instructions().len();
        let mut model = Self { document, stages: Vec::new(), states: Vec::with_capacity(count), global };
        let mut state = model.global.clone();
        for (index, instruction) in document.instructions().iter().enumerate() {
            if instruction.keyword == Keyword::From {
                if let Some(stage) = model.stages.last_mut() {
                    stage.end = state.clone();
                }
                model.states.push(model.global.clone());
                state = model.start(index, instruction);
                continue;
            }
            model.states.push(state.clone());
            let in_stage = !model.stages.is_empty();
            apply(&mut state, index, instruction, document, in_stage.then_some(&model.global));
            match model.stages.last_mut() {
                Some(stage) => stage.instructions.end = index + 1,
                None => model.global = state.clone(),
            }
        }
        if let Some(stage) = model.stages.last_mut() {
            stage.end = state;
        }
        model
    }

    fn start(&mut self, index: usize, instruction: &Instruction) -> State {
        let words = instruction.words();
        let name = match words {
            [_, keyword, name, ..] if keyword.text.eq_ignore_ascii_case("AS") => Some(name.clone()),
            _ => None,
        };
        let image = words.first().cloned();
        let reference = image.as_ref().map_or(Value::Unknown, |word| self.value(word, &self.global));
        let base = match reference {
            Value::Known(text) if text == "scratch" => Base::Scratch,
            Value::Known(text) if text.is_empty() => Base::Unknown,
            Value::Known(text) => self.stage_named(&text).map_or(Base::Image(text), Base::Stage),
            Value::Unknown => Base::Unknown,
        };
        let mut state = match base {
            Base::Stage(below) => self.stages[below].end.clone(),
            _ => State::empty(),
        };
        state.args = Arc::default();
        if base == Base::Scratch {
            state.user = UserState::Default;
            state.workdir = Some(Value::from("/"));
            state.open = false;
        }
        let stage = Stage {
            index: self.stages.len(),
            name,
            from: index,
            image,
            base,
            instructions: index..index + 1,
            end: state.clone(),
        };
        self.stages.push(stage);
        state
    }

    /// The document it was made of.
    #[must_use]
    pub const fn document(&self) -> &'a Dockerfile {
        self.document
    }
    /// The stages in their order.
    #[must_use]
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }
    /// The stage that is built when nobody names one.
    #[must_use]
    pub fn last_stage(&self) -> Option<&Stage> {
        self.stages.last()
    }
    /// The stage an instruction belongs to; `None` before the first `FROM`.
    #[must_use]
    pub fn stage_of(&self, instruction: usize) -> Option<&Stage> {
        let after = self.stages.partition_point(|stage| stage.from <= instruction);
        self.stages.get(after.checked_sub(1)?)
    }
    /// What holds just before an instruction. For a `FROM`: the global arguments.
    #[must_use]
    pub fn state(&self, instruction: usize) -> &State {
        self.states.get(instruction).unwrap_or(&self.global)
    }
    /// What a word comes to under a state.
    #[must_use]
    pub fn value(&self, word: &Word, state: &State) -> Value {
        expand(&word.text, self.document.escape(), &|name| state.lookup(name), &mut |_| {})
    }
    /// What a word of an instruction comes to.
    #[must_use]
    pub fn value_at(&self, word: &Word, instruction: usize) -> Value {
        self.value(word, self.state(instruction))
    }
    /// The last stage of that name (names are compared without case), or of that number.
    #[must_use]
    pub fn stage_named(&self, name: &str) -> Option<usize> {
        self.stages
            .iter()
            .rposition(|stage| stage.name.as_ref().is_some_and(|own| own.text.eq_ignore_ascii_case(name)))
    }
    /// Whether `COPY --from` or a mount takes this for an image: it is no stage, neither by name nor by number.
    #[must_use]
    pub fn names_image(&self, name: &str) -> bool {
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
        !is_number && !name.eq_ignore_ascii_case("scratch") && self.stage_named(name).is_none()
    }
    /// Places other than `FROM` that name a stage or an image: `COPY --from` and `RUN --mount=from=`, with the
    /// instruction they stand in.
    #[must_use]
    pub fn image_words(&self) -> Vec<(usize, Word)> {
        let mut found = Vec::new();
        for (index, instruction) in self.document.instructions().iter().map(Instruction::inner).enumerate() {
            match instruction.keyword {
                Keyword::Copy => {
                    let word = instruction.flag("from").and_then(|flag| flag.value.clone());
                    found.extend(word.map(|word| (index, word)));
                }
                Keyword::Run => {
                    let mounts = instruction.flags.iter().filter_map(Mount::of);
                    found.extend(mounts.filter_map(|mount| mount.from).map(|word| (index, word)));
                }
                _ => {}
            }
        }
        found
    }
    /// The stages that `stage` is made of, upwards through `FROM`: itself first.
    pub fn lineage(&self, stage: usize) -> impl Iterator<Item = &Stage> {
        std::iter::successors(self.stages.get(stage), |stage| match stage.base {
            Base::Stage(below) => self.stages.get(below),
            _ => None,
        })
    }
    /// The instructions that make a stage, oldest first, with those of the stages it starts from.
    #[must_use]
    pub fn lineage_instructions(&self, stage: usize) -> Vec<(usize, &'a Instruction)> {
        let mut below: Vec<&Stage> = self.lineage(stage).collect();
        below.reverse();
        let all = below.into_iter().flat_map(|stage| stage.instructions.clone());
        all.map(|index| (index, &self.document.instructions()[index])).collect()
    }
}

fn apply(
    state: &mut State,
    index: usize,
    instruction: &Instruction,
    document: &Dockerfile,
    global: Option<&State>,
) {
    let value = |word: &Word, state: &State| {
        expand(&word.text, document.escape(), &|name| state.lookup(name), &mut |_| {})
    };
    match (instruction.keyword, &instruction.arguments) {
        (Keyword::User, Arguments::Text(word)) => {
            state.user = UserState::Set { value: value(word, state), instruction: index };
        }
        (Keyword::Workdir, Arguments::Text(word)) => {
            state.workdir = Some(join(state.workdir.as_ref(), value(word, state)));
        }
        (Keyword::Shell, Arguments::Command(Form::Exec(words))) => {
            state.shell = Some(words.iter().map(|word| word.text.clone()).collect());
        }
        (Keyword::Env, Arguments::Pairs { pairs, legacy }) => {
            let before = state.clone();
            let env = Arc::make_mut(&mut state.env);
            for pair in pairs {
                let Some(word) = &pair.value else { continue };
                let name = value(&pair.name, &before).known().unwrap_or(&pair.name.text).to_owned();
                let text = match value(word, &before) {
                    Value::Known(text) if *legacy => Value::Known(text.trim().to_owned()),
                    other => other,
                };
                env.insert(name, text);
            }
        }
        (Keyword::Arg, Arguments::Pairs { pairs, .. }) => {
            for pair in pairs {
                let name = pair.name.text.clone();
                let default = match &pair.value {
                    Some(word) => Some(value(word, state)),
                    None => global.and_then(|global| global.args.get(&name).cloned().flatten()),
                };
                Arc::make_mut(&mut state.args).insert(name, default);
            }
        }
        _ => {}
    }
}

fn join(below: Option<&Value>, path: Value) -> Value {
    match (below, path) {
        (_, Value::Known(path)) if path.starts_with('/') || path.get(1..2) == Some(":") => Value::Known(path),
        (Some(Value::Known(below)), Value::Known(path)) => {
            Value::Known(format!("{}/{path}", below.trim_end_matches('/')))
        }
        _ => Value::Unknown,
    }
}
