//! What the tools of applications are told, and what the image below is: official ones, versions in tags.

use std::collections::BTreeMap;

use casehard_dockerfile::{Base, Form, Keyword, Lookup, Word, shell::ShellWord};

use super::{Call, ImageName, Input, Step};

impl<'a> Call<'a> {
    /// Whether it is Bundler with that subcommand; `_2.5.6_` only says which Bundler.
    pub(crate) fn is_bundle(self, subcommand: &str) -> bool {
        let mut words = self.arguments().iter().map(ShellWord::text);
        matches!(self.program(), "bundle" | "bundler")
            && words.find(|text| !text.starts_with(['-', '_'])) == Some(subcommand)
    }

    /// The program and its arguments, `bundle exec` taken off.
    pub(crate) fn bundled(self) -> (&'a str, &'a [ShellWord]) {
        let arguments = self.arguments();
        let inner = arguments
            .iter()
            .position(|word| word.text() == "exec")
            .filter(|_| self.is_bundle("exec"))
            .and_then(|at| Some((arguments.get(at + 1)?.text(), &arguments[at + 2..])));
        match inner {
            Some((name, rest)) => (name.rsplit('/').next().unwrap_or(name), rest),
            None => (self.program(), arguments),
        }
    }

    /// Whether commands can be put before or behind it with `&&` and nothing else changes.
    pub(crate) fn stands_alone(self, input: &Input<'_>, step: &Step<'_>) -> bool {
        use casehard_dockerfile::shell::Joint;
        let command = self.command;
        // Behind `!` the rest of a list is another one.
        let negated = || input.source(0..command.range.start).trim_end().ends_with('!');
        !step.is_exec
            && !step.is_script
            && self.skip == 0
            && command.depth == 0
            && !command.substituted
            && !matches!(command.joint, Joint::Or | Joint::Pipe)
            && !matches!(command.next, Joint::Background | Joint::Pipe)
            && !negated()
    }
}

impl ImageName<'_> {
    /// Whether it is the official image of that name.
    pub(crate) fn is_official(&self, name: &str) -> bool {
        matches!(self.registry, None | Some("docker.io"))
            && self.path.strip_prefix("library/").unwrap_or(self.path) == name
    }

    /// The first two numbers of the tag: `12.4.1-devel` is version 12.4.
    pub(crate) fn version(&self) -> Option<(u32, u32)> {
        version(self.tag?)
    }

    /// Whether a part of the tag is this word.
    pub(crate) fn has_tag_word(&self, word: &str) -> bool {
        self.tag.is_some_and(|tag| tag.split('-').any(|part| part == word))
    }
}

/// The first two numbers of a version.
pub(crate) fn version(text: &str) -> Option<(u32, u32)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let mut numbers = text[..end].split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

impl<'a> Input<'a> {
    /// The image below the stage that is shipped, and where it is named.
    pub(crate) fn shipped_image(&self) -> Option<(ImageName<'_>, &Word)> {
        let bottom = self.model.lineage(self.model.last_stage()?.index).last()?;
        match (&bottom.base, &bottom.image) {
            (Base::Image(text), Some(word)) => Some((ImageName::parse(text), word)),
            _ => None,
        }
    }

    /// Whether one of these texts stands in what makes the stage that is shipped.
    pub(crate) fn shipped_mentions(&self, texts: &[&str]) -> bool {
        let Some(last) = self.model.last_stage() else { return false };
        let has = |text: &str| texts.iter().any(|wanted| text.contains(wanted));
        self.model.lineage_instructions(last.index).iter().any(|(_, instruction)| {
            has(&instruction.body.text)
                || instruction.heredocs.iter().any(|heredoc| has(&heredoc.content.text))
        })
    }

    /// What starts the container, when it is written as JSON or begins with a plain word: its words up to the first that is
    /// put together, of `ENTRYPOINT` and then of `CMD`.
    pub(crate) fn started(&self) -> Vec<&'a str> {
        let Some(last) = self.model.last_stage() else { return Vec::new() };
        let all = self.model.lineage_instructions(last.index);
        let of = |keyword: Keyword| {
            all.iter().rev().find(|(_, instruction)| instruction.keyword == keyword).map(|(_, found)| *found)
        };
        let words = |instruction: &'a casehard_dockerfile::Instruction| -> Vec<&'a str> {
            match instruction.command() {
                Some(Form::Exec(words)) => words.iter().map(|word| word.text.as_str()).collect(),
                Some(Form::Shell(text)) => text.text.split_whitespace().collect(),
                None => Vec::new(),
            }
        };
        [Keyword::Entrypoint, Keyword::Cmd].into_iter().filter_map(of).flat_map(words).collect()
    }

    /// Whether a server of Ruby's is what starts.
    pub(crate) fn starts_ruby_server(&self) -> bool {
        const SERVERS: [&str; 9] =
            ["rails", "puma", "unicorn", "thrust", "rackup", "falcon", "thin", "passenger", "iodine"];
        let name = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
        self.started().iter().any(|word| SERVERS.contains(&name(word).as_str()))
    }
}

/// What `bundle config` sets, by stage and setting: the first step that does.
pub(crate) struct Bundler<'a> {
    configured: BTreeMap<(usize, &'a str), usize>,
}

impl<'a> Bundler<'a> {
    pub(crate) fn of(input: &'a Input<'_>) -> Self {
        let mut configured = BTreeMap::new();
        for (step, call) in input.calls().filter(|(_, call)| call.is_bundle("config")) {
            for word in call.arguments() {
                configured.entry((step.stage, word.text())).or_insert(step.index);
            }
        }
        Self { configured }
    }

    /// Whether Bundler is told something where a step runs: by a variable, or by `bundle config` before.
    pub(crate) fn has(&self, input: &Input<'_>, step: &Step<'_>, setting: &str) -> bool {
        let variable = format!("BUNDLE_{}", setting.to_ascii_uppercase());
        let is_on = |text: &str| !matches!(text, "" | "0" | "false");
        let state = input.model.state(step.index);
        let set = match state.lookup(&variable) {
            Lookup::Set(value) => is_on(&value),
            Lookup::Unknown => state.env.contains_key(&variable),
            Lookup::Unset => false,
        };
        let assigned = |word: &ShellWord| {
            word.raw.strip_prefix(&variable).and_then(|rest| rest.strip_prefix('=')).is_some_and(is_on)
        };
        let before =
            |stage: usize| self.configured.get(&(stage, setting)).is_some_and(|at| *at <= step.index);
        set || input.model.lineage(step.stage).any(|stage| before(stage.index))
            || step
                .commands
                .iter()
                .flat_map(|command| command.assignments.iter().chain(&command.words))
                .any(assigned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_the_first_numbers_of_a_tag() {
        let of = |name| ImageName::parse(name).version();
        assert_eq!(of("nvidia/cuda:12.4.1-cudnn-devel-ubuntu22.04"), Some((12, 4)));
        assert_eq!(of("ruby:3.3-slim"), Some((3, 3)));
        assert_eq!((of("ruby:3"), of("ruby"), of("ruby:latest")), (None, None, None));
        assert!(ImageName::parse("docker.io/library/ruby:3.3").is_official("ruby"));
        assert!(!ImageName::parse("corp/ruby:3.3").is_official("ruby"));
    }
}
