//! `casehard.toml`.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use casehard_finding::Severity;
use casehard_rules::{LabelKind, Settings};
use serde::Deserialize;

use crate::{Failure, findings::Threshold};

/// The file's name.
const NAME: &str = "casehard.toml";

/// The whole file. Other tables belong to other commands.
#[derive(Debug, Clone, Default, Deserialize)]
struct File {
    #[serde(default)]
    lint: Lint,
}

/// `[lint]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Lint {
    /// Configuration of folders above does not count.
    root: bool,
    ignore: Vec<String>,
    enable: Vec<String>,
    /// Rules that neither a configuration further down nor a comment may switch off.
    locked: Vec<String>,
    fail_on: Option<Severity>,
    trusted_registries: Vec<String>,
    severity: BTreeMap<String, Severity>,
    /// `[lint.labels]`: labels that images have, and what each holds.
    labels: BTreeMap<String, Label>,
    /// Whether they have no others.
    strict_labels: bool,
    /// `[lint.images]`: the Dockerfiles of images, by the names that Compose and Kubernetes files call them.
    images: BTreeMap<String, PathBuf>,
    /// `[lint.paths."glob"]`: what differs there.
    paths: BTreeMap<String, Paths>,
}

/// What a label holds, by name.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Label(LabelKind);

impl TryFrom<String> for Label {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse().map(Self)
    }
}

/// What differs for some paths.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Paths {
    ignore: Vec<String>,
    enable: Vec<String>,
}

/// What the command line says.
#[derive(Debug, Clone, Default)]
pub struct Extra {
    pub ignore: Vec<String>,
    pub enable: Vec<String>,
    pub only: Vec<String>,
    pub honour_comments: bool,
    pub today: Option<String>,
}

/// Configuration by folder, each file read once.
#[derive(Debug, Default)]
pub struct Configs {
    given: Option<(PathBuf, Lint)>,
    read: Mutex<HashMap<PathBuf, Option<Lint>>>,
    pub command_line: Extra,
}

impl Configs {
    /// `given` takes the place of all that would be found.
    pub fn new(given: Option<&Path>) -> Result<Self, Failure> {
        let mut configs = Self::default();
        if let Some(path) = given {
            let text = fs::read_to_string(path).map_err(|error| {
                Failure::cannot(format_args!("failed to read {}", path.display()), &error)
            })?;
            configs.given = Some((path.parent().unwrap_or(Path::new(".")).to_owned(), parse(path, &text)?));
        }
        Ok(configs)
    }

    /// What the configuration of the working folder says a finding must be to make the answer no.
    pub fn fail_on(&self) -> Option<Threshold> {
        let chain = self.chain(Path::new(".")).ok()?;
        chain.iter().rev().find_map(|(_, lint)| lint.fail_on).map(Threshold::from)
    }

    /// The Dockerfiles of images that the configuration of the working folder names.
    pub fn images(&self) -> Result<Vec<(String, PathBuf)>, Failure> {
        let chain = self.chain(Path::new("."))?;
        let named = chain.iter().flat_map(|(base, lint)| {
            lint.images.iter().map(|(name, dockerfile)| (name.clone(), base.join(dockerfile)))
        });
        Ok(named.collect())
    }

    /// What holds for a file.
    pub fn settings(&self, file: Option<&Path>) -> Result<Settings, Failure> {
        let extra = &self.command_line;
        let mut settings = Settings {
            honour_comments: extra.honour_comments,
            today: extra.today.clone(),
            ..Settings::new()
        };
        let folder = file
            .and_then(Path::parent)
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        for (base, lint) in self.chain(folder)? {
            settings.ignore.extend(lint.ignore.iter().cloned());
            settings.enable.extend(lint.enable.iter().cloned());
            settings.locked.extend(lint.locked.iter().cloned());
            settings
                .severities
                .extend(lint.severity.iter().map(|(name, severity)| (name.clone(), *severity)));
            if !lint.trusted_registries.is_empty() {
                settings.trusted_registries.clone_from(&lint.trusted_registries);
            }
            settings.labels.extend(lint.labels.iter().map(|(name, kind)| (name.clone(), kind.0)));
            settings.strict_labels |= lint.strict_labels;
            for (glob, paths) in &lint.paths {
                if file.is_some_and(|file| matches_glob(glob, &base, file)) {
                    settings.ignore.extend(paths.ignore.iter().cloned());
                    settings.enable.extend(paths.enable.iter().cloned());
                }
            }
        }
        if !settings.labels.is_empty() {
            settings.enable.push("missing-label".to_owned());
        }
        settings.ignore.extend(extra.ignore.iter().cloned());
        settings.enable.extend(extra.enable.iter().cloned());
        settings.only.clone_from(&extra.only);
        Ok(settings)
    }

    /// The configurations that hold in a folder, the outermost first.
    fn chain(&self, folder: &Path) -> Result<Vec<(PathBuf, Lint)>, Failure> {
        if let Some(given) = &self.given {
            return Ok(vec![given.clone()]);
        }
        let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let mut chain = Vec::new();
        for folder in absolute.ancestors() {
            if let Some(lint) = self.at(folder)? {
                let root = lint.root;
                chain.push((folder.to_owned(), lint));
                if root {
                    break;
                }
            }
        }
        chain.reverse();
        Ok(chain)
    }

    fn at(&self, folder: &Path) -> Result<Option<Lint>, Failure> {
        if let Some(known) = self.read.lock().ok().and_then(|read| read.get(folder).cloned()) {
            return Ok(known);
        }
        let path = folder.join(NAME);
        let lint = match fs::read_to_string(&path) {
            Ok(text) => Some(parse(&path, &text)?),
            Err(_) => None,
        };
        if let Ok(mut read) = self.read.lock() {
            read.insert(folder.to_owned(), lint.clone());
        }
        Ok(lint)
    }
}

fn parse(path: &Path, text: &str) -> Result<Lint, Failure> {
    let file: File = toml::from_str(text).map_err(|error| {
        Failure::usage(format!("{} is broken: {}", path.display(), error.to_string().trim_end()))
    })?;
    let lint = file.lint;
    let named = lint.ignore.iter().chain(&lint.enable).chain(&lint.locked).chain(lint.severity.keys());
    for code in named.filter(|code| *code != "all") {
        let foreign = code.chars().any(|c| c.is_ascii_uppercase());
        if !foreign && casehard_rules::rules_for(code).next().is_none() {
            return Err(Failure::usage(format!("{} names {code}, which is no rule", path.display()))
                .hint("casehard rules lists them all"));
        }
    }
    Ok(lint)
}

/// Whether a file is what a glob means that is relative to `base`.
fn matches_glob(glob: &str, base: &Path, file: &Path) -> bool {
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let Ok(relative) = absolute.strip_prefix(base) else { return false };
    casehard_dockerfile::IgnoreFile::parse(glob).ignores(&relative.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names in `expected one of ...` of the message about an unknown field.
    fn fields(text: &str) -> Vec<String> {
        let error = toml::from_str::<File>(text).unwrap_err().to_string();
        let list = error.split("expected").nth(1).unwrap();
        let mut names: Vec<String> = list.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        names.sort();
        names
    }

    #[test]
    fn the_published_schema_has_the_fields_that_are_read() {
        let schema = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../docs/schemas/casehard-toml.schema.json"
        ));
        let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
        let published = |pointer: &str| {
            let mut names: Vec<String> =
                schema.pointer(pointer).unwrap().as_object().unwrap().keys().cloned().collect();
            names.sort();
            names
        };
        assert_eq!(fields("[lint]\nno-such-field = 1"), published("/properties/lint/properties"));
        let paths = "/properties/lint/properties/paths/additionalProperties/properties";
        assert_eq!(fields("[lint.paths.\"a\"]\nno-such-field = 1"), published(paths));
        for severity in schema.pointer("/$defs/severity/enum").unwrap().as_array().unwrap() {
            toml::from_str::<File>(&format!("[lint]\nfail-on = {severity}")).unwrap();
        }
        assert!(toml::from_str::<File>("[lint]\nfail-on = \"never\"").is_err());
        let kinds = schema.pointer("/properties/lint/properties/labels/additionalProperties/enum").unwrap();
        let kinds: Vec<&str> = kinds.as_array().unwrap().iter().filter_map(|kind| kind.as_str()).collect();
        assert_eq!(kinds, LabelKind::ALL.map(|(name, _)| name));
    }

    #[test]
    fn a_rule_that_is_none_is_refused_by_name() {
        let failure = parse(Path::new("casehard.toml"), "[lint]\nignore = [\"no-such-rule\"]").unwrap_err();
        assert!(failure.message().contains("no-such-rule"), "{}", failure.message());
        parse(Path::new("casehard.toml"), "[lint]\nignore = [\"DL3008\", \"root-user\"]").unwrap();
    }
}
