//! What a process becomes: words, variables, user, directory.

use std::ffi::CString;

use casehard_oci::RootPath;

use super::{Doing as _, Failure, Start, run::command_failure};
use crate::{Exec, sys};

/// The search path where an image says none, as Docker has it.
const SEARCH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What a process becomes.
pub(super) struct Command {
    pub(super) argv: Vec<String>,
    pub(super) env: Vec<String>,
    pub(super) user: String,
    pub(super) workdir: RootPath,
}

impl Command {
    /// The command of a container.
    pub(super) fn first(start: &Start) -> Self {
        let mut env = vec![SEARCH.to_owned(), format!("HOSTNAME={}", start.spec.hostname)];
        start.spec.env.iter().for_each(|pair| set(&mut env, pair));
        Self {
            argv: start.spec.argv.clone(),
            env,
            user: start.spec.user.clone(),
            workdir: start.spec.workdir.clone(),
        }
    }

    /// A further command of it.
    pub(super) fn further(start: &Start, exec: Exec) -> Self {
        let first = Self::first(start);
        let mut env = first.env;
        exec.env.iter().for_each(|pair| set(&mut env, pair));
        Self { argv: exec.argv, env, user: exec.user.unwrap_or(first.user), workdir: first.workdir }
    }

    /// Sets `HOME` where nothing did, as runtimes do.
    pub(super) fn default_home(&mut self, home: &str) {
        if !self.env.iter().any(|pair| pair.starts_with("HOME=")) {
            self.env.push(format!("HOME={home}"));
        }
    }

    /// The file to execute, found in the search path as `execvp(3)` does.
    pub(super) fn find(&self) -> Result<CString, Failure> {
        let name = self.argv.first().map_or("", String::as_str);
        let doing = || format!("start {:?}", casehard_oci::escape(name.as_bytes()));
        let missing = |number| command_failure(doing(), &std::io::Error::from_raw_os_error(number));
        if name.is_empty() {
            return Err(missing(libc::ENOENT));
        }
        let text = |path: String| CString::new(path).map_err(|_| missing(libc::EINVAL));
        if name.contains('/') {
            return text(name.to_owned());
        }
        let search = self.env.iter().find_map(|pair| pair.strip_prefix("PATH=")).unwrap_or_default();
        let mut error = libc::ENOENT;
        for directory in search.split(':') {
            let path = if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") };
            match rustix::fs::stat(&path) {
                Ok(found) if rustix::fs::FileType::from_raw_mode(found.st_mode).is_file() => {
                    if rustix::fs::access(&path, rustix::fs::Access::EXEC_OK).is_ok() {
                        return text(path);
                    }
                    error = libc::EACCES;
                }
                _ => {}
            }
        }
        Err(missing(error))
    }

    /// Becomes the command. Returns only on failure.
    pub(super) fn execute(&self, path: &std::ffi::CStr) -> Failure {
        let doing = format!("start {:?}", casehard_oci::escape(path.to_bytes()));
        let texts = |list: &[String]| -> Result<Vec<CString>, std::ffi::NulError> {
            list.iter().map(|text| CString::new(text.as_bytes())).collect()
        };
        match (texts(&self.argv), texts(&self.env)) {
            (Ok(argv), Ok(env)) => command_failure(doing, &sys::execute(path, &argv, &env)),
            _ => command_failure(doing, &std::io::Error::from_raw_os_error(libc::EINVAL)),
        }
    }
}

fn set(env: &mut Vec<String>, pair: &str) {
    let name = pair.split('=').next().unwrap_or_default();
    env.retain(|old| old.split('=').next() != Some(name));
    env.push(pair.to_owned());
}

/// Makes the working directory when it is not there, and goes to it.
pub(super) fn go_to(workdir: &RootPath) -> Result<(), Failure> {
    let path = super::inside::absolute(workdir);
    match rustix::process::chdir(&path) {
        Err(rustix::io::Errno::NOENT) => {
            for ancestor in path.ancestors().collect::<Vec<_>>().into_iter().rev() {
                let _ = rustix::fs::mkdir(ancestor, rustix::fs::Mode::from_raw_mode(0o755));
            }
            rustix::process::chdir(&path)
        }
        result => result,
    }
    .doing(format!("go to the working directory {workdir}"))
}
