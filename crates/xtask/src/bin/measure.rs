//! Hardens the examples at each level, without repair, and writes what came of it to `docs/reference/examples.md` and
//! `docs/reference/behaviours.md`.
//!
//! `cargo run --release -p xtask --bin measure -- CASEHARD [--level LEVEL]... [--twice] [NAME...]`: `CASEHARD` is the
//! program, `NAME`s are folders below `examples/`, all of them when none is given. `--twice` hardens each twice and
//! compares the digests. What was measured before stays in the tables until it is measured again; it is kept in
//! `target/measure`. An example that cannot be measured is said at the end, and does not keep others from it.
#![allow(clippy::print_stderr, clippy::disallowed_methods, reason = "a chore that a person runs")]

use std::{
    collections::BTreeMap,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use serde_json::{Value, json};

const LEVELS: [&str; 3] = ["tidy", "package", "file"];

/// What is to be measured.
struct Task {
    program: PathBuf,
    levels: Vec<String>,
    twice: bool,
    names: Vec<String>,
}

fn main() -> ExitCode {
    let Some(task) = task(std::env::args().skip(1)) else {
        eprintln!("usage: measure CASEHARD [--level tidy|package|file]... [--twice] [NAME...]");
        return ExitCode::from(2);
    };
    match measure(task) {
        Ok(failures) if failures.is_empty() => ExitCode::SUCCESS,
        Ok(failures) => {
            for failure in failures {
                eprintln!("not measured: {failure}");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(3)
        }
    }
}

fn task(mut arguments: impl Iterator<Item = String>) -> Option<Task> {
    let program = arguments.next().filter(|program| !program.starts_with('-'))?;
    let mut task = Task { program: program.into(), levels: Vec::new(), twice: false, names: Vec::new() };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--level" => {
                task.levels.push(arguments.next().filter(|level| LEVELS.contains(&level.as_str()))?);
            }
            "--twice" => task.twice = true,
            option if option.starts_with('-') => return None,
            _ => task.names.push(argument),
        }
    }
    if task.levels.is_empty() {
        task.levels = LEVELS.map(str::to_owned).to_vec();
    }
    Some(task)
}

/// Measures, writes the tables, and returns what could not be measured.
fn measure(task: Task) -> Result<Vec<String>, Box<dyn Error>> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let results = top.join("target/measure");
    fs::create_dir_all(&results)?;
    let names = if task.names.is_empty() { folders(&top.join("examples"))? } else { task.names.clone() };
    let mut failures = Vec::new();
    for name in &names {
        for level in &task.levels {
            if let Err(error) = example(&task, &top, &results, name, level) {
                failures.push(format!("{name} at level {level}: {error}"));
            }
        }
    }
    let reports = read(&results)?;
    let documents = top.join("docs/reference");
    fs::write(documents.join("examples.md"), examples(&reports))?;
    fs::write(documents.join("behaviours.md"), behaviours(&reports))?;
    Ok(failures)
}

fn folders(path: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.path().join("casehard.yaml").is_file() {
            names.extend(entry.file_name().into_string().ok());
        }
    }
    names.sort();
    Ok(names)
}

/// Measures one example at one level, and keeps its report.
fn example(task: &Task, top: &Path, results: &Path, name: &str, level: &str) -> Result<(), Box<dyn Error>> {
    let mut report = harden(&task.program, top, results, name, level)?;
    if task.twice {
        let again = harden(&task.program, top, results, name, level)?;
        report["again"] = json!(again["image"]["digest"]["after"]);
    }
    fs::write(results.join(format!("{name}.{level}.json")), serde_json::to_vec_pretty(&report)?)?;
    Ok(())
}

fn harden(
    program: &Path,
    top: &Path,
    results: &Path,
    name: &str,
    level: &str,
) -> Result<Value, Box<dyn Error>> {
    let output: PathBuf = results.join("output");
    let _ = fs::remove_dir_all(&output);
    let status = Command::new(program)
        .args(["harden", "--rounds", "0", "--level", level, "-w"])
        .arg(top.join("examples").join(name).join("casehard.yaml"))
        .arg("-o")
        .arg(&output)
        .stdout(Stdio::null())
        .status()?;
    // 1 is a result too: a hardened image that fails.
    if !matches!(status.code(), Some(0 | 1)) {
        return Err(format!("casehard ended with {status}").into());
    }
    eprintln!("{name} at level {level}: {status}");
    Ok(serde_json::from_slice(&fs::read(output.join("report.json"))?)?)
}

/// The reports by example and level.
type Reports = BTreeMap<String, BTreeMap<String, Value>>;

fn read(results: &Path) -> Result<Reports, Box<dyn Error>> {
    let mut reports = Reports::new();
    for entry in fs::read_dir(results)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let [name, level, "json"] = name.split('.').collect::<Vec<_>>()[..] {
            let report = serde_json::from_slice(&fs::read(&path)?)?;
            reports.entry(name.to_owned()).or_default().insert(level.to_owned(), report);
        }
    }
    Ok(reports)
}

/// How many steps pass on the hardened image, and how many there are: all, and those held out from profiling.
fn passed(report: &Value) -> [usize; 4] {
    let steps: Vec<&Value> = report["steps"].as_array().into_iter().flatten().collect();
    let count = |wanted: &dyn Fn(&Value) -> bool| steps.iter().filter(|step| wanted(step)).count();
    let is_held_out = |step: &Value| step["held_out"] == true;
    [count(&works), steps.len(), count(&|step| works(step) && is_held_out(step)), count(&is_held_out)]
}

fn works(step: &Value) -> bool {
    step["hardened"]["passed"] == true
}

fn check<'a>(report: &'a Value, name: &str) -> Option<&'a Value> {
    report["checks"].as_array()?.iter().find(|check| check["name"] == name)
}

fn exact(report: &Value) -> &'static str {
    match check(report, "exact") {
        Some(check) if check["status"] == "PASS" => "yes",
        Some(_) => "**no**",
        None => "not looked at",
    }
}

/// The number in the evidence of the check, which says it in a sentence.
fn calls(report: &Value) -> String {
    let Some(check) = check(report, "seccomp") else { return "no profile".to_owned() };
    let evidence = check["evidence"].as_str().unwrap_or_default();
    let number = evidence.split_once("allows ").and_then(|(_, rest)| rest.split(' ').next());
    match number {
        Some(number) if check["status"] == "PASS" => number.to_owned(),
        _ => "**fails**".to_owned(),
    }
}

fn twice(report: &Value) -> &'static str {
    match &report["again"] {
        Value::Null => "not tried",
        again if *again == report["image"]["digest"]["after"] => "yes",
        _ => "**no**",
    }
}

fn examples(reports: &Reports) -> String {
    let mut text = String::from(
        "# What hardening leaves of the examples, and what still works\n\n\
         <!-- Written by cargo run --release -p xtask --bin measure -->\n\n\
         Each image is made from distribution packages by its recipe below `examples/`. One plain use of it is profiled; what \
         else people do with it is held out, and tried on the hardened image under its controls: read-only root, no \
         capabilities, not root, its own seccomp profile. Nothing is repaired (`--rounds 0`), so that the figures \
         show what the rules find by themselves; without that option a step that fails is repaired. *Exact*: every \
         path is as it was or as the plan says. *Calls*: how many system calls the profile allows under which all steps \
         ran. *Twice*: two runs, the watched one included, gave one digest.\n\n\
         | Example | Level | Unpacked, MB | Packages | Steps that pass | Held-out steps that pass | Exact | Calls | Twice |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    let mut all: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for (name, levels) in reports {
        for level in LEVELS {
            let Some(report) = levels.get(level) else { continue };
            let megabytes = |side: &str| report["size"][side]["unpacked"].as_f64().unwrap_or_default() / 1e6;
            let packages = |side: &str| {
                let kinds = report["packages"]["count"][side].as_object().into_iter().flatten();
                kinds.filter_map(|(_, count)| count.as_u64()).sum::<u64>()
            };
            let [good, steps, good_held, held] = passed(report);
            let sums = all.entry(level).or_default();
            *sums = [sums[0] + good_held, sums[1] + held];
            let _ = writeln!(
                text,
                "| {name} | {level} | {:.1} → {:.1} | {} → {} | {good} of {steps} | {good_held} of {held} | {} | {} | {} |",
                megabytes("before"),
                megabytes("after"),
                packages("before"),
                packages("after"),
                exact(report),
                calls(report),
                twice(report),
            );
        }
    }
    text.push('\n');
    for (level, [good, held]) in all {
        let share = 100.0 * good as f64 / held.max(1) as f64;
        let _ = writeln!(text, "At level {level}, {good} of {held} held-out steps pass ({share:.1} %).\n");
    }
    text
}

fn behaviours(reports: &Reports) -> String {
    let mut text = String::from(
        "# Behaviours that break when files go or are copied\n\n\
         <!-- Written by cargo run --release -p xtask --bin measure -->\n\n\
         `examples/behaviours` runs each program once in its plainest way while it is profiled (•). All else is held \
         out (◦) and tried on the original and on the hardened image at each level, without repair.\n\n\
         | | Behaviour | Original | Tidy | Package | File |\n|---|---|---|---|---|---|\n",
    );
    let Some(levels) = reports.get("behaviours") else { return text };
    let Some(first) = levels.values().next() else { return text };
    for (index, step) in first["steps"].as_array().into_iter().flatten().enumerate() {
        let word = |works: bool| if works { "works" } else { "**breaks**" };
        let mark = if step["held_out"] == true { "◦" } else { "•" };
        let _ = write!(
            text,
            "| {mark} | {} | {} |",
            step["name"].as_str().unwrap_or_default().replace('|', "\\|"),
            word(step["original"]["passed"] == true)
        );
        for level in LEVELS {
            let cell =
                levels.get(level).map_or("not measured", |report| word(works(&report["steps"][index])));
            let _ = write!(text, " {cell} |");
        }
        text.push('\n');
    }
    text
}
