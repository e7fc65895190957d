//! The whole job on real containers, with an application (`examples/behave.rs`) that needs something that hardening takes
//! away.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::exit,
    clippy::disallowed_methods,
    reason = "a test"
)]

#[path = "../../engine/tests/support/mod.rs"]
mod support;

use std::{collections::BTreeMap, fs, path::Path};

use casehard_engine::{Container, Sandbox, Spec};
use casehard_harden::{Level, Policy};
use casehard_image::Image;
use casehard_oci::Digest;
use casehard_profile::{Phase, Profile, workload};
use casehard_record::{Mode, Recording};
use casehard_verify::{
    Hardening, RepairBy, Status,
    job::{Job, Joined, Place, PlaceError, Recorded, Setup, Watch, harden},
};
use support::{PROGRAM, World, directory, file, path, program, this_program};

fn main() {
    casehard_record::enter_if_asked();
    let here = std::env::current_exe().unwrap();
    let application = here.parent().and_then(Path::parent).unwrap().join("examples/behave");
    let Ok(application) = fs::read(&application) else {
        println!("skipped: needs: {} is built by `cargo test` without --test", application.display());
        return;
    };
    // Its libraries are among those of this program.
    let mut pieces = this_program();
    pieces.retain(|(head, _)| head.path != path(PROGRAM));
    pieces.push(program(PROGRAM, &without_debug_data(&application)));
    pieces.extend([
        file("/etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n"),
        file("/etc/group", b"root:x:0:\n"),
        directory("/tmp"),
        directory("/usr/share/parts"),
    ]);
    let mut secret = file("/etc/behave/key", b"key");
    secret.0.mode = 0o640;
    let mut folder = directory("/etc/behave");
    folder.0.mode = 0o750;
    pieces.extend([folder, secret]);
    for name in ["one", "two", "three"] {
        pieces.push(directory(&format!("/usr/share/parts/{name}")));
        pieces.push(file(&format!("/usr/share/parts/{name}/part"), b"part"));
        pieces.push(file(&format!("/usr/share/other/{name}"), b"nobody wants this"));
    }
    support::run(
        &[
            ("a_raw_socket_keeps_root_and_one_capability", raw_socket),
            ("a_change_of_owner_keeps_another", change_of_owner),
            ("writing_to_the_root_keeps_it_writable", writable_root),
            ("code_that_it_writes_and_runs_keeps_its_tmpfs_executable", own_code),
            ("code_that_no_recorder_sees_is_found_by_trying", own_blob),
            ("what_no_recorder_sees_is_found_by_halving", unseen),
            ("what_only_root_may_read_becomes_the_users_when_a_held_out_step_reads_it", held_out_secret),
            ("what_needs_nothing_is_given_nothing", nothing),
        ],
        vec![pieces],
    );
}

/// An ELF file as far as it is loaded: an image of many megabytes of debug data is no better a test.
fn without_debug_data(file: &[u8]) -> Vec<u8> {
    let number = |at: usize, bytes: usize| {
        file[at..at + bytes].iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte))
    };
    if !file.starts_with(b"\x7fELF\x02\x01") {
        return file.to_vec();
    }
    let (headers, size, count) = (number(32, 8), number(54, 2), number(56, 2));
    let loaded = (0..count).map(|index| headers + index * size).filter(|at| number(*at, 4) == 1);
    let end = loaded.map(|at| number(at + 8, 8) + number(at + 32, 8)).max().unwrap_or(file.len());
    let mut file = file[..end.min(file.len())].to_vec();
    // No sections any more.
    file[40..48].fill(0);
    file[60..64].fill(0);
    file
}

struct Here<'a>(&'a Sandbox);

impl Place for Here<'_> {
    fn start(&self, image: &Image, spec: &Spec) -> Result<Box<dyn Container>, PlaceError> {
        Ok(self.0.start(image, spec)?)
    }

    fn record(&self, image: &Image, spec: &Spec) -> Result<Recorded, PlaceError> {
        let (container, recording) = casehard_record::start(self.0, image, spec, Mode::Full)?;
        Ok(Recorded { container, watch: Box::new(Watching(recording)) })
    }

    fn network(&self) -> Result<Box<dyn Joined>, PlaceError> {
        Ok(Box::new(self.0.network()?))
    }
}

struct Watching(Recording);

impl Watch for Watching {
    fn phase(&self, phase: Phase) -> Result<(), PlaceError> {
        Ok(self.0.set_phase(&phase)?)
    }

    fn finish(self: Box<Self>) -> Result<Profile, PlaceError> {
        Ok(self.0.finish()?)
    }
}

/// Hardens the image for an application that does `word` in its one step.
fn hardened(world: &World, word: &str) -> Hardening {
    hardened_with(world, word, "")
}

/// Hardens the image for an application that does `word` in its one step, of which more is said.
fn hardened_with(world: &World, word: &str, more: &str) -> Hardening {
    let text = format!(
        "start: {{ command: [{PROGRAM}, serve] }}\nready: {{ tcp: 7000, within: 20s }}\nsteps:\n  - name: {word}\n    \
         {more}exec: [{PROGRAM}, {word}]\n    expect: {{ stdout: {{ equals: \"done\\n\" }} }}\nstop: {{ signal: KILL, expect: {{ exit: 137 }} }}\n"
    );
    let workload = workload::parse(&text, "casehard.yaml").unwrap();
    let output = world.folder.join(word);
    let job = Job {
        image: &world.image,
        setup: Setup {
            workload: &workload,
            directory: Path::new("."),
            place: &Here(&world.sandbox),
            structure: &[],
            services: &BTreeMap::new(),
        },
        workload_digest: Digest::of(text.as_bytes()),
        policy: Policy { level: Level::File, ..Policy::default() },
        profile: None,
        output: &output,
        date: Some(7),
        now: 7,
        version: "test",
        rounds: 5,
        trials: 60,
        advisories: None,
    };
    let mut told = Told::default();
    let hardening = harden(&job, &mut told).unwrap().hardening;
    println!("{}", told.0.join("\n"));
    hardening
}

/// What is said while it happens.
#[derive(Default)]
struct Told(Vec<String>);

impl casehard_verify::job::Progress for Told {
    fn note(&mut self, text: &str) {
        self.0.push(format!("       {text}"));
    }
}

fn status(hardening: &Hardening, name: &str) -> (Status, String) {
    let check = hardening.verification.checks.iter().find(|check| check.name == name).unwrap();
    (check.status, check.evidence.clone())
}

fn must_pass(hardening: &Hardening) {
    let verification = &hardening.verification;
    assert!(verification.passed, "{:#?}\n{:#?}", verification.steps, verification.checks);
    assert_eq!(status(hardening, "exact").0, Status::Pass);
}

/// Root stays, with this capability alone, and everything says why.
fn keeps(hardening: &Hardening, capability: &str, operation: &str, step: &str) {
    must_pass(hardening);
    let runtime = &hardening.plan.runtime;
    assert_eq!(runtime.uid, 0);
    assert!(runtime.read_only, "{:?}", hardening.plan.notes);
    assert_eq!(runtime.capabilities.keys().collect::<Vec<_>>(), [capability], "{:?}", hardening.plan.notes);
    let (root, capabilities) = (status(hardening, "non-root-user"), status(hardening, "capabilities"));
    assert_eq!((root.0, capabilities.0), (Status::Warn, Status::Warn));
    for text in [root.1, capabilities.1] {
        assert!(text.contains(operation) && text.contains(step), "{text}");
    }
}

fn raw_socket(world: &World) {
    keeps(&hardened(world, "raw"), "CAP_NET_RAW", "a raw socket", "step 1 (raw) fails");
}

fn change_of_owner(world: &World) {
    keeps(&hardened(world, "give-away"), "CAP_CHOWN", "chown /tmp/mine", "step 1 (give-away) fails");
}

fn writable_root(world: &World) {
    let hardening = hardened(world, "touch-root");
    must_pass(&hardening);
    let runtime = &hardening.plan.runtime;
    assert!(!runtime.read_only && runtime.uid == 0 && runtime.capabilities.is_empty(), "{runtime:?}");
    for name in ["read-only-root", "touch-root", "non-root-user"] {
        assert_eq!(status(&hardening, name).0, Status::Warn, "{name}");
    }
}

fn own_code(world: &World) {
    for word in ["run-what-it-wrote", "map-a-library"] {
        let hardening = hardened(world, word);
        must_pass(&hardening);
        let runtime = &hardening.plan.runtime;
        assert!(
            runtime.writable[&path("/tmp")].exec && runtime.read_only && runtime.uid != 0,
            "{word}: {runtime:?}"
        );
        assert!(hardening.verification.repairs.is_empty(), "{word}: {:?}", hardening.verification.repairs);
        let places = status(&hardening, "writable-paths");
        assert_eq!(
            (places.0, places.1.contains("/tmp (tmpfs, code in it can be run)")),
            (Status::Warn, true),
            "{places:?}"
        );
        let compose = casehard_harden::runtime::compose(runtime, "app", "app:hardened", "seccomp.json");
        assert!(compose.contains("/tmp:uid=10001,gid=10001,mode=1777,exec\""), "{compose}");
    }
}

fn own_blob(world: &World) {
    let hardening = hardened(world, "map-a-blob");
    must_pass(&hardening);
    let runtime = &hardening.plan.runtime;
    assert!(runtime.writable[&path("/tmp")].exec && runtime.read_only && runtime.uid != 0, "{runtime:?}");
    let told = |note: &&casehard_harden::plan::Note| note.text.starts_with("code in its tmpfs may be run");
    let note = hardening.plan.notes.iter().find(told).expect("a note");
    assert!(note.text.contains("step 1 (map-a-blob) fails"), "{note:?}");
}

fn unseen(world: &World) {
    let hardening = hardened(world, "count");
    must_pass(&hardening);
    let put_back: Vec<String> =
        hardening.verification.repairs.iter().map(|repair| repair.path.to_string()).collect();
    let parts = ["one", "three", "two"].map(|name| format!("/usr/share/parts/{name}/part"));
    assert_eq!(put_back, parts);
    let by_halving = |repair: &casehard_verify::Repair| {
        repair.by == RepairBy::Bisecting && repair.step == "step 1 (count)"
    };
    assert!(hardening.verification.repairs.iter().all(by_halving), "{:?}", hardening.verification.repairs);
    assert!(hardening.plan.remove.contains_key(&path("/usr/share/other/one")));
    assert_eq!(hardening.plan.runtime.uid, 10001);
}

fn held_out_secret(world: &World) {
    let hardening = hardened_with(world, "read-what-is-roots", "verify: only\n    ");
    must_pass(&hardening);
    assert_eq!(hardening.plan.runtime.uid, 10001);
    // To read is enough: the owner, who may write, stays root.
    for path in ["/etc/behave", "/etc/behave/key"].map(path) {
        let change = &hardening.plan.changes[&path];
        assert_eq!((change.uid, change.gid, change.mode), (None, Some(10001), None), "{path}");
    }
}

fn nothing(world: &World) {
    let hardening = hardened(world, "nothing");
    must_pass(&hardening);
    let runtime = &hardening.plan.runtime;
    assert_eq!((runtime.uid, runtime.read_only, runtime.capabilities.len()), (10001, true, 0));
    assert!(runtime.writable.values().all(|place| !place.exec), "{runtime:?}");
    for name in
        ["non-root-user", "touch-root", "no-new-privileges", "capabilities", "seccomp", "read-only-root"]
    {
        let (status, evidence) = status(&hardening, name);
        assert_eq!(status, Status::Pass, "{name}: {evidence}");
    }
    assert!(hardening.verification.repairs.is_empty());
}
