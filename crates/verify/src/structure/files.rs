//! Whether a path is there, and as it should be.

use casehard_image::{Entry, Kind, Tree};
use casehard_profile::workload::structure::FileTest;

/// What is wrong with a path. Links on the way are followed, one at its end is not.
pub(super) fn file(tree: &Tree, test: &FileTest) -> Vec<String> {
    let Some(entry) = find(tree, test) else {
        return if test.exists { vec![format!("{} is not there", test.path)] } else { Vec::new() };
    };
    if !test.exists {
        return vec![format!("{} is there, and must not be", test.path)];
    }
    let mut reasons = Vec::new();
    let letters = [letters(entry), letters_of_go(entry)];
    if let Some(wanted) = test.permissions.as_ref().filter(|wanted| !letters.contains(wanted)) {
        reasons.push(format!("{} has the permissions {}, expected {wanted}", test.path, letters[0]));
    }
    for (what, found, wanted) in [("owner", entry.uid(), test.uid), ("group", entry.gid(), test.gid)] {
        if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
            reasons.push(format!("{} has the {what} {found}, expected {wanted}", test.path));
        }
    }
    if let Some(who) = test.executable_by.filter(|who| entry.mode() & who.bits() == 0) {
        let who = format!("{who:?}").to_lowercase();
        reasons.push(format!("{} is not executable by {who} ({})", test.path, letters[0]));
    }
    reasons
}

fn find<'a>(tree: &'a Tree, test: &FileTest) -> Option<Entry<'a>> {
    let Some((parent, name)) = test.path.parent().zip(test.path.file_name()) else {
        return Some(tree.root());
    };
    tree.resolve(&parent).entry?.child(name)
}

/// As `ls -l` writes it (POSIX, `ls`, the file mode).
fn letters(entry: Entry<'_>) -> String {
    let kind = match entry.kind() {
        Kind::Directory => 'd',
        Kind::Symlink(_) => 'l',
        Kind::CharDevice { .. } => 'c',
        Kind::BlockDevice { .. } => 'b',
        Kind::Fifo => 'p',
        _ => '-',
    };
    let mode = entry.mode();
    let mut text = String::from(kind);
    for (shift, special, letter) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let bits = mode >> shift;
        text.push(if bits & 4 == 0 { '-' } else { 'r' });
        text.push(if bits & 2 == 0 { '-' } else { 'w' });
        text.push(match (bits & 1 == 0, mode & special == 0) {
            (true, true) => '-',
            (false, true) => 'x',
            (true, false) => letter.to_ascii_uppercase(),
            (false, false) => letter,
        });
    }
    text
}

/// As Go's `fs.FileMode` writes it, which is what people copied from the tool's own output.
fn letters_of_go(entry: Entry<'_>) -> String {
    let mode = entry.mode();
    let mut text = match entry.kind() {
        Kind::Directory => "d",
        Kind::Symlink(_) => "L",
        Kind::CharDevice { .. } => "Dc",
        Kind::BlockDevice { .. } => "D",
        Kind::Fifo => "p",
        _ => "",
    }
    .to_owned();
    for (bit, letter) in [(0o4000, 'u'), (0o2000, 'g'), (0o1000, 't')] {
        if mode & bit != 0 {
            text.push(letter);
        }
    }
    if text.is_empty() {
        text.push('-');
    }
    for (bit, letter) in (0..9).rev().zip("rwxrwxrwx".chars()) {
        text.push(if mode & (1 << bit) == 0 { '-' } else { letter });
    }
    text
}
