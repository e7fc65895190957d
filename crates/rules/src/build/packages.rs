//! Installations by package managers.

use casehard_dockerfile::shell::ShellWord;

use super::Call;

/// A package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manager {
    Apt,
    Apk,
    /// `dnf`, `yum`, `microdnf`, `tdnf`.
    Dnf,
    Zypper,
    Pip,
    Npm,
    Yarn,
    Gem,
    Go,
    Cargo,
    Composer,
}

/// One installation.
pub(crate) struct Install<'a> {
    pub(crate) manager: Manager,
    pub(crate) call: Call<'a>,
    /// The word of the subcommand (`install`, `add`).
    pub(crate) verb: &'a ShellWord,
    /// What is installed, as written.
    pub(crate) packages: Vec<&'a ShellWord>,
}

/// Program names, their manager, the subcommands that install, and the flags that take a value.
const MANAGERS: [(&[&str], Manager, &[&str], &[&str]); 11] = [
    (
        &["apt-get", "apt", "aptitude"],
        Manager::Apt,
        &["install", "reinstall", "build-dep"],
        &[
            "-o",
            "-t",
            "-c",
            "-a",
            "--option",
            "--target-release",
            "--default-release",
            "--config-file",
            "--host-architecture",
        ],
    ),
    (
        &["apk"],
        Manager::Apk,
        &["add"],
        &[
            "-X",
            "-p",
            "-t",
            "--repository",
            "--root",
            "--virtual",
            "--keys-dir",
            "--repositories-file",
            "--cache-dir",
            "--arch",
            "--wait",
        ],
    ),
    (
        &["dnf", "yum", "microdnf", "tdnf", "dnf5"],
        Manager::Dnf,
        &["install", "localinstall", "reinstall", "groupinstall"],
        &[
            "-c",
            "-x",
            "--installroot",
            "--releasever",
            "--setopt",
            "--enablerepo",
            "--disablerepo",
            "--repo",
            "--repoid",
            "--exclude",
            "--config",
        ],
    ),
    (
        &["zypper"],
        Manager::Zypper,
        &["install", "in"],
        &[
            "-r",
            "--repo",
            "--root",
            "-t",
            "--type",
            "--from",
            "-p",
            "--plus-repo",
            "-D",
            "-R",
            "--installroot",
        ],
    ),
    (
        &["pip", "pip3"],
        Manager::Pip,
        &["install"],
        &[
            "-r",
            "-c",
            "-e",
            "-i",
            "-f",
            "-t",
            "--requirement",
            "--constraint",
            "--editable",
            "--index-url",
            "--extra-index-url",
            "--find-links",
            "--target",
            "--prefix",
            "--root",
            "--trusted-host",
            "--cache-dir",
            "--platform",
            "--python-version",
            "--no-binary",
            "--only-binary",
            "--timeout",
            "--retries",
            "--proxy",
            "--cert",
            "--implementation",
            "--abi",
            "--progress-bar",
            "--config-settings",
            "--src",
            "--report",
            "--python",
        ],
    ),
    (
        &["npm", "pnpm"],
        Manager::Npm,
        &["install", "i", "add"],
        &[
            "--registry",
            "--prefix",
            "--cache",
            "-C",
            "--dir",
            "-w",
            "--workspace",
            "--filter",
            "--loglevel",
            "--omit",
            "--include",
            "--only",
        ],
    ),
    (&["yarn"], Manager::Yarn, &["add"], &["--registry", "--cwd", "--cache-folder", "--modules-folder"]),
    (
        &["gem"],
        Manager::Gem,
        &["install"],
        &["-v", "--version", "-i", "--install-dir", "-n", "--bindir", "-s", "--source", "--platform"],
    ),
    (&["go"], Manager::Go, &["install", "get"], &["-ldflags", "-tags", "-o", "-C", "-gcflags", "-mod"]),
    (
        &["cargo"],
        Manager::Cargo,
        &["install"],
        &[
            "--version",
            "--vers",
            "--git",
            "--rev",
            "--tag",
            "--branch",
            "--path",
            "--root",
            "--features",
            "-F",
            "--target",
            "--profile",
            "--registry",
            "--bin",
            "-j",
            "--jobs",
        ],
    ),
    (&["composer"], Manager::Composer, &["require"], &["-d", "--working-dir"]),
];

impl<'a> Install<'a> {
    /// What a command installs, if it does.
    pub(crate) fn of(call: Call<'a>) -> Option<Self> {
        let program = call.program();
        let mut words = call.arguments();
        let (_, manager, verbs, valued) = if program.starts_with("python") {
            // `python -m pip install`
            let at = words.iter().position(|word| word.text() == "-m")?;
            if words.get(at + 1)?.text() != "pip" {
                return None;
            }
            words = &words[at + 2..];
            &MANAGERS[4]
        } else {
            let is_pip =
                program.strip_prefix("pip3.").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
            let name = if is_pip { "pip3" } else { program };
            MANAGERS.iter().find(|(names, ..)| names.contains(&name))?
        };
        let mut packages = Vec::new();
        let mut verb = None;
        let mut at = 0;
        while let Some(word) = words.get(at) {
            at += 1;
            let text = word.text();
            if valued.contains(&text) {
                at += 1;
            } else if text == "--" || (text.starts_with('-') && text.len() > 1) {
            } else if verb.is_none() {
                if *manager == Manager::Yarn && text == "global" {
                    continue;
                }
                verb = verbs.contains(&text).then_some(word);
                verb?;
            } else {
                packages.push(word);
            }
        }
        Some(Self { manager: *manager, call, verb: verb?, packages })
    }

    /// The names of the packages whose names are known, versions left out.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&'a str, &'a ShellWord)> {
        let manager = self.manager;
        self.packages.iter().filter_map(move |word| {
            let text = word.literal.as_deref()?;
            Some((package_name(manager, text), *word))
        })
    }
}

fn package_name(manager: Manager, text: &str) -> &str {
    let end = match manager {
        Manager::Apt => text.find(['=', '/', ':']),
        Manager::Npm | Manager::Yarn => text.get(1..).and_then(|rest| rest.find('@')).map(|at| at + 1),
        Manager::Go | Manager::Cargo => text.find('@'),
        Manager::Dnf | Manager::Zypper | Manager::Gem | Manager::Composer => text.find([':', '<', '>', '=']),
        Manager::Apk | Manager::Pip => text.find(['=', '<', '>', '~', '@', '[', '!', ';']),
    };
    &text[..end.unwrap_or(text.len())]
}
