//! The commands of `RUN` instructions, wrappers such as `sudo` and `env` taken off.

use std::ops::Range;

use casehard_dockerfile::{
    Form, Instruction, Keyword, Mapped, Model, Mount, ShellKind,
    shell::{self, Command, ShellWord},
};

use crate::shells::is_posix_shell;

/// One `RUN` with its commands.
pub(crate) struct Step<'a> {
    /// The index of its instruction.
    pub(crate) index: usize,
    /// The stage it belongs to.
    pub(crate) stage: usize,
    /// `RUN`, or what `ONBUILD` postpones.
    pub(crate) instruction: &'a Instruction,
    pub(crate) commands: Vec<Command>,
    /// Comments inside the shell text.
    pub(crate) comments: Vec<Range<usize>>,
    pub(crate) mounts: Vec<Mount>,
    /// Whether the text is a here-document that is a script.
    pub(crate) is_script: bool,
    /// What runs the here-document, when it or the command says so.
    pub(crate) interpreter: Option<String>,
    /// Whether it is written as JSON.
    pub(crate) is_exec: bool,
}

/// A command with its wrappers taken off.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) command: &'a Command,
    /// Words before the program's name that belong to wrappers.
    pub(crate) skip: usize,
}

impl<'a> Step<'a> {
    pub(crate) fn new(index: usize, outer: &'a Instruction, model: &Model<'a>) -> Option<Self> {
        let instruction = outer.inner();
        if instruction.keyword != Keyword::Run {
            return None;
        }
        let mut step = Self {
            index,
            stage: model.stage_of(index).map_or(0, |stage| stage.index),
            instruction,
            commands: Vec::new(),
            comments: Vec::new(),
            mounts: instruction.flags.iter().filter_map(Mount::of).collect(),
            is_script: false,
            interpreter: None,
            is_exec: false,
        };
        let posix = model.state(index).shell_kind() == ShellKind::Posix;
        match instruction.command()? {
            Form::Exec(words) => {
                step.is_exec = true;
                step.exec(words);
            }
            Form::Shell(text) if posix => step.shell(text, instruction),
            Form::Shell(_) => {}
        }
        Some(step)
    }

    fn shell(&mut self, text: &Mapped, instruction: &Instruction) {
        let mut script = shell::parse(text);
        let alone = script.commands.len() == 1 && script.commands[0].words.is_empty();
        let interpreted = script.commands.len() == 1
            && script.commands[0].words.len() == 1
            && is_posix_shell(script.commands[0].program());
        if let Some(heredoc) = instruction.heredocs.first().filter(|_| alone || interpreted) {
            let shebang = heredoc.content.text.lines().next().and_then(|line| line.strip_prefix("#!"));
            let readable = shebang.is_none_or(|line| {
                line.split([' ', '/']).any(|word| is_posix_shell(word.trim_end_matches('\r')))
            });
            if readable {
                self.is_script = true;
                let command = interpreted.then(|| script.commands[0].program().to_owned());
                self.interpreter = super::sh::interpreter(&heredoc.content.text, command.as_deref());
                script = shell::parse(&heredoc.content);
            }
        }
        self.comments = script.comments;
        self.commands = script.commands;
        let mut nested = Vec::new();
        for command in &self.commands {
            nested.extend(inline_script(command));
        }
        for text in nested {
            self.commands.extend(shell::parse(&text).commands);
        }
    }

    fn exec(&mut self, words: &[casehard_dockerfile::Word]) {
        let words: Vec<ShellWord> = words
            .iter()
            .map(|word| ShellWord {
                raw: word.text.clone(),
                literal: Some(word.text.clone()),
                quoted: true,
                inner: 0..0,
                range: word.range.clone(),
            })
            .collect();
        let (Some(first), Some(last)) = (words.first(), words.last()) else { return };
        let range = first.range.start..last.range.end;
        let is_shell =
            first.text().ends_with("sh") && words.get(1).is_some_and(|flag| flag.text().ends_with('c'));
        if let Some(script) = words.get(2).filter(|_| is_shell) {
            // Without escapes the JSON string is the text itself.
            if script.range.len() == script.text().len() + 2 {
                self.commands = shell::parse(&Mapped::whole(script.text(), script.range.start + 1)).commands;
                return;
            }
        }
        self.commands.push(Command {
            joint: shell::Joint::Start,
            next: shell::Joint::Start,
            assignments: Vec::new(),
            words,
            redirects: Vec::new(),
            depth: 0,
            substituted: false,
            range,
        });
    }

    /// Its commands with their wrappers taken off; those without a name are left out.
    pub(crate) fn calls(&self) -> impl Iterator<Item = Call<'_>> {
        self.commands.iter().filter(|command| !command.words.is_empty()).map(Call::new)
    }

    /// Whether a cache or a temporary file system is mounted over `directory`.
    pub(crate) fn mounts_over(&self, directory: &str) -> bool {
        self.mounts.iter().any(|mount| {
            matches!(&*mount.kind, "cache" | "tmpfs")
                && mount.target.as_deref().is_some_and(|target| {
                    let target = target.trim_end_matches('/');
                    directory == target
                        || directory.strip_prefix(target).is_some_and(|rest| rest.starts_with('/'))
                })
        })
    }
}

/// The text of `sh -c '…'`, where it stands in the file as it is.
fn inline_script(command: &Command) -> Option<Mapped> {
    let call = Call::new(command);
    if !is_posix_shell(call.program()) {
        return None;
    }
    let flag = call.arguments().iter().position(|word| {
        let text = word.text();
        text.starts_with('-') && !text.starts_with("--") && text.ends_with('c')
    })?;
    let script = call.arguments().get(flag + 1)?;
    let quotes = script.raw.starts_with(['\'', '"']) && script.raw.len() >= 2;
    let inside = script.raw.get(1..script.raw.len().checked_sub(1)?)?;
    let exact = quotes && script.literal.as_deref() == Some(inside) && script.range.len() == script.raw.len();
    exact.then(|| Mapped::whole(inside, script.range.start + 1))
}

/// Wrappers that run the program named after their own flags, with the flags that take a value.
const WRAPPERS: [(&str, &[&str]); 14] = [
    ("sudo", &["-u", "-g", "-h", "-p", "-C", "-r", "-t", "--user", "--group"]),
    ("doas", &["-u", "-C"]),
    ("env", &["-u", "-C", "--unset", "--chdir"]),
    ("exec", &["-a"]),
    ("command", &[]),
    ("builtin", &[]),
    ("time", &["-f", "-o"]),
    ("nice", &["-n"]),
    ("ionice", &["-c", "-n"]),
    ("nohup", &[]),
    ("eatmydata", &[]),
    ("setarch", &[]),
    ("stdbuf", &["-i", "-o", "-e"]),
    ("timeout", &["-s", "-k"]),
];

impl<'a> Call<'a> {
    pub(crate) fn new(command: &'a Command) -> Self {
        let mut call = Self { command, skip: 0 };
        while let Some((name, valued)) = WRAPPERS.iter().find(|(name, _)| *name == call.program()) {
            let mut at = call.skip + 1;
            while let Some(word) = command.words.get(at) {
                let text = word.text();
                if valued.contains(&text) {
                    at += 2;
                } else if text.starts_with('-') || (matches!(*name, "env" | "sudo") && text.contains('=')) {
                    at += 1;
                } else {
                    break;
                }
            }
            // `timeout` has a duration before the program.
            at += usize::from(*name == "timeout");
            if at >= command.words.len() {
                break;
            }
            call.skip = at;
        }
        call
    }

    /// The program without its folders; empty when an expansion names it.
    pub(crate) fn program(self) -> &'a str {
        let name = self.command.words.get(self.skip).and_then(|word| word.literal.as_deref());
        name.map_or("", |name| name.rsplit('/').next().unwrap_or_default())
    }

    /// The word that names the program.
    pub(crate) fn name(self) -> &'a ShellWord {
        &self.command.words[self.skip.min(self.command.words.len() - 1)]
    }

    pub(crate) fn arguments(self) -> &'a [ShellWord] {
        self.command.words.get(self.skip + 1..).unwrap_or_default()
    }

    /// Whether one of the flags is given: `--long`, `--long=value`, `-x`, or `x` among joined short flags.
    pub(crate) fn has_flag(self, flags: &[&str]) -> bool {
        self.flag(flags).is_some()
    }

    /// The word that gives one of the flags.
    pub(crate) fn flag(self, flags: &[&str]) -> Option<&'a ShellWord> {
        self.arguments().iter().find(|word| {
            let text = word.text();
            flags.iter().any(|flag| {
                text == *flag
                    || (flag.starts_with("--")
                        && text.strip_prefix(flag).is_some_and(|rest| rest.starts_with('=')))
                    || (flag.len() == 2
                        && !text.starts_with("--")
                        && text.starts_with('-')
                        && text[1..].chars().all(|c| c.is_ascii_alphanumeric())
                        && text[1..].contains(&flag[1..]))
            })
        })
    }

    /// The value of one of the flags, in the same word or the next.
    pub(crate) fn flag_value(self, flags: &[&str]) -> Option<&'a str> {
        let arguments = self.arguments();
        arguments.iter().enumerate().find_map(|(at, word)| {
            let text = word.text();
            flags.iter().find_map(|flag| {
                if text == *flag {
                    return arguments.get(at + 1).map(ShellWord::text);
                }
                text.strip_prefix(flag)?.strip_prefix('=')
            })
        })
    }

    /// The first argument that is no flag: the subcommand of programs that have them.
    pub(crate) fn subcommand(self) -> &'a str {
        self.arguments().iter().map(ShellWord::text).find(|text| !text.starts_with('-')).unwrap_or_default()
    }

    pub(crate) fn range(self) -> Range<usize> {
        self.command.range.clone()
    }
}
