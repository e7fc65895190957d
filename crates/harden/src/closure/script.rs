//! Scripts: the interpreter in their first line (`execve(2)`, section *Interpreter scripts*).

use casehard_image::Entry;
use casehard_oci::RootPath;

use super::{Closure, Grade};
use crate::plan::Rule;

pub(super) fn close<'a>(closure: &mut Closure<'a>, entry: Entry<'a>, grade: Grade) {
    if entry.mode() & 0o111 == 0 {
        return;
    }
    let Some(script) = closure.ground.inventory.script(entry) else { return };
    let mut wanted = vec![RootPath::root().join_as_kernel(&script.interpreter)];
    wanted.extend(script.by_env().and_then(|name| closure.look_up(name)));
    for path in wanted {
        if grade == Grade::Member && !declared(closure, entry, &path) {
            continue;
        }
        closure.need_path(&path, grade, entry, Rule::Shebang);
    }
}

/// Whether the interpreter of a script that did not run comes from a package that the script's package declares to
/// need. What every system has (`Essential`) is not declared, so the shell of an unused script does not stay for it.
fn declared(closure: &Closure<'_>, script: Entry<'_>, interpreter: &RootPath) -> bool {
    let ground = closure.ground;
    let Some(target) = ground.tree.resolve(interpreter).entry else { return false };
    // Of no package: then nothing declares it, and nothing speaks against it.
    ground.may_bring(script, target)
}
