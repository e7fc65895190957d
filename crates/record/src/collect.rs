//! Both witnesses put together when the container has ended.

use casehard_oci::RootPath;
use casehard_profile::{Access, Blind, Observation, Profile};
use hashbrown::HashSet;

use crate::{
    Mode,
    filter::unseen,
    process::{Recorder, Report},
    witness::{
        access_time::{Touched, touched},
        program_file::{self, ProgramFile},
    },
};

/// How reading a file shows in the first witness.
const READING: [Access; 5] =
    [Access::Read, Access::Executed, Access::Library, Access::Written, Access::Created];

/// Everything that was seen.
pub(crate) fn collect(recorder: &mut Recorder) -> Report {
    match touched() {
        Ok(list) => second_witness(recorder, &list),
        Err(error) => recorder.lose(|| format!("the access times: {error}")),
    }
    libraries(recorder);
    recorder.facts.calls.extend(unseen(recorder.mode));
    for what in blind(recorder.mode) {
        recorder.facts.blind.insert(what);
    }
    let profile = profile(recorder);
    Report {
        profile: String::from_utf8_lossy(&profile.to_json()).into_owned(),
        lost: std::mem::take(&mut recorder.lost),
        lost_count: recorder.lost_count,
        failed: None,
    }
}

/// What was seen so far, for a recorder without the second witness.
pub(crate) fn so_far(recorder: &mut Recorder) -> Profile {
    libraries(recorder);
    recorder.facts.calls.extend(unseen(recorder.mode));
    for what in blind(recorder.mode).iter().copied().chain([WITHOUT_SECOND]) {
        recorder.facts.blind.insert(what);
    }
    let mut profile = profile(recorder);
    if recorder.lost_count > 0 {
        let (count, examples) = (recorder.lost_count, recorder.lost.join("; "));
        let what = format!("{count} events that were lost, such as: {examples}");
        profile.observe(Observation::Blind(Blind { recorder: "seccomp-notify".to_owned(), what }));
    }
    profile
}

fn profile(recorder: &Recorder) -> Profile {
    let tasks = &recorder.tasks;
    recorder.facts.profile(&recorder.phases, |number| RootPath::parse(tasks.program(number)).ok())
}

const WITHOUT_SECOND: &str = "whatever notifications missed: the root of this container keeps no access times, so there was no second witness";

const fn blind(mode: Mode) -> &'static [&'static str] {
    match mode {
        Mode::Full => &[
            "which of the most frequent system calls (read, write, mmap, futex and the like) were made: all are taken as made",
            "names looked up from a directory descriptor with AT_EMPTY_PATH as the only flag",
            "socket files that a datagram is sent to without connecting",
        ],
        Mode::Light => &[
            "which of the most frequent system calls (read, write, open, mmap, futex and the like) were made: all are taken as made",
            "names looked up from a directory descriptor with AT_EMPTY_PATH as the only flag",
            "socket files that a datagram is sent to without connecting",
            "files that were opened for reading and not read, and files that were looked for by opening them and not there",
            "which program read a file",
        ],
    }
}

/// What access times say that notifications did not: known in the light mode by this alone, otherwise an event that
/// was lost, unless it is explained.
fn second_witness(recorder: &mut Recorder, list: &[Touched]) {
    let explained = |recorder: &Recorder, path: &[u8]| recorder.facts.was(path, &READING);
    let files: HashSet<u64> =
        list.iter().filter(|one| explained(recorder, &one.path)).filter_map(|one| one.file).collect();
    for one in list {
        let access = if one.kind.is_symlink() {
            Access::Link
        } else if one.kind.is_dir() {
            Access::Listed
        } else if one.kind.is_file() {
            Access::Read
        } else {
            continue;
        };
        let known = match access {
            Access::Read => {
                explained(recorder, &one.path) || one.file.is_some_and(|file| files.contains(&file))
            }
            _ => recorder.facts.was(&one.path, &[access]),
        };
        // What the application made itself has had a time from the beginning.
        if known || ancestors(&one.path).any(|path| recorder.facts.was(path, &[Access::Created])) {
            continue;
        }
        if access == Access::Read && recorder.mode == Mode::Full {
            let path = casehard_oci::escape(&one.path).into_owned();
            recorder.lose(|| {
                format!("/{path} was read, by its access time, and no system call that opened it was seen")
            });
        }
        // Links are followed, and directories listed, by the kernel for the sandbox too; keeping them is harmless.
        recorder.facts.used(&one.path, access, None, 0);
    }
}

/// The directories that a path is in, and itself.
fn ancestors(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    ends.chain([path.len()]).map(|end| &path[..end])
}

/// A file that was read, was not run, and can be mapped at any place is a library.
fn libraries(recorder: &mut Recorder) {
    for path in recorder.facts.paths(&[Access::Read]) {
        if recorder.facts.was(&path, &[Access::Executed, Access::Library]) {
            continue;
        }
        if matches!(program_file::look(&path), Ok(ProgramFile::Elf { shared: true, .. })) {
            recorder.facts.used(&path, Access::Library, None, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directories_of_a_path_are_told() {
        let all: Vec<&[u8]> = ancestors(b"a/b/c").collect();
        assert_eq!(all, [&b"a"[..], b"a/b", b"a/b/c"]);
    }
}
