//! Shell forms that are plain lists of words.

use casehard_dockerfile::{Dockerfile, Form, Mapped, shell};

/// The JSON of a shell form that runs one program with words that no shell would change.
pub(crate) fn exec_form(text: &Mapped) -> Option<String> {
    let script = shell::parse(text);
    let [command] = script.commands.as_slice() else { return None };
    let plain = command.assignments.is_empty()
        && command.redirects.is_empty()
        && script.comments.is_empty()
        && command.next == shell::Joint::Start
        && !command.words.is_empty()
        && command.depth == 0;
    if !plain || text.range(0..text.text.len()).len() != text.text.len() {
        return None;
    }
    let words: Option<Vec<String>> = command
        .words
        .iter()
        .map(|word| {
            let literal = word.literal.as_deref()?;
            let expands =
                !word.quoted && (word.raw.contains(['*', '?', '[', '{', '\\']) || word.raw.starts_with('~'));
            let odd = literal.chars().any(|c| c.is_control() || c == '"' || c == '\\');
            (!expands && !odd).then(|| format!("\"{literal}\""))
        })
        .collect();
    let words = words?;
    // Builtins exist only in a shell.
    let builtin = [
        "cd", "exec", "export", "source", ".", "set", "ulimit", "umask", "eval", "exit", "trap", "wait", ":",
    ];
    let program = command.words[0].text();
    (!builtin.contains(&program)).then(|| format!("[{}]", words.join(", ")))
}

/// Whether a text is a JSON array of strings with at least one.
pub(crate) fn is_string_array(text: &str) -> bool {
    let document = Dockerfile::parse(format!("FROM a\nCMD {text}").as_bytes());
    let form = document.instructions().get(1).and_then(|instruction| instruction.command());
    matches!(form, Some(Form::Exec(words)) if !words.is_empty())
}
