//! Where a feed is, when its address only leads to it.

use super::feeds::Via;
use crate::import::repository_file;
use std::io::{self, Read as _};
use ureq::Agent;

/// Most bytes of a list of mirrors, or of a repository's metadata.
const LIMIT: u64 = 4 << 20;

/// The address of the feed that `url` leads to.
pub(super) fn locate(agent: &Agent, url: &str, via: Via) -> io::Result<String> {
    match via {
        Via::Direct => Ok(url.to_owned()),
        Via::Repository => {
            let base = url.strip_suffix("repodata/repomd.xml").unwrap_or(url);
            in_repository(agent, base)
        }
        Via::Mirrors => {
            let list = text(agent, url)?;
            let mut mirrors = list.lines().map(str::trim).filter(|line| line.starts_with("https://"));
            let base = mirrors.next().ok_or_else(|| io::Error::other("the list of mirrors names none"))?;
            in_repository(agent, &format!("{}/", base.trim_end_matches('/')))
        }
        Via::Name => {
            let name = text(agent, url)?;
            let name = name.trim();
            if name.is_empty() || name.contains(['/', '\n', '?', '#']) {
                return Err(io::Error::other("what names the feed is no name of a file"));
            }
            let folder = url.rsplit_once('/').map_or(url, |(folder, _)| folder);
            Ok(format!("{folder}/{name}"))
        }
    }
}

fn in_repository(agent: &Agent, base: &str) -> io::Result<String> {
    let metadata = text(agent, &format!("{base}repodata/repomd.xml"))?;
    let file = repository_file(&metadata, "updateinfo")
        .filter(|file| !file.contains("..") && !file.contains("://"))
        .ok_or_else(|| io::Error::other("the repository has no advisories"))?;
    Ok(format!("{base}{file}"))
}

fn text(agent: &Agent, url: &str) -> io::Result<String> {
    let mut response = agent.get(url).call().map_err(io::Error::other)?;
    let mut text = String::new();
    let length = response.body_mut().as_reader().take(LIMIT).read_to_string(&mut text)? as u64;
    if length == LIMIT {
        return Err(io::Error::other(format!("{url} is over {LIMIT} bytes")));
    }
    Ok(text)
}
