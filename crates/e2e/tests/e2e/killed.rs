//! Killed at any moment, the program leaves no half-written output and no process.

use std::{
    collections::BTreeSet,
    fs, thread,
    time::{Duration, Instant},
};

use casehard_e2e::{Shelf, code, sandbox_is_missing, stderr};

/// Processes of this shelf: their command line or environment names its folder, or they run in its containers.
fn processes(shelf: &Shelf) -> Vec<String> {
    let folder = shelf.folder().display().to_string();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let read = |name: &str| fs::read(entry.path().join(name)).unwrap_or_default();
        let is_ours = [read("cmdline"), read("environ")]
            .iter()
            .any(|text| [folder.as_str(), shelf.mark()].iter().any(|mark| contains(text, mark)));
        if pid != std::process::id() && is_ours {
            found.push(format!("{pid} {}", String::from_utf8_lossy(&read("cmdline")).replace('\0', " ")));
        }
    }
    found
}

fn contains(text: &[u8], mark: &str) -> bool {
    text.windows(mark.len()).any(|window| window == mark.as_bytes())
}

#[test]
fn no_half_written_output_and_no_process_is_left() {
    if sandbox_is_missing("no_half_written_output_and_no_process_is_left") {
        return;
    }
    let shelf = Shelf::new();
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
        while !processes(&shelf).is_empty() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(processes(&shelf), Vec::<String>::new(), "after {moment:?}");
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
