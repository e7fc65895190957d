//! Compose files that others include: they are a part of the same project, wherever they stand.

use std::path::{Path, PathBuf};

use casehard_finding::Subject;
use casehard_rules::included_files;

use super::{Source, known::small, render::plain};

/// More files than this are not followed.
const MOST: usize = 256;

/// Adds the files that the Compose files among `sources` include, and those that these do. What is not there, or not a
/// file of this machine, is passed over: Compose says so.
pub fn follow(sources: &mut Vec<Source>) {
    let mut at = 0;
    let mut added = 0;
    while at < sources.len() {
        let source = &sources[at];
        at += 1;
        let (Subject::Compose, Some(path)) = (source.subject, &source.path) else { continue };
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        for entry in included_files(&source.bytes) {
            let paths: Vec<PathBuf> = entry.iter().filter_map(|named| local(&folder, named)).collect();
            let mut base = None;
            for path in paths {
                if let Some(known) = sources.iter_mut().find(|known| known.path.as_ref() == Some(&path)) {
                    known.base = base.replace(path).or(known.base.take());
                    continue;
                }
                let Some(bytes) = small(&path).filter(|_| added < MOST) else { continue };
                added += 1;
                let below = base.replace(path.clone());
                sources.push(Source { base: below, ..Source::file(path, Subject::Compose, bytes) });
            }
        }
    }
}

/// The file that `named` is beside `folder`; `None` for variables, addresses and registries.
fn local(folder: &Path, named: &str) -> Option<PathBuf> {
    if named.contains(['$', ':']) {
        return None;
    }
    Some(plain(folder, named))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_walk() {
        for (folder, named, expected) in [
            ("", "./db.yaml", Some("db.yaml")),
            ("deploy", "../web/compose.yaml", Some("web/compose.yaml")),
            ("a/b", "c.yaml", Some("a/b/c.yaml")),
            ("", "../x.yaml", Some("../x.yaml")),
            ("", "oci://registry.example.com/x", None),
            ("", "${HOME}/x.yaml", None),
        ] {
            assert_eq!(
                local(Path::new(folder), named).as_deref(),
                expected.map(Path::new),
                "{folder} {named}"
            );
        }
    }
}
