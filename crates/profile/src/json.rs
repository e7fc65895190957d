//! The JSON form of a profile, `casehard.profile/1`.
//!
//! These types are frozen: what they write and read does not change while the number stays 1, whatever becomes of the
//! types of the crate. Reading is strict: an unknown key or word, a repeated path, or a missing `schema` is an error, for
//! a profile that is half understood removes what an application needs.

use std::collections::BTreeSet;

use casehard_oci::{Digest, RootPath};
use serde::{Deserialize, Serialize};

use crate::{Access, Address, Blind, Identity, PathUse, Phase, Profile, Subject, profile::ARGUMENT_LISTS};

const SCHEMA: &str = "casehard.profile/1";

/// Why bytes are no profile.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// It is no JSON, or JSON of another shape.
    #[error("not a profile: {0}")]
    Malformed(#[source] serde_json::Error),
    /// It is a document of another kind, or of a later version.
    #[error("not a profile that this version reads: its schema is {found:?}, expected {SCHEMA:?}")]
    Schema {
        /// What it says it is.
        found: String,
    },
    /// It does not say what it is.
    #[error("not a profile: it has no \"schema\" (expected {SCHEMA:?})")]
    NoSchema,
    /// A key stands twice where it can stand once.
    #[error("the profile names {what} {name} twice")]
    Twice {
        /// Kind of entry.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A word that this version does not know.
    #[error("the profile has the unknown {what} {word:?} at {at}")]
    Word {
        /// Kind of word.
        what: &'static str,
        /// The word.
        word: String,
        /// Where it stands.
        at: String,
    },
    /// A program has more lists of arguments than a profile keeps.
    #[error("the profile has {count} argument lists for {path}, expected at most {ARGUMENT_LISTS}")]
    ArgumentLists {
        /// The program.
        path: RootPath,
        /// How many.
        count: usize,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    schema: String,
    #[serde(default)]
    subjects: Vec<SubjectRow>,
    #[serde(default)]
    programs: Vec<ProgramRow>,
    #[serde(default)]
    bound: Vec<String>,
    #[serde(default)]
    connected: Vec<String>,
    #[serde(default)]
    users: Vec<UserRow>,
    #[serde(default)]
    capabilities: Vec<CapabilityRow>,
    #[serde(default)]
    syscalls: Vec<String>,
    #[serde(default)]
    blind: Vec<BlindRow>,
    #[serde(default)]
    paths: Vec<PathRow>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SubjectRow {
    manifest: Digest,
    config: Digest,
    platform: String,
    workload: Digest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProgramRow {
    path: RootPath,
    arguments: Vec<Vec<String>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UserRow {
    uid: u32,
    gid: u32,
    programs: Vec<RootPath>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CapabilityRow {
    name: String,
    operations: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BlindRow {
    recorder: String,
    what: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PathRow {
    path: RootPath,
    access: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    programs: Vec<RootPath>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    phases: Vec<String>,
}

impl Profile {
    /// The profile as JSON, schema `casehard.profile/1`: indented, sorted, with a final newline. The same profile gives the
    /// same bytes.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // Nothing in the document can fail to be written: all its keys are texts, and no number is a float.
        let mut bytes = serde_json::to_vec_pretty(&Document::from(self.clone())).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Reads what [`Profile::to_json`] writes.
    ///
    /// # Errors
    /// When it is something else, or says something that this version does not know.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ProfileError> {
        #[derive(Deserialize)]
        struct Marked {
            schema: Option<String>,
        }
        // What it is comes before what is in it: "unknown field" says little of an SBOM given by mistake.
        let marked: Marked = serde_json::from_slice(bytes).map_err(ProfileError::Malformed)?;
        match marked.schema {
            None => return Err(ProfileError::NoSchema),
            Some(found) if found != SCHEMA => return Err(ProfileError::Schema { found }),
            Some(_) => {}
        }
        let document: Document = serde_json::from_slice(bytes).map_err(ProfileError::Malformed)?;
        document.try_into()
    }
}

impl From<Profile> for Document {
    fn from(profile: Profile) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            subjects: profile.subjects.into_iter().map(SubjectRow::from).collect(),
            programs: profile
                .programs
                .into_iter()
                .map(|(path, lists)| ProgramRow { path, arguments: lists.into_iter().collect() })
                .collect(),
            bound: profile.bound.iter().map(ToString::to_string).collect(),
            connected: profile.connected.iter().map(ToString::to_string).collect(),
            users: profile
                .users
                .0
                .into_iter()
                .map(|(who, programs)| UserRow {
                    uid: who.uid,
                    gid: who.gid,
                    programs: programs.into_iter().collect(),
                })
                .collect(),
            capabilities: profile
                .capabilities
                .into_iter()
                .map(|(name, operations)| CapabilityRow {
                    name,
                    operations: operations.into_iter().collect(),
                })
                .collect(),
            syscalls: profile.syscalls.into_iter().collect(),
            blind: profile
                .blind
                .into_iter()
                .map(|Blind { recorder, what }| BlindRow { recorder, what })
                .collect(),
            paths: profile.paths.into_iter().map(PathRow::from).collect(),
        }
    }
}

impl From<Subject> for SubjectRow {
    fn from(Subject { manifest, config, platform, workload }: Subject) -> Self {
        Self { manifest, config, platform, workload }
    }
}

impl From<(RootPath, PathUse)> for PathRow {
    fn from((path, used): (RootPath, PathUse)) -> Self {
        Self {
            path,
            access: used.access.iter().map(|access| access.as_str().to_owned()).collect(),
            programs: used.programs.into_iter().collect(),
            phases: used.phases.iter().map(ToString::to_string).collect(),
        }
    }
}

impl TryFrom<Document> for Profile {
    type Error = ProfileError;

    fn try_from(document: Document) -> Result<Self, ProfileError> {
        if document.schema != SCHEMA {
            return Err(ProfileError::Schema { found: document.schema });
        }
        let mut profile = Self {
            syscalls: document.syscalls.into_iter().collect(),
            bound: addresses(document.bound, "bound")?,
            connected: addresses(document.connected, "connected")?,
            ..Self::default()
        };
        for SubjectRow { manifest, config, platform, workload } in document.subjects {
            profile.subjects.insert(Subject { manifest, config, platform, workload });
        }
        for BlindRow { recorder, what } in document.blind {
            profile.blind.insert(Blind { recorder, what });
        }
        for ProgramRow { path, arguments } in document.programs {
            let count = arguments.len();
            if count > ARGUMENT_LISTS {
                return Err(ProfileError::ArgumentLists { path, count });
            }
            let name = path.to_string();
            once("program", &name, profile.programs.insert(path, arguments.into_iter().collect()))?;
        }
        for UserRow { uid, gid, programs } in document.users {
            let name = format!("{uid}:{gid}");
            let who = Identity { uid, gid };
            once("user", &name, profile.users.0.insert(who, programs.into_iter().collect()))?;
        }
        for CapabilityRow { name, operations } in document.capabilities {
            let before = profile.capabilities.insert(name.clone(), operations.into_iter().collect());
            once("capability", &name, before)?;
        }
        for row in document.paths {
            let name = row.path.to_string();
            let access = row.access.into_iter().map(|word| access(word, &name)).collect::<Result<_, _>>()?;
            let used = PathUse {
                access,
                programs: row.programs.into_iter().collect(),
                phases: row.phases.iter().map(|phase| Phase::new(phase)).collect(),
            };
            once("path", &name, profile.paths.insert(row.path, used))?;
        }
        Ok(profile)
    }
}

fn once<T>(what: &'static str, name: &str, before: Option<T>) -> Result<(), ProfileError> {
    match before {
        None => Ok(()),
        Some(_) => Err(ProfileError::Twice { what, name: name.to_owned() }),
    }
}

fn access(word: String, at: &str) -> Result<Access, ProfileError> {
    Access::ALL.into_iter().find(|access| access.as_str() == word).ok_or_else(|| ProfileError::Word {
        what: "use",
        word,
        at: at.to_owned(),
    })
}

fn addresses(words: Vec<String>, at: &str) -> Result<BTreeSet<Address>, ProfileError> {
    let read = |word: String| match word.parse() {
        Ok(address) => Ok(address),
        Err(_) => Err(ProfileError::Word { what: "address", word, at: at.to_owned() }),
    };
    words.into_iter().map(read).collect()
}
