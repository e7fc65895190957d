//! Reading the workspace itself: its packages, their floors, and the shape of its source files.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// `cargo metadata` of the workspace, its own packages only.
///
/// # Errors
/// When cargo cannot be run or says no.
pub fn metadata() -> io::Result<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    serde_json::from_slice(&output.stdout).map_err(io::Error::other)
}

/// A package's floor; `None` for packages of development.
#[must_use]
pub fn floor(package: &Value) -> Option<u64> {
    package["metadata"]["floor"].as_u64()
}

/// Every Rust source file below `crates/`, tests and benches left out, as path and text.
///
/// # Errors
/// When a file cannot be read.
pub fn sources() -> io::Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    let mut todo = vec![root().join("crates")];
    while let Some(directory) = todo.pop() {
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() {
                if !matches!(name, "tests" | "benches" | "examples" | "target" | "fixtures") {
                    todo.push(path);
                }
            } else if name.ends_with(".rs") {
                let text = fs::read_to_string(&path)?;
                found.push((path, text));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The lines of code of a file: blank lines, comments and the unit tests at its end do not count.
#[must_use]
pub fn lines_of_code(text: &str) -> usize {
    let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or(text);
    code.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

/// A function's name and the lines from its `fn` to its closing brace, in code that rustfmt laid out.
#[must_use]
pub fn functions(text: &str) -> Vec<(String, usize)> {
    let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or(text);
    let lines: Vec<&str> = code.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        let mut words = trimmed.split([' ', '(', '<']);
        let is_function =
            words.by_ref().take_while(|word| is_qualifier(word)).count() < 6 && trimmed.contains("fn ");
        let Some(name) = trimmed.split("fn ").nth(1).filter(|_| is_function && starts_function(trimmed))
        else {
            continue;
        };
        let name: String = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let closing = format!("{}}}", " ".repeat(indent));
        if trimmed.ends_with(';') || name.is_empty() {
            continue;
        }
        if trimmed.ends_with('}') {
            found.push((name, 1));
            continue;
        }
        let end = lines[start..].iter().position(|line| **line == closing);
        found.push((name, end.map_or(1, |end| end + 1)));
    }
    found
}

fn is_qualifier(word: &str) -> bool {
    word.starts_with("pub") || matches!(word, "const" | "async" | "unsafe" | "extern" | "in" | "fn")
}

fn starts_function(line: &str) -> bool {
    let mut rest = line;
    loop {
        if rest.starts_with("fn ") {
            return true;
        }
        let Some((word, tail)) = rest.split_once(' ') else { return false };
        if !is_qualifier(word) && !word.starts_with('"') && !word.ends_with(')') {
            return false;
        }
        rest = tail;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured() {
        let text = "pub(crate) const fn a(\n    x: u8,\n) -> u8 {\n    x\n}\n\nimpl X {\n    fn b() {}\n    pub fn c() {\n        1\n    }\n}\n";
        assert_eq!(functions(text), [("a".into(), 5), ("b".into(), 1), ("c".into(), 3)]);
        assert_eq!(lines_of_code("//! x\n\nfn a() {}\n\n#[cfg(test)]\nmod tests {\n  x\n}\n"), 1);
    }
}
