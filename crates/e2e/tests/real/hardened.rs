//! The examples, each hardened once for all tests.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
};

use casehard_e2e::{casehard, code, sandbox_is_missing, stderr, stdout};
use serde_json::Value;

/// A hardened example.
#[derive(Clone)]
pub struct Hardened {
    pub name: &'static str,
    /// The output folder.
    pub folder: PathBuf,
    /// `runtime` of its plan.
    pub runtime: Value,
    /// `config` of its image.
    pub config: Value,
}

/// The examples that are started everywhere.
pub const SERVED: [&str; 3] = ["nginx", "redis", "web"];

/// Hardens an example, or takes what an earlier test hardened. `None` when no container can be started here.
pub fn hardened(test: &str, name: &'static str) -> Option<Hardened> {
    static DONE: Mutex<BTreeMap<&'static str, Hardened>> = Mutex::new(BTreeMap::new());
    if sandbox_is_missing(test) {
        return None;
    }
    let mut done = DONE.lock().unwrap_or_else(PoisonError::into_inner);
    if !done.contains_key(name) {
        done.insert(name, harden(name));
    }
    done.get(name).cloned()
}

fn harden(name: &'static str) -> Hardened {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hardened").join(name);
    let output = Command::new(casehard())
        .args(["harden", "-q", "-w"])
        .arg(examples.join(name).join("casehard.yaml"))
        .arg("-o")
        .arg(&folder)
        .output()
        .unwrap();
    assert_eq!(code(&output), 0, "{name}: {}{}", stdout(&output), stderr(&output));
    let document = |path: &Path| -> Value { serde_json::from_slice(&fs::read(path).unwrap()).unwrap() };
    let plan = document(&folder.join("plan.json"));
    Hardened { name, runtime: plan["runtime"].clone(), config: plan["config"]["config"].clone(), folder }
}

impl Hardened {
    /// User and group, such as `33:33`.
    pub fn user(&self) -> String {
        format!("{}:{}", self.runtime["uid"], self.runtime["gid"])
    }

    /// Places that are written: the path, and whether memory is enough.
    pub fn writable(&self) -> Vec<(String, bool)> {
        let places = self.runtime["writable"].as_object().into_iter().flatten();
        places.map(|(path, place)| (path.clone(), place["kind"] == "tmpfs")).collect()
    }

    /// The image as `docker load` takes it, named `casehard-e2e/NAME:hardened`.
    pub fn archive(&self) -> (PathBuf, String) {
        let file = self.folder.with_extension("tar");
        let reference = format!("casehard-e2e/{}:hardened", self.name);
        let output = Command::new(casehard())
            .args(["copy", "-q"])
            .arg(format!("oci:{}", self.folder.join("image").display()))
            .arg(format!("docker-archive:{}:{reference}", file.display()))
            .output()
            .unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        (file, reference)
    }
}
