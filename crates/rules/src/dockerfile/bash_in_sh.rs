//! `bash-in-sh`: a step uses what only bash knows where sh runs it.

use crate::build::*;

rule! {
    "bash-in-sh", Dockerfile, Medium, true,
    "a step uses what only bash knows where sh runs it",
    [
        "shellcheck:SC2039", "shellcheck:SC3001", "shellcheck:SC3003", "shellcheck:SC3009", "shellcheck:SC3010",
        "shellcheck:SC3011", "shellcheck:SC3014", "shellcheck:SC3020", "shellcheck:SC3024", "shellcheck:SC3028",
        "shellcheck:SC3030", "shellcheck:SC3037", "shellcheck:SC3039", "shellcheck:SC3040", "shellcheck:SC3044",
        "shellcheck:SC3046", "shellcheck:SC3047", "shellcheck:SC3053", "shellcheck:SC3054", "shellcheck:SC3057",
        "shellcheck:SC3059", "shellcheck:SC3060"
    ]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in &input.steps {
        let dash = match input.shell_of(step) {
            Sh::Dash => true,
            Sh::Ash => false,
            Sh::Bash | Sh::Unknown => continue,
        };
        if step.calls().any(|call| call.program() == "bash") {
            continue;
        }
        let mut told: Vec<&str> = Vec::new();
        for command in &step.commands {
            let mut found = of_call(Call::new(command), dash);
            found.extend(command.redirects.iter().find_map(|redirect| match redirect.operator {
                "<<<" => Some((redirect.target.range.clone(), "<<<")),
                "&>" | "&>>" if dash => Some((redirect.target.range.clone(), "&>")),
                _ => None,
            }));
            let behind = input.source(command.range.end..input.document.text().len()).trim_start_matches([' ', '\t']);
            found.extend((command.next == Joint::Pipe && behind.starts_with("|&")).then(|| (command.range.clone(), "|&")));
            let words = command.assignments.iter().chain(&command.words);
            found.extend(words.filter_map(|word| Some((word.range.clone(), of_word(word, dash, command.program())?))));
            for (range, what) in found {
                if !told.contains(&what) {
                    told.push(what);
                    report.at(range, format!("{what} is of bash, and sh runs this step"));
                }
            }
        }
    }
}

/// A builtin, or an argument of one, that the shell does not have.
fn of_call(call: Call<'_>, dash: bool) -> Vec<(std::ops::Range<usize>, &'static str)> {
    let has = |argument: &str| call.arguments().iter().any(|word| word.text() == argument);
    let what = match call.program() {
        "pushd" => "pushd",
        "popd" => "popd",
        "shopt" => "shopt",
        "declare" => "declare",
        "mapfile" | "readarray" => "mapfile",
        "trap" if has("ERR") => "trap … ERR",
        // Alpine's shell knows these.
        "[[" if dash => "[[",
        "source" if dash => "source",
        "let" if dash => "let",
        "function" if dash => "function",
        "[" | "test" if dash && has("==") => "== in a test",
        // Not the program of this name, which knows it.
        "echo" if dash && call.name().text() == "echo" && call.arguments().first().is_some_and(|word| matches!(word.raw.as_str(), "-e" | "-ne" | "-en")) => "echo -e",
        "set" if dash && has("pipefail") => "set -o pipefail",
        _ => return Vec::new(),
    };
    vec![(call.name().range.clone(), what)]
}

/// Syntax in a word that the shell does not have.
fn of_word(word: &casehard_dockerfile::shell::ShellWord, dash: bool, program: &str) -> Option<&'static str> {
    let name = word.raw.bytes().take_while(|byte| *byte == b'_' || byte.is_ascii_alphanumeric()).count();
    let (name, rest) = word.raw.split_at(name);
    if !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && (rest.starts_with("=(") || rest.starts_with("+=(")) {
        return Some("an array");
    }
    if !name.is_empty() && rest.starts_with("+=") && program.is_empty() {
        return Some("+=");
    }
    for one in expansions(&word.raw) {
        let Expanded::Variable(name) = one.what else { continue };
        let Some(operator) = word.raw[one.range.clone()].strip_prefix("${").and_then(|text| text.strip_prefix(name)) else { continue };
        match operator.as_bytes().first() {
            Some(b'^' | b',') => return Some("${name^^}"),
            Some(b'[') => return Some("an array"),
            Some(b'/') if dash => return Some("${name/…}"),
            Some(b':') if dash && !operator[1..].starts_with(['-', '=', '?', '+']) => return Some("${name:start}"),
            _ => {}
        }
    }
    if dash && (word.raw.starts_with("<(") || word.raw.starts_with(">(")) {
        return Some("<(…)");
    }
    if dash && word.raw.starts_with("$'") {
        return Some("$'…'");
    }
    // The address of a download has braces for curl itself.
    (!word.quoted && !matches!(program, "curl" | "find" | "git") && has_alternatives(&word.raw)).then_some("{a,b}")
}

/// Whether a word without quotes has `{a,b}` or `{1..3}` in it.
fn has_alternatives(raw: &str) -> bool {
    let mut before = "";
    let mut rest = raw;
    while let Some((head, tail)) = rest.split_once('{') {
        before = if head.is_empty() { before } else { head };
        let Some((inside, after)) = tail.split_once('}') else { return false };
        let is_sequence = inside.split_once("..").is_some_and(|(from, to)| !from.is_empty() && !to.is_empty() && inside.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.'));
        let is_list = inside.contains(',') && !inside.contains(['$', '\\', '(', '`', ':', '=']);
        if !before.ends_with(['$', '\\', '%']) && (is_sequence || is_list) {
            return true;
        }
        before = "";
        rest = after;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::has_alternatives;

    #[test]
    fn braces_that_bash_would_expand() {
        for raw in ["/a/{b,c}", "{1..5}", "x{a,b}y"] {
            assert!(has_alternatives(raw), "{raw}");
        }
        for raw in ["${a}", "{}", "{a}", "${a,b}", "\\{a,b}", "@{u}", "%{a,b}", "{a", "a}"] {
            assert!(!has_alternatives(raw), "{raw}");
        }
    }
}
