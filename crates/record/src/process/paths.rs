//! Calls that take paths.

use std::io;

use casehard_profile::Access;

use super::recorder::{Event, Recorder, Seen, still_waits};
use crate::{
    call::{Deed, Follow, Place},
    witness::{
        memory,
        program_file::{self, ProgramFile},
        resolve::{Attributes, End},
    },
};

/// How many interpreters may stand behind each other, as in the kernel.
const INTERPRETERS: usize = 5;

/// The bits of open flags that matter, of this machine's family.
const CREATE: u32 = libc::O_CREAT as u32;
const EXCLUSIVE: u32 = libc::O_EXCL as u32;
const TRUNCATE: u32 = libc::O_TRUNC as u32;
const PATH_ONLY: u32 = libc::O_PATH as u32;
const NO_FOLLOW: u32 = libc::O_NOFOLLOW as u32;
const TEMPORARY: u32 = libc::O_TMPFILE as u32;
const MODE: u32 = libc::O_ACCMODE as u32;

impl Recorder {
    /// One path of a call.
    pub(super) fn path(&mut self, event: &Event<'_>, place: Place, deed: Deed) -> io::Result<()> {
        let pointer = event.arguments[usize::from(place.path)];
        self.path.clear();
        if pointer != 0 && !self.read_path(event, pointer)? {
            return Ok(());
        }
        let Some((flags, deed)) = self.flags(event, deed)? else { return Ok(()) };
        let mut follow = match place.follow {
            Follow::Yes => true,
            Follow::No => false,
            Follow::Unless(argument, bits) => event.number(argument) & bits == 0,
            Follow::If(argument, bits) => event.number(argument) & bits != 0,
        };
        if matches!(deed, Deed::Open(_))
            && (flags & NO_FOLLOW != 0 || flags & (CREATE | EXCLUSIVE) == CREATE | EXCLUSIVE)
        {
            follow = false;
        }
        if !self.find_base(event, place, deed)? {
            return Ok(());
        }
        let seen = Seen {
            path: self.facts.number(&self.path),
            base: self.facts.number(&self.base),
            program: event.program,
            phase: self.phase,
            deed,
            follow,
            flags,
        };
        if self.seen.contains(&seen) {
            return Ok(());
        }
        self.resolver.resolve(&self.base, &self.path, follow, &mut self.resolved);
        self.way(event);
        self.end(event, deed, flags)?;
        let repeats = !matches!(
            deed,
            Deed::Execute(_)
                | Deed::Own(..)
                | Deed::MakeNode(_)
                | Deed::MoveAway
                | Deed::Restructure
                | Deed::ChangeRoot
        );
        if repeats {
            self.seen.insert(seen);
            self.give_memory_back();
        }
        Ok(())
    }

    /// Reads a path into `self.path`; `false` when the kernel will refuse it, as it is no address or too long.
    fn read_path(&mut self, event: &Event<'_>, pointer: u64) -> io::Result<bool> {
        let mut tries = 0;
        loop {
            match memory::path(event.thread, pointer, &mut self.path) {
                Err(error) if error.raw_os_error() == Some(libc::EFAULT) => return Ok(false),
                // It may have been killed while it waited; otherwise it can be read the next time, or is lost.
                Err(error) if tries == 2 || !still_waits(event) => return Err(error),
                Err(_) => tries += 1,
                Ok(whole) => return Ok(whole),
            }
        }
    }

    /// The open flags of a call, and its deed in the form that is the same for all ways to open; `None` when the
    /// kernel will refuse the call.
    fn flags(&self, event: &Event<'_>, deed: Deed) -> io::Result<Option<(u32, Deed)>> {
        Ok(Some(match deed {
            Deed::Open(argument) => (event.number(argument), Deed::Open(0)),
            Deed::OpenHow(argument) => {
                let mut how = [0; 8];
                match memory::read(event.thread, event.arguments[usize::from(argument)], &mut how) {
                    Ok(8) => (u64::from_le_bytes(how) as u32, Deed::Open(0)),
                    Err(error) if error.raw_os_error() != Some(libc::EFAULT) => return Err(error),
                    _ => return Ok(None),
                }
            }
            Deed::Truncate => (CREATE | TRUNCATE | libc::O_WRONLY as u32, Deed::Open(0)),
            other => (0, other),
        }))
    }

    /// Puts the directory that the path begins at into `self.base`; `false` when there is nothing to look at: an
    /// empty path means the descriptor itself, which was seen when it was opened, unless it is changed or executed.
    fn find_base(&mut self, event: &Event<'_>, place: Place, deed: Deed) -> io::Result<bool> {
        self.base.clear();
        let (task, _) = self.tasks.get(event.thread)?;
        if self.path.first() == Some(&b'/') {
            if let Some((skip, descriptor)) = own_link(&self.path) {
                match descriptor {
                    Own::Descriptor(number) => task.descriptor(number, &mut self.base),
                    Own::Current => task.current_directory(&mut self.base),
                    Own::Root => task.root(&mut self.base),
                }
                .or_else(|error| {
                    if error.raw_os_error() == Some(libc::ENOENT) { Ok(()) } else { Err(error) }
                })?;
                self.path.drain(..skip);
                if self.path.is_empty() {
                    self.path.push(b'.');
                    return Ok(self.split_base());
                }
                return Ok(self.base.first() == Some(&b'/'));
            }
            if self.changed_root {
                task.root(&mut self.base)?;
                let relative = self.path.iter().position(|byte| *byte != b'/').unwrap_or(self.path.len());
                self.path.drain(..relative);
                self.path.insert(0, b'/');
                self.path.insert(0, b'.');
            }
            return Ok(true);
        }
        let descriptor = place.directory.map(|argument| event.descriptor(argument));
        let directory = match descriptor {
            None | Some(libc::AT_FDCWD) => task.current_directory(&mut self.base),
            Some(number) => task.descriptor(number, &mut self.base),
        };
        match directory {
            // No such descriptor: the kernel will refuse the call.
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => return Ok(false),
            directory => directory?,
        }
        if self.path.is_empty() {
            let itself = matches!(deed, Deed::Execute(_) | Deed::Change | Deed::Own(..));
            return Ok(itself && descriptor.is_some() && self.split_base());
        }
        Ok(self.base.first() == Some(&b'/') && !self.base.ends_with(b" (deleted)"))
    }

    /// Makes the base, which is a path itself, the path.
    fn split_base(&mut self) -> bool {
        if self.base.first() != Some(&b'/') || self.base.ends_with(b" (deleted)") {
            return false;
        }
        std::mem::swap(&mut self.base, &mut self.path);
        self.base.clear();
        true
    }

    /// What lay on the way.
    fn way(&mut self, event: &Event<'_>) {
        for link in &self.resolved.links {
            self.facts.used(link, Access::Link, event.program, self.phase);
        }
        for directory in &self.resolved.left {
            self.facts.used(directory, Access::Found, event.program, self.phase);
        }
    }

    fn note(&mut self, event: &Event<'_>, access: Access) {
        self.facts.used(&self.resolved.path, access, event.program, self.phase);
    }

    /// What is done at the end of the path.
    fn end(&mut self, event: &Event<'_>, deed: Deed, flags: u32) -> io::Result<()> {
        let found = match self.resolved.end {
            Some(End::Found(found)) => Some(found),
            Some(End::Missing) => None,
            _ => {
                // What is mounted may hide paths of the image after a call, though it is not of it itself.
                self.restructured(deed);
                return Ok(());
            }
        };
        match (deed, found) {
            (Deed::Open(_), found) => self.opened(event, flags, found)?,
            (Deed::Make | Deed::MakeNode(_) | Deed::Restructure, None) => self.note(event, Access::Created),
            (Deed::Make | Deed::MakeNode(_), Some(_)) => self.note(event, Access::Found),
            (Deed::Restructure, Some(_)) => self.note(event, Access::Written),
            (_, None) => self.note(event, Access::Missing),
            (Deed::Remove | Deed::MoveAway, Some(_)) => self.note(event, Access::Removed),
            (Deed::ReadLink | Deed::Look, Some(found)) => {
                let access = if found.kind().is_symlink() { Access::Link } else { Access::Found };
                self.note(event, access);
            }
            (Deed::ChangeRoot, Some(_)) => self.note(event, Access::Found),
            (Deed::Change, Some(found)) => {
                self.note(event, Access::Written);
                self.change_of_other(event, &found)?;
            }
            (Deed::Own(user, group), Some(found)) => {
                self.note(event, Access::Written);
                self.new_owner(event, &found, event.number(user), event.number(group))?;
            }
            (Deed::Execute(arguments), Some(_)) => self.executed(event, arguments)?,
            (Deed::OpenHow(_) | Deed::Truncate, Some(_)) => {}
        }
        if let Deed::MakeNode(mode) = deed {
            self.node(event, event.number(mode));
        }
        if deed == Deed::ChangeRoot {
            self.changed_root = true;
            self.facts.needed("CAP_SYS_CHROOT", || event.name.to_owned());
        }
        self.restructured(deed);
        Ok(())
    }

    fn restructured(&mut self, deed: Deed) {
        if matches!(deed, Deed::MoveAway | Deed::Restructure | Deed::ChangeRoot) {
            self.resolver.forget();
            self.seen.clear();
        }
    }

    fn opened(&mut self, event: &Event<'_>, flags: u32, found: Option<Attributes>) -> io::Result<()> {
        let writes = matches!(flags & MODE, m if m == libc::O_WRONLY as u32 || m == libc::O_RDWR as u32);
        let reads = flags & MODE == libc::O_RDONLY as u32 || flags & MODE == libc::O_RDWR as u32;
        let Some(found) = found else {
            let access = if flags & CREATE != 0 { Access::Created } else { Access::Missing };
            self.note(event, access);
            return Ok(());
        };
        let kind = found.kind();
        if flags & PATH_ONLY != 0 || kind.is_symlink() {
            self.note(event, if kind.is_symlink() { Access::Link } else { Access::Found });
            return Ok(());
        }
        if flags & (CREATE | EXCLUSIVE) == CREATE | EXCLUSIVE {
            self.note(event, Access::Found);
            return Ok(());
        }
        if kind.is_dir() {
            let temporary = flags & TEMPORARY == TEMPORARY;
            self.note(event, if temporary { Access::Written } else { Access::Found });
            return Ok(());
        }
        if reads {
            self.note(event, Access::Read);
            if !writes {
                self.opened_own_code(event);
            }
        }
        if writes || flags & TRUNCATE != 0 {
            self.note(event, Access::Written);
        }
        self.opened_by_right(event, &found, reads, writes)
    }

    /// A library that the application made itself may be gone when the run ends, so it is told where it is opened.
    fn opened_own_code(&mut self, event: &Event<'_>) {
        let path = &self.resolved.path;
        let is_own = self.facts.was(path, &[Access::Created]) && !self.facts.was(path, &[Access::Library]);
        if is_own && matches!(program_file::look(path), Ok(ProgramFile::Elf { shared: true, .. })) {
            self.note(event, Access::Library);
        }
    }

    fn executed(&mut self, event: &Event<'_>, argument: u8) -> io::Result<()> {
        self.note(event, Access::Executed);
        let path = self.resolved.path.clone();
        match memory::arguments(event.thread, event.arguments[usize::from(argument)], event.narrow) {
            Ok(arguments) => self.facts.started(&path, arguments),
            Err(error) if error.raw_os_error() == Some(libc::EFAULT) => {}
            Err(error) => return Err(error),
        }
        self.tasks.forget();
        self.interpreters(event, path);
        Ok(())
    }

    /// What the kernel itself opens to execute a file.
    fn interpreters(&mut self, event: &Event<'_>, mut path: Vec<u8>) {
        for _ in 0..INTERPRETERS {
            let Ok(file) = program_file::look(&path) else { return };
            let (next, access) = match file {
                ProgramFile::Script(interpreter) => (interpreter, Access::Executed),
                ProgramFile::Elf { loader: Some(loader), .. } => (loader, Access::Library),
                _ => return,
            };
            self.base.clear();
            if next.first() != Some(&b'/')
                && self
                    .tasks
                    .get(event.thread)
                    .and_then(|(task, _)| task.current_directory(&mut self.base))
                    .is_err()
            {
                return;
            }
            self.resolver.resolve(&self.base, &next, true, &mut self.resolved);
            self.way(event);
            match self.resolved.end {
                Some(End::Found(_)) => self.note(event, access),
                Some(End::Missing) => return self.note(event, Access::Missing),
                _ => return,
            }
            if access == Access::Library {
                return;
            }
            path.clone_from(&self.resolved.path);
        }
    }

    /// The entries of an open directory were asked for.
    pub(super) fn listed(&mut self, event: &Event<'_>) -> io::Result<()> {
        self.at_descriptor(event, event.descriptor(0), |recorder, event, _| {
            recorder.note(event, Access::Listed);
            Ok(())
        })
    }

    /// The metadata of an open file are changed.
    pub(super) fn change_open(&mut self, event: &Event<'_>, owner: Option<(u8, u8)>) -> io::Result<()> {
        self.at_descriptor(event, event.descriptor(0), |recorder, event, found| {
            recorder.note(event, Access::Written);
            match owner {
                Some((user, group)) => {
                    recorder.new_owner(event, found, event.number(user), event.number(group))
                }
                None => recorder.change_of_other(event, found),
            }
        })
    }

    fn at_descriptor(
        &mut self,
        event: &Event<'_>,
        number: i32,
        deed: impl FnOnce(&mut Self, &Event<'_>, &Attributes) -> io::Result<()>,
    ) -> io::Result<()> {
        self.base.clear();
        let (task, _) = self.tasks.get(event.thread)?;
        match task.descriptor(number, &mut self.base) {
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => return Ok(()),
            result => result?,
        }
        if self.base.first() != Some(&b'/') || self.base.ends_with(b" (deleted)") {
            return Ok(());
        }
        self.resolver.resolve(b"", &self.base, false, &mut self.resolved);
        match self.resolved.end {
            Some(End::Found(found)) => deed(self, event, &found),
            _ => Ok(()),
        }
    }
}

/// What a link below `/proc/self` or `/dev/fd` means.
enum Own {
    Descriptor(i32),
    Current,
    Root,
}

/// A path that begins with a link to something of the process itself: how long that is, and what. The recorder
/// cannot follow such links, as they would lead to its own.
fn own_link(path: &[u8]) -> Option<(usize, Own)> {
    let descriptor = |rest: &[u8]| {
        let end = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
        let number = std::str::from_utf8(&rest[..end]).ok()?.parse().ok()?;
        Some((path.len() - rest.len() + end, Own::Descriptor(number)))
    };
    if let Some(rest) = path.strip_prefix(b"/dev/fd/") {
        return descriptor(rest).map(|(length, own)| (skip(path, length), own));
    }
    let rest = path.strip_prefix(b"/proc/self/").or_else(|| path.strip_prefix(b"/proc/thread-self/"))?;
    if let Some(rest) = rest.strip_prefix(b"fd/") {
        return descriptor(rest).map(|(length, own)| (skip(path, length), own));
    }
    for (name, own) in [(&b"cwd"[..], Own::Current), (b"root", Own::Root)] {
        if let Some(after) = rest.strip_prefix(name)
            && after.first().is_none_or(|byte| *byte == b'/')
        {
            return Some((skip(path, path.len() - after.len()), own));
        }
    }
    None
}

/// The length with the slashes behind.
fn skip(path: &[u8], length: usize) -> usize {
    length + path[length..].iter().take_while(|byte| **byte == b'/').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_the_process_itself_are_known() {
        let cases: [(&str, Option<(&str, &str)>); 8] = [
            ("/proc/self/fd/7", Some(("", "7"))),
            ("/proc/self/fd/7//x/y", Some(("x/y", "7"))),
            ("/dev/fd/3/x", Some(("x", "3"))),
            ("/proc/thread-self/cwd/a", Some(("a", "cwd"))),
            ("/proc/self/root/etc", Some(("etc", "root"))),
            ("/proc/self/rooty", None),
            ("/proc/self/fd/x", None),
            ("/etc/passwd", None),
        ];
        for (path, expected) in cases {
            let got = own_link(path.as_bytes()).map(|(length, own)| {
                let own = match own {
                    Own::Descriptor(number) => number.to_string(),
                    Own::Current => "cwd".to_owned(),
                    Own::Root => "root".to_owned(),
                };
                (path[length..].to_owned(), own)
            });
            let expected = expected.map(|(rest, own)| (rest.to_owned(), own.to_owned()));
            assert_eq!(got, expected, "{path}");
        }
    }
}
