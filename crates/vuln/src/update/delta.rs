//! What changed in an OSV archive since the copy was made: `modified_id.csv` lists it, newest first.
//!
//! The changed records are put into the copy, so that it stays one archive that a mirror can serve.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, Read as _, Write as _},
    path::Path,
};
use ureq::Agent;
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

/// The list, beside the archive.
const LIST: &str = "modified_id.csv";
/// With more changes than this the whole archive is less work.
const MOST: usize = 400;
/// Most bytes of one record.
const RECORD: u64 = 16 << 20;
/// Most bytes of the list.
const LIST_LIMIT: u64 = 256 << 20;

/// What the list says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Changes {
    /// The time of the newest change.
    pub(super) newest: String,
    /// The ids that changed since the copy was made; `None` if they are too many, or nobody knows since when.
    pub(super) ids: Option<Vec<String>>,
}

/// Asks for what changed since the time `since` in the archive at `url`.
pub(super) fn changes(agent: &Agent, url: &str, since: Option<&str>) -> io::Result<Changes> {
    let mut response = agent.get(&beside(url, LIST)).call().map_err(io::Error::other)?;
    read(BufReader::new(response.body_mut().as_reader().take(LIST_LIMIT)), since)
}

fn read(list: impl io::BufRead, since: Option<&str>) -> io::Result<Changes> {
    let mut newest = None;
    let mut ids = Vec::new();
    for line in list.lines() {
        let line = line?;
        let Some((time, id)) = line.split_once(',').filter(|(time, _)| is_time(time)) else {
            return Err(io::Error::other(format!("{LIST} is not what it should be")));
        };
        let newest: &String = newest.get_or_insert_with(|| time.to_owned());
        let Some(since) = since.filter(|_| ids.len() <= MOST) else {
            return Ok(Changes { newest: newest.clone(), ids: None });
        };
        // Without its `Z` a time with a fraction comes after the same one without.
        if time.trim_end_matches('Z') <= since.trim_end_matches('Z') {
            break;
        }
        if id.is_empty() || id.contains(['/', '\\', '?', '#', ' ']) {
            return Err(io::Error::other(format!("{LIST} has an id that is none")));
        }
        ids.push(id.to_owned());
    }
    let newest = newest.ok_or_else(|| io::Error::other(format!("{LIST} is empty")))?;
    Ok(Changes { newest, ids: (ids.len() <= MOST).then_some(ids) })
}

fn is_time(text: &str) -> bool {
    text.len() >= 20 && text.as_bytes()[4] == b'-' && text.as_bytes()[10] == b'T' && text.ends_with('Z')
}

/// Fetches the records `ids` of the archive at `url`, and puts them into the copy at `path`. A record that the
/// publisher no longer has is taken out.
pub(super) fn patch(agent: &Agent, url: &str, path: &Path, ids: &[String]) -> io::Result<()> {
    let mut records: BTreeMap<String, Option<Vec<u8>>> = BTreeMap::new();
    for id in ids {
        let name = format!("{id}.json");
        let record = match agent.get(&beside(url, &name)).call() {
            Ok(mut response) => {
                let mut bytes = Vec::new();
                let length = response.body_mut().as_reader().take(RECORD).read_to_end(&mut bytes)? as u64;
                if length == RECORD || !bytes.starts_with(b"{") {
                    return Err(io::Error::other(format!("what the server sent is not the record {id}")));
                }
                Some(bytes)
            }
            Err(ureq::Error::StatusCode(404)) => None,
            Err(error) => return Err(io::Error::other(error)),
        };
        records.insert(name, record);
    }
    rewrite(path, &records)
}

/// Writes the archive anew with these records in place of its own: beside it first, then in its place.
fn rewrite(path: &Path, records: &BTreeMap<String, Option<Vec<u8>>>) -> io::Result<()> {
    let mut old = ZipArchive::new(BufReader::new(File::open(path)?)).map_err(io::Error::other)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    let mut new = ZipWriter::new(io::BufWriter::new(file.as_file_mut()));
    for index in 0..old.len() {
        let entry = old.by_index_raw(index).map_err(io::Error::other)?;
        let name = entry.name().map_err(io::Error::other)?.into_owned();
        if !records.contains_key(&name) {
            new.raw_copy_file(entry).map_err(io::Error::other)?;
        }
    }
    for (name, record) in records {
        if let Some(bytes) = record {
            new.start_file(name.as_str(), SimpleFileOptions::default()).map_err(io::Error::other)?;
            new.write_all(bytes)?;
        }
    }
    new.finish().map_err(io::Error::other)?.flush()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn beside(url: &str, name: &str) -> String {
    let folder = url.rsplit_once('/').map_or(url, |(folder, _)| folder);
    format!("{folder}/{name}")
}

#[cfg(test)]
mod tests {
    use super::{Changes, MOST, read};

    #[test]
    fn reads_until_what_is_known() {
        let list = "2026-01-03T00:00:00Z,GHSA-c\n2026-01-02T00:00:00Z,GHSA-b\n2026-01-01T00:00:00Z,GHSA-a\n";
        let newest = "2026-01-03T00:00:00Z".to_owned();
        for (since, expected) in [
            (None, None),
            (Some("2026-01-01T00:00:00Z"), Some(vec!["GHSA-c", "GHSA-b"])),
            (Some("2026-01-03T00:00:00Z"), Some(vec![])),
        ] {
            let ids = expected.map(|ids| ids.into_iter().map(str::to_owned).collect());
            assert_eq!(
                read(list.as_bytes(), since).expect("a list"),
                Changes { newest: newest.clone(), ids }
            );
        }
        for bad in ["", "<html>\n", "2026-01-03T00:00:00Z,../../etc/passwd\n"] {
            assert!(read(bad.as_bytes(), Some("2026-01-01T00:00:00Z")).is_err(), "{bad}");
        }
        let long = "2026-01-03T00:00:00Z,A\n".repeat(MOST + 1);
        assert_eq!(read(long.as_bytes(), Some("2026-01-01T00:00:00Z")).expect("a list").ids, None);
    }
}
