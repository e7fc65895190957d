//! Killed at any moment, the program leaves no half-written output and no process.

use std::{
    collections::BTreeSet,
    fs, thread,
    time::{Duration, Instant},
};

use casehard_e2e::{Shelf, code, sandbox_is_missing, stderr};

/// Processes whose command line or environment names the folder.
fn processes(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let read = |name: &str| fs::read(entry.path().join(name)).unwrap_or_default();
        let is_ours = [read("cmdline"), read("environ")]
            .iter()
            .any(|text| text.windows(folder.len()).any(|window| window == folder.as_bytes()));
        let is_server = read("cmdline").starts_with(b"/usr/bin/shelf");
        if pid != std::process::id() && (is_ours || is_server) {
            found.push(format!("{pid} {}", String::from_utf8_lossy(&read("cmdline")).replace('\0', " ")));
        }
    }
    found
}

#[test]
fn no_half_written_output_and_no_process_is_left() {
    if sandbox_is_missing("no_half_written_output_and_no_process_is_left") {
        return;
    }
    let shelf = Shelf::new();
    let folder = shelf.folder().display().to_string();
    let begin = Instant::now();
    assert_eq!(code(&shelf.harden("whole", &[])), 0);
    let whole = begin.elapsed();
    let mut moments: Vec<Duration> = (1..10).map(|tenth| whole * tenth / 10).collect();
    moments.insert(0, Duration::from_millis(5));
    let mut interrupted = 0;
    for moment in moments {
        let mut child = shelf.command(&["harden", "-q", "-w", "casehard.yaml", "-o", "out"]).spawn().unwrap();
        thread::sleep(moment);
        let was_running = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        interrupted += u32::from(was_running);
        // What hangs on the program ends with it, at once but not in the same instant.
        let deadline = Instant::now() + Duration::from_secs(5);
        while !processes(&folder).is_empty() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(processes(&folder), Vec::<String>::new(), "after {moment:?}");
        let out = shelf.folder().join("out");
        if was_running && out.exists() {
            // Killed between the last step and the exit: then it is whole.
            assert!(out.join("plan.json").is_file() && out.join("report.json").is_file(), "after {moment:?}");
        }
        let _ = fs::remove_dir_all(out);
    }
    assert!(interrupted > 0, "the program was never killed while it ran");
    // The next run works, and takes away what the killed ones left beside the output.
    let output = shelf.harden("out", &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let expected: BTreeSet<String> = ["out", "whole"].map(str::to_owned).into();
    assert_eq!(shelf.left_over(), expected, "left beside the output");
}
