//! What structure tests say.

use std::time::Duration;

use casehard_oci::RootPath;

use crate::workload::{Action, Expect, Pattern, Step};

/// What a file of structure tests says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StructureTest {
    /// Variables of every command.
    pub environment: Vec<Setting>,
    /// Commands, in order.
    pub commands: Vec<Commands>,
    /// Paths that are there, or are not.
    pub files: Vec<FileTest>,
    /// What stands in files.
    pub contents: Vec<ContentTest>,
    /// The configuration.
    pub metadata: MetadataTest,
    /// Parts of the file that are not used, each with the reason.
    pub unused: Vec<String>,
}

/// A name and the value it must have, or gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Name.
    pub key: String,
    /// Value.
    pub value: String,
    /// When the value is a regular expression: compiled.
    pub pattern: Option<Pattern>,
}

/// A command with what runs before and after it.
#[derive(Debug, Clone, PartialEq)]
pub struct Commands {
    /// Name.
    pub name: String,
    /// Where it stands in the file: line from 1.
    pub line: u32,
    /// Commands before it.
    pub setup: Vec<Vec<String>>,
    /// The command.
    pub argv: Vec<String>,
    /// Commands after it.
    pub teardown: Vec<Vec<String>>,
    /// Its variables; `$NAME` in a value is that of the image.
    pub environment: Vec<Setting>,
    /// What must come of it.
    pub expect: Expect,
}

/// A path that is there, or is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileTest {
    /// Name.
    pub name: String,
    /// Where it stands in the file: line from 1.
    pub line: u32,
    /// The path; a symbolic link at its end is not followed.
    pub path: RootPath,
    /// Whether it must be there.
    pub exists: bool,
    /// Type and permissions in letters, such as `-rw-r--r--`.
    pub permissions: Option<String>,
    /// Owner.
    pub uid: Option<u32>,
    /// Group.
    pub gid: Option<u32>,
    /// Who must be able to execute it.
    pub executable_by: Option<ExecutableBy>,
}

/// Who can execute a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutableBy {
    /// Its owner.
    Owner,
    /// Its group.
    Group,
    /// Everybody else.
    Other,
    /// Anybody.
    Any,
}

impl ExecutableBy {
    /// The permission bits, of which one must be set.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Self::Owner => 0o100,
            Self::Group => 0o010,
            Self::Other => 0o001,
            Self::Any => 0o111,
        }
    }
}

/// What stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentTest {
    /// Name.
    pub name: String,
    /// Where it stands in the file: line from 1.
    pub line: u32,
    /// The path; links are followed.
    pub path: RootPath,
    /// Each finds something in it.
    pub expected: Vec<Pattern>,
    /// None finds something in it.
    pub excluded: Vec<Pattern>,
}

/// What the configuration must say. What is absent is not tested.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MetadataTest {
    /// Where it stands in the file: line from 1.
    pub line: u32,
    /// Variables that are set.
    pub environment: Vec<Setting>,
    /// Variables that are not.
    pub unbound: Vec<String>,
    /// Labels.
    pub labels: Vec<Setting>,
    /// Ports that are exposed, with or without `/tcp`.
    pub exposed: Vec<String>,
    /// Ports that are not.
    pub unexposed: Vec<String>,
    /// Volumes.
    pub volumes: Vec<String>,
    /// Directories that are no volumes.
    pub unmounted: Vec<String>,
    /// Entrypoint.
    pub entrypoint: Option<Vec<String>>,
    /// Command.
    pub cmd: Option<Vec<String>>,
    /// Working directory.
    pub workdir: Option<String>,
    /// User.
    pub user: Option<String>,
}

/// How long a command may take; the format has no word for it.
const COMMAND_TIME: Duration = Duration::from_secs(60);

impl StructureTest {
    /// The commands as steps of a workload. `of_image` finds a variable of the image's configuration.
    ///
    /// They run in the application's own container, one after the other, rather than each in one of its own. What runs
    /// before and after a command must exit 0.
    #[must_use]
    pub fn steps(&self, of_image: impl Fn(&str) -> Option<String>) -> Vec<Step> {
        let mut steps = Vec::new();
        for test in &self.commands {
            let settings = self.environment.iter().chain(&test.environment);
            let env: std::collections::BTreeMap<_, _> = settings
                .map(|setting| (setting.key.clone(), substitute(&setting.value, &of_image)))
                .collect();
            let step = |name: String, argv: &[String], expect: Expect| Step {
                action: Action::Exec { argv: argv.to_vec(), stdin: None, user: None, env: env.clone() },
                expect,
                verify_only: false,
                within: COMMAND_TIME,
                name,
                line: test.line,
            };
            let around = |part: &str, commands: &[Vec<String>]| {
                let name = format!("{}: {part}", test.name);
                let steps = commands.iter().map(|argv| step(name.clone(), argv, Expect::default()));
                steps.collect::<Vec<_>>()
            };
            steps.extend(around("setup", &test.setup));
            steps.push(step(test.name.clone(), &test.argv, test.expect.clone()));
            steps.extend(around("teardown", &test.teardown));
        }
        steps
    }
}

/// Replaces `$NAME` and `${NAME}`; a variable that is not set gives nothing, as in a shell.
fn substitute(value: &str, lookup: &impl Fn(&str) -> Option<String>) -> String {
    let mut text = String::new();
    let mut rest = value;
    while let Some(at) = rest.find('$') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let braced = rest.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let bare =
            rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').len();
        let (name, after) = braced.unwrap_or_else(|| rest.split_at(bare));
        if name.is_empty() {
            text.push('$');
        } else {
            text.push_str(&lookup(name).unwrap_or_default());
            rest = after;
        }
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_substituted() {
        let lookup = |name: &str| (name == "PATH").then(|| "/bin".to_owned());
        for (text, expected) in [
            ("/env/bin:$PATH", "/env/bin:/bin"),
            ("${PATH}x$PATHx$", "/binx$"),
            ("a$NONE-b", "a-b"),
            ("$$PATH", "$/bin"),
            ("${PATH", "${PATH"),
            ("é", "é"),
        ] {
            assert_eq!(substitute(text, &lookup), expected, "{text}");
        }
    }
}
