//! How a container of an image is started: as the image says, as the workload says, under which controls.

use std::{collections::BTreeMap, time::Duration};

use casehard_engine::{DEFAULT_CAPABILITIES, Limits, Mount, MountKind, Network, Spec};
use casehard_harden::runtime::{Runtime, WritableKind};
use casehard_oci::{Container, RootPath};
use casehard_profile::workload::Start;

const DEFAULT_PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What a run may use; an application that needs more than this to be tried is not an application of one container.
const LIMITS: Limits = Limits {
    memory: Some(4 << 30),
    processes: Some(4096),
    time: Some(Duration::from_secs(30 * 60)),
    disk: Some(8 << 30),
};

/// Which controls a container runs under.
#[derive(Debug, Clone, Copy)]
pub enum Controls<'a> {
    /// Those that Docker applies when asked for nothing.
    Default,
    /// Those that are recommended for a hardened image, with its seccomp profile in Docker's JSON form,
    /// when there is one.
    Recommended(&'a Runtime, Option<&'a [u8]>),
}

/// The specification of a container of an image with this configuration.
#[must_use]
pub fn spec(config: &Container, start: &Start, controls: Controls<'_>) -> Spec {
    let argv = start.command.clone().unwrap_or_else(|| config.argv());
    let mut env = config.env.clone();
    if config.env("PATH").is_none() {
        env.insert(0, DEFAULT_PATH.to_owned());
    }
    for (name, value) in &start.env {
        env.retain(|pair| pair.split_once('=').is_none_or(|(known, _)| known != name));
        env.push(format!("{name}={value}"));
    }
    let workdir = start.workdir.as_deref().unwrap_or(&config.working_dir);
    let mut spec = Spec {
        argv,
        env,
        workdir: RootPath::root().join_as_kernel(workdir.as_bytes()),
        user: start.user.clone().unwrap_or_else(|| config.user.clone()),
        hostname: "casehard".to_owned(),
        read_only: false,
        mounts: Vec::new(),
        capabilities: DEFAULT_CAPABILITIES.map(str::to_owned).to_vec(),
        no_new_privileges: false,
        seccomp: None,
        limits: LIMITS,
        network: Network::Loopback,
        hosts: BTreeMap::new(),
    };
    match controls {
        Controls::Default => {
            let volumes = config.volumes.keys().map(|path| RootPath::root().join_as_kernel(path.as_bytes()));
            spec.mounts = volumes.map(|path| Mount { path, kind: MountKind::Volume }).collect();
        }
        Controls::Recommended(runtime, seccomp) => recommended(&mut spec, runtime, seccomp),
    }
    spec
}

fn recommended(spec: &mut Spec, runtime: &Runtime, seccomp: Option<&[u8]>) {
    spec.user = format!("{}:{}", runtime.uid, runtime.gid);
    spec.read_only = runtime.read_only;
    spec.capabilities = runtime.capabilities.keys().cloned().collect();
    spec.no_new_privileges = true;
    spec.seccomp = seccomp.map(<[u8]>::to_vec);
    spec.mounts = runtime
        .writable
        .iter()
        .map(|(path, writable)| {
            let kind = match writable.kind {
                WritableKind::Tmpfs => {
                    let mode = if casehard_harden::runtime::is_shared(path) { 0o1777 } else { 0o755 };
                    let (uid, gid, exec) = (runtime.uid, runtime.gid, writable.exec);
                    MountKind::Tmpfs { mode, size: 1 << 30, uid, gid, exec }
                }
                WritableKind::Volume => MountKind::Volume,
            };
            Mount { path: path.clone(), kind }
        })
        .collect();
}
