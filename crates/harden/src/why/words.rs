//! The sentences that stand for reasons.

use std::{collections::BTreeSet, fmt::Display};

use casehard_oci::{RootPath, escape};
use casehard_profile::Access;

use crate::plan::{Reason, Removal, Rule};

/// Escaped.
pub(super) fn safe(text: &str) -> String {
    escape(text.as_bytes()).into_owned()
}

/// The first few, and how many more there are.
pub(super) fn some<T: Display>(items: impl IntoIterator<Item = T>, limit: usize) -> String {
    let all: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    let shown = all.iter().take(limit).cloned().collect::<Vec<_>>().join(", ");
    if all.len() > limit { format!("{shown} and {} more", all.len() - limit) } else { shown }
}

/// Why something stays, as a sentence about it, escaped.
#[must_use]
pub fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Used { access, programs, phases } => used(access, programs, &some(phases, 4)),
        Reason::Needed { by, rule: needed } => format!("{by} needs it: {}", rule(*needed)),
        Reason::ListedIn { directory } => {
            format!("{directory} was listed, and a listing stays complete")
        }
        Reason::Package { package } => format!("it belongs to package {}, which stays whole", safe(package)),
        Reason::Dependency { package } => {
            format!("it is data, and the used package {} declares to need its package", safe(package))
        }
        Reason::Application { directory } => {
            format!("it belongs to no package and stands with the application in {directory}")
        }
        Reason::Configuration { field } => format!("the image's {} names it", safe(field)),
        Reason::Basic { what } => format!("every container or scanner needs it: {}", safe(what)),
        Reason::Asked { by } => format!("the workload's keep: names it ({})", safe(by)),
        Reason::Repair { step } => format!("{} failed without it, so it was put back", safe(step)),
        Reason::Holds => "it is a directory that holds something that stays".to_owned(),
        Reason::Level => "at this level only what never belongs in an image is removed".to_owned(),
    }
}

fn used(access: &BTreeSet<Access>, programs: &BTreeSet<RootPath>, phases: &str) -> String {
    let ways: Vec<&str> = access.iter().map(|way| way_name(*way)).collect();
    let mut text = format!("the application used it: {}", ways.join(", "));
    if !programs.is_empty() {
        text.push_str(&format!(" by {}", some(programs, 3)));
    }
    if !phases.is_empty() {
        text.push_str(&format!(" during {}", safe(phases)));
    }
    text
}

fn way_name(way: Access) -> &'static str {
    match way {
        Access::Executed => "executed",
        Access::Library => "loaded as a library",
        Access::Read => "read",
        Access::Listed => "listed",
        Access::Found => "looked at",
        Access::Link => "followed as a link",
        Access::Missing => "looked for",
        Access::Written => "written",
        Access::Created => "created",
        Access::Removed => "removed",
        _ => "used",
    }
}

/// What a rule of the closure says.
pub(super) fn rule(rule: Rule) -> &'static str {
    match rule {
        Rule::ElfInterpreter => "it is its ELF interpreter",
        Rule::ElfNeeded => "it is a library that its ELF header names",
        Rule::ElfDlopen => "it is a library that its data name, which it can load while it runs",
        Rule::Shebang => "it is the interpreter in its first line",
        Rule::LinkTarget => "it is where that link leads",
        Rule::LinkOnTheWay => "it is a link on the way to that path",
        Rule::PythonImport => "Python code there imports it",
        Rule::PythonBytecode => "it is the compiled form of that module",
        Rule::PythonMetadata => "it is the metadata of that Python distribution",
        Rule::PerlImport => "Perl code there loads it",
        Rule::NodePackage => "it is of that Node.js package",
        Rule::RubyGem => "it is of that Ruby gem",
        Rule::ClassPath => "it is on the class path of Java code there",
        Rule::JavaRuntime => "it is of the Java runtime that ran",
        Rule::ComposerPackage => "Composer's autoloader may load it for the application",
        Rule::Assembly => "it is an assembly or library of that .NET application",
        Rule::NameService => "it is a name service module that nsswitch.conf names",
        Rule::Pam => "it is a part of PAM's configuration that was used",
        Rule::Certificates => {
            "it is of the certificate store, of which a part was used or is loaded by code in use"
        }
        Rule::TimeZones => "it is of the time zone database, which is used or may be with the next date",
        Rule::Fonts => "it is a font or its configuration, of which a part was used",
        Rule::CodeGiven => {
            "it is of the standard library, and an interpreter was given code that stands in no file and may import any of it"
        }
        Rule::LoaderQuery => "that module asks it where libraries are",
        Rule::Locales => "it is of the locale data, of which a part was used",
        Rule::CharacterSets => "it converts between character sets, which was used",
        Rule::Terminals => "it is of the terminal descriptions, of which a part was used",
        Rule::OpenSsl => "it is a module of OpenSSL",
        Rule::PluginSibling => "it is a plug-in beside a used one, and needs nothing new",
        Rule::ProgramSibling => {
            "it is a program beside a used one of its package, and needs nothing but what stays or its package declares"
        }
        Rule::PackageData => "it is of the package's data directory, of which a part was used",
        Rule::LoaderConfiguration => "it is configuration that the loader reads",
        Rule::NamedInConfiguration => "a configuration file that stays names it",
    }
}

/// Why something went, as a sentence about it, escaped.
#[must_use]
pub fn removal(removal: &Removal) -> String {
    match removal {
        Removal::UnusedPackage { package } => {
            format!("no file of its package {} was used or needed", safe(package))
        }
        Removal::UnusedFile { package } => format!(
            "its package {} stays, but neither the run nor a rule used this file",
            safe(package)
        ),
        Removal::Unused => "it belongs to no package, and neither the run nor a rule used it".to_owned(),
        Removal::Debris { class } => format!("such files never belong in an image: {}", safe(class)),
        Removal::Tool { kind } => format!("it is a {} that nothing used", safe(&kind.replace('-', " "))),
        Removal::Orphan { with } => format!("it only made sense with {with}, which goes"),
        Removal::PackageManagerState => {
            "it is the records of a package manager that goes; what they said of the packages that stay stands in \
             /var/lib/dpkg/status.d"
                .to_owned()
        }
        Removal::Asked { by } => format!("the workload's drop: names it ({})", safe(by)),
        Removal::Empty => "nothing is left in this directory".to_owned(),
    }
}
