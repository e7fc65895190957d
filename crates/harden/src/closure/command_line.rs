//! Code that stands in no file: what a Python interpreter was given on its command line or its standard input imports what
//! it likes, and the next time it is other code. The standard library stays whole for it.

use casehard_image::Entry;

use super::{Closure, Grade, python};
use crate::plan::Rule;

/// Directories that stand in or beside the standard library and are none of it: what is installed on top, and the
/// library's own tests, "meant for internal use by Python only" (library reference, `test`).
const APART: [&[u8]; 4] = [b"dist-packages", b"site-packages", b"test", b"tests"];

pub(super) fn keep(closure: &mut Closure<'_>) {
    let ground = closure.ground;
    let is_given = ground.profile.programs.iter().any(|(program, lists)| {
        closure.python.is_interpreter(program) && lists.iter().any(|argv| runs_no_file(argv))
    });
    if !is_given {
        return;
    }
    let used: Vec<Entry<'_>> = closure
        .nodes()
        .into_iter()
        .filter(|node| closure.grade(*node) == Some(Grade::Active))
        .map(|node| ground.tree.entry(node))
        .filter(|entry| entry.parent().is_some_and(|above| closure.python.is_standard(above)))
        .collect();
    // One of each package is enough to ask.
    let mut known = std::collections::BTreeSet::new();
    let used: Vec<_> = used.into_iter().filter(|entry| known.insert(ground.owners(entry.id()))).collect();
    for root in closure.python.standard_directories() {
        let root = ground.tree.entry(root);
        let mut places = vec![root];
        while let Some(place) = places.pop() {
            for entry in place.children() {
                if entry.is_directory() {
                    places.extend((!APART.contains(&entry.name())).then_some(entry));
                } else if is_module(entry.name()) && !closure.stays(entry.id()) {
                    let is_of_it = used.iter().any(|by| {
                        ground.owners(by.id()) == ground.owners(entry.id())
                            || python::of_one_source(ground, *by, entry)
                    });
                    if is_of_it {
                        closure.need(entry, Grade::Member, root, Rule::CodeGiven);
                    }
                }
            }
        }
    }
}

fn is_module(name: &[u8]) -> bool {
    name.ends_with(b".py") || name.ends_with(b".so")
}

/// Whether arguments name neither a script nor a module: code follows `-c`, or is read from standard input (*Command
/// line and environment*, section 1.1).
fn runs_no_file(argv: &[String]) -> bool {
    let mut words = argv.iter().skip(1).map(String::as_str);
    while let Some(word) = words.next() {
        match word.strip_prefix('-') {
            Some("") => return true,
            Some(long) if long.starts_with('-') => {
                // Options that only say something and end.
                if matches!(long, "-version" | "-help" | "-help-all" | "-help-env" | "-help-xoptions") {
                    return false;
                }
                if long == "-check-hash-based-pycs" {
                    words.next();
                }
            }
            Some(letters) => {
                // Letters stand together; the first that takes a value takes the rest, or the next word.
                match letters.char_indices().find(|(_, letter)| "cmWXVh?".contains(*letter)) {
                    Some((_, 'c')) => return true,
                    Some((_, 'm' | 'V' | 'h' | '?')) => return false,
                    Some((at, _)) if at + 1 == letters.len() => drop(words.next()),
                    _ => {}
                }
            }
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::runs_no_file;

    #[test]
    fn where_code_stands() {
        for (line, expected) in [
            ("python3", true),
            ("python3 -c print(1) x.py", true),
            ("python3 -Ic print(1)", true),
            ("python3 -W error -c 1", true),
            ("python3 -Werror -X dev - x", true),
            ("python3 app.py -c", false),
            ("python3 -u app.py", false),
            ("python3 -X utf8 app.py", false),
            ("python3 -m http.server -c", false),
            ("python3 -um app", false),
            ("python3 --version", false),
            ("python3 -VV", false),
        ] {
            let argv: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(runs_no_file(&argv), expected, "{line}");
        }
    }
}
