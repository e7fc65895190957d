//! Conditional requests, streamed beside the old copy and put in its place when they are whole.

use super::{
    Feed,
    delta::{changes, patch},
    folder::{Copy, FolderError, State, read_state, write_state},
    locate::locate,
};
use serde::Serialize;
use std::{
    fs,
    io::{self, Read as _, Write as _},
    path::Path,
    time::Duration,
};
use ureq::Agent;

/// Most bytes of one feed.
const LIMIT: u64 = 8 << 30;

/// How to fetch.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    /// The base URL of a mirror of the folder of copies, instead of the publishers.
    pub mirror: Option<&'a str>,
    /// The day, `YYYY-MM-DD`.
    pub today: &'a str,
    /// How long one feed may take.
    pub timeout: Duration,
    /// What the program calls itself to servers.
    pub user_agent: &'a str,
}

/// A feed that could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failed {
    /// Its place in the folder.
    pub file: String,
    /// Why.
    pub reason: String,
    /// Whether an older copy is there.
    pub kept: bool,
}

/// What an update did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Updated {
    /// Feeds that were fetched.
    pub fetched: Vec<String>,
    /// Feeds that had not changed.
    pub unchanged: Vec<String>,
    /// Feeds that could not be fetched.
    pub failed: Vec<Failed>,
}

/// Brings the copies in `folder` up to date, asking each publisher only for what changed, and tells `progress` of each
/// feed before it is asked for.
///
/// # Errors
/// If the folder cannot be used. A feed that fails is no error: it is named in the result.
pub fn update(
    folder: &Path,
    feeds: &[Feed],
    options: &Options,
    progress: &mut dyn FnMut(&Feed),
) -> Result<Updated, FolderError> {
    fs::create_dir_all(folder).map_err(|source| FolderError::Io { path: folder.to_owned(), source })?;
    let mut state: State = read_state(folder)?;
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(options.timeout))
        .user_agent(options.user_agent)
        .build()
        .into();
    let mut updated = Updated::default();
    for feed in feeds {
        progress(feed);
        let copy = state.entry(feed.file.clone()).or_default();
        copy.source = feed.source.map(str::to_owned);
        match fetch(&agent, folder, feed, copy, options) {
            Ok(true) => updated.fetched.push(feed.file.clone()),
            Ok(false) => updated.unchanged.push(feed.file.clone()),
            Err(error) => {
                copy.failure = Some(format!("{error} ({})", options.today));
                let failed = Failed {
                    file: feed.file.clone(),
                    reason: error.to_string(),
                    kept: copy.fetched.is_some(),
                };
                updated.failed.push(failed);
            }
        }
        // Each step is kept, so that an interrupted update goes on where it was.
        write_state(folder, &state)?;
    }
    Ok(updated)
}

/// Brings one copy up to date. Gives whether there was something new.
fn fetch(agent: &Agent, folder: &Path, feed: &Feed, copy: &mut Copy, options: &Options) -> io::Result<bool> {
    let path = folder.join(&feed.file);
    if let Some(base) = options.mirror {
        let url = format!("{}/{}", base.trim_end_matches('/'), feed.file);
        return whole(agent, &url, &path, feed, copy, options.today);
    }
    if !feed.has_delta {
        let url = locate(agent, &feed.url, feed.via)?;
        return whole(agent, &url, &path, feed, copy, options.today);
    }
    let since = copy.newest.as_deref().filter(|_| path.is_file());
    // Without a list of changes there is still the archive.
    let Ok(changed) = changes(agent, &feed.url, since) else {
        return whole(agent, &feed.url, &path, feed, copy, options.today);
    };
    let is_new = match &changed.ids {
        Some(ids) if ids.is_empty() => false,
        Some(ids) => {
            patch(agent, &feed.url, &path, ids)?;
            // The copy is no longer the file that these are of.
            (copy.etag, copy.modified) = (None, None);
            copy.fetched = Some(options.today.to_owned());
            true
        }
        None => whole(agent, &feed.url, &path, feed, copy, options.today)?,
    };
    copy.newest = Some(changed.newest);
    copy.failure = None;
    Ok(is_new)
}

/// Fetches a feed whole, if it changed.
fn whole(
    agent: &Agent,
    url: &str,
    path: &Path,
    feed: &Feed,
    copy: &mut Copy,
    today: &str,
) -> io::Result<bool> {
    let mut request = agent.get(url);
    // Without the copy an answer that nothing changed would be of no use.
    if path.is_file() {
        for (name, value) in [("If-None-Match", &copy.etag), ("If-Modified-Since", &copy.modified)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
    }
    let mut response = request.call().map_err(io::Error::other)?;
    if response.status() == 304 {
        copy.failure = None;
        return Ok(false);
    }
    if response.status() != 200 {
        return Err(io::Error::other(format!("the server answered {}", response.status())));
    }
    let header =
        |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (etag, modified) = (header("etag"), header("last-modified"));
    let parent = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    let mut file = tempfile::NamedTempFile::new_in(parent)?;
    let mut body = response.body_mut().as_reader();
    let mut head = Vec::new();
    body.by_ref().take(512).read_to_end(&mut head)?;
    if !feed.shape.accepts(&head) {
        return Err(io::Error::other("what the server sent is not the feed"));
    }
    file.write_all(&head)?;
    let copied = io::copy(&mut body.take(LIMIT), file.as_file_mut())?;
    if copied == LIMIT {
        return Err(io::Error::other(format!("it is over {LIMIT} bytes")));
    }
    file.persist(path).map_err(|error| error.error)?;
    let (source, fetched) = (copy.source.take(), Some(today.to_owned()));
    *copy = Copy { etag, modified, fetched, source, ..Copy::default() };
    Ok(true)
}
