//! What an application had to be given back to work, found by trying.

use std::collections::BTreeMap;

/// What an application had to be given back to work, found by trying; with each the operation that needs it and the step
/// that fails without it, as one text. Nothing, for most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Concessions {
    /// It runs as root.
    pub root: Option<String>,
    /// The capabilities that root has then, by name (`CAP_CHOWN`).
    pub capabilities: BTreeMap<String, String>,
    /// Its root file system is writable.
    pub writable_root: Option<String>,
    /// Files that it writes to memory (`tmpfs`) may be run and mapped as code.
    pub executable_memory: Option<String>,
    /// System calls beyond those that were seen, by name.
    pub syscalls: BTreeMap<String, String>,
}

impl Concessions {
    /// What the person who decides should know of them: what it is about, and the sentence.
    pub(crate) fn notes(&self) -> Vec<(&'static str, String)> {
        let mut notes = Vec::new();
        if let Some(why) = &self.root {
            notes.push(("user", format!("it runs as root, because it does not work otherwise: {why}")));
        }
        for (name, why) in &self.capabilities {
            notes.push(("capabilities", format!("{name} stays, because it does not work otherwise: {why}")));
        }
        if let Some(why) = &self.writable_root {
            notes.push((
                "read-only-root",
                format!("its root is writable, because it does not work otherwise: {why}"),
            ));
        }
        if let Some(why) = &self.executable_memory {
            notes.push((
                "writable-paths",
                format!("code in its tmpfs may be run, because it does not work otherwise: {why}"),
            ));
        }
        for (name, why) in &self.syscalls {
            notes.push((
                "seccomp",
                format!("the system call {name} is allowed though it was not seen: {why}"),
            ));
        }
        notes
    }
}
