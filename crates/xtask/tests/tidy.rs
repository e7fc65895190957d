//! The shape of the workspace, held by tests: floors, file and function sizes, `unsafe`, words that are not used.

use std::collections::BTreeMap;

use xtask::{floor, functions, lines_of_code, metadata, root, sources};

/// Files that may be longer than the budget of 500 lines of code, and why.
const LONG_FILES: &[(&str, &str)] = &[];

/// Functions that may be longer than 100 lines, and why.
const LONG_FUNCTIONS: &[(&str, &str)] = &[];

#[test]
fn a_crate_imports_only_from_lower_floors() {
    let metadata = metadata().unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let floors: BTreeMap<&str, Option<u64>> =
        packages.iter().map(|package| (package["name"].as_str().unwrap(), floor(package))).collect();
    for package in packages {
        let name = package["name"].as_str().unwrap();
        assert!(!package["metadata"]["floor"].is_null(), "{name} states no floor");
        let Some(own) = floor(package) else { continue };
        for dependency in package["dependencies"].as_array().unwrap() {
            // Tests may reach up.
            if dependency["kind"] == "dev" {
                continue;
            }
            if let Some(other) = floors.get(dependency["name"].as_str().unwrap()) {
                let other = other.unwrap_or_else(|| {
                    panic!("{name} imports {}, which is for development", dependency["name"])
                });
                assert!(other < own, "{name} (floor {own}) imports {} (floor {other})", dependency["name"]);
            }
        }
    }
}

#[test]
fn files_keep_their_budget() {
    let sources = sources().unwrap();
    let mut sizes: Vec<(usize, String)> = sources
        .iter()
        .map(|(path, text)| (lines_of_code(text), path.strip_prefix(root()).unwrap().display().to_string()))
        .collect();
    sizes.sort_unstable();
    let median = sizes[sizes.len() / 2].0;
    assert!(median <= 150, "the median file has {median} lines of code (budget 150)");
    let long: Vec<_> = sizes.iter().filter(|(size, _)| *size > 500).collect();
    assert!(
        long.len() * 20 <= sizes.len(),
        "over 5 % of the files have more than 500 lines of code: {long:?}"
    );
    for (size, path) in &sizes {
        let is_excused = LONG_FILES.iter().any(|(known, _)| path == known);
        assert!(*size <= 1000 || is_excused, "{path} has {size} lines of code (limit 1000)");
        let is_command = path.starts_with("crates/cli/src/commands/");
        assert!(!is_command || *size <= 150, "{path} has {size} lines of code (limit of a command: 150)");
    }
}

#[test]
fn functions_keep_their_budget() {
    let mut all = Vec::new();
    for (path, text) in sources().unwrap() {
        let path = path.strip_prefix(root()).unwrap().display().to_string();
        all.extend(functions(&text).into_iter().map(|(name, lines)| (lines, format!("{path}: {name}"))));
    }
    let long: Vec<_> = all.iter().filter(|(lines, _)| *lines > 50).collect();
    assert!(
        long.len() * 20 <= all.len(),
        "over 5 % of {} functions have more than 50 lines: {long:#?}",
        all.len()
    );
    for (lines, name) in &all {
        let is_excused = LONG_FUNCTIONS.iter().any(|(known, _)| name == known);
        assert!(*lines <= 100 || is_excused, "{name} has {lines} lines (limit 100)");
    }
}

#[test]
fn unsafe_stands_where_the_design_allows_it() {
    for (path, text) in sources().unwrap() {
        let path = path.strip_prefix(root()).unwrap().display().to_string();
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let is_unsafe =
                code.contains("unsafe {") || code.contains("unsafe fn") || code.contains("unsafe impl");
            if !is_unsafe || code.contains('"') {
                continue;
            }
            let is_allowed = path.starts_with("crates/engine/") || path.starts_with("crates/record/");
            // Mapping a file is the one `unsafe` that reading large files needs.
            let is_map = code.contains("Mmap")
                || lines[number..lines.len().min(number + 3)].iter().any(|line| line.contains("Mmap"));
            assert!(is_allowed || is_map, "{path}:{}: unsafe", number + 1);
            let above = lines[number.saturating_sub(8)..=number].join("\n");
            let says_why = above.contains("SAFETY") || above.contains("# Safety");
            assert!(says_why, "{path}:{}: unsafe without a SAFETY comment", number + 1);
        }
    }
}

#[test]
fn every_module_says_what_it_is() {
    for (path, text) in sources().unwrap() {
        let shown = path.strip_prefix(root()).unwrap().display();
        assert!(text.starts_with("//!"), "{shown} does not begin with a //! comment");
    }
}

#[test]
fn no_module_is_a_drawer() {
    for (path, _) in sources().unwrap() {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let drawer =
            matches!(stem, "common" | "utils" | "util" | "core" | "types" | "helpers" | "helper" | "misc");
        assert!(!drawer, "{}: name it after what it holds", path.display());
    }
}
