//! What an engine is asked to create.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{engine::EngineKind, podman, program::Program};
use crate::{
    DEFAULT_CAPABILITIES, MountKind, Network, Spec,
    supervisor::{Becoming, CONTAINER_MARK, RECORD},
};

/// Where this program is in a container.
pub(super) const FOLDER_INSIDE: &str = "/.casehard";
/// Where the recorder is reached from there.
pub(crate) const SOCKET_INSIDE: &str = "/.casehard/socket";

/// What installing a filter and becoming another user takes, where new privileges are not ruled out.
const TO_RECORD: [&str; 5] = ["CAP_SYS_ADMIN", "CAP_SETPCAP", "CAP_SETUID", "CAP_SETGID", "CAP_CHOWN"];

/// What an engine is asked for.
pub(super) struct Request<'a> {
    pub kind: EngineKind,
    /// The image's name at the engine.
    pub image: &'a str,
    pub spec: &'a Spec,
    pub program: &'a Program,
    /// A folder of this machine for what the container and its engine need.
    pub folder: &'a Path,
    /// The name of the network that is joined.
    pub network: Option<&'a str>,
    pub recorded: bool,
}

impl Request<'_> {
    /// Whether the engine is to start the command as the user that it is to be. Otherwise the process that records
    /// starts as root, and becomes that user when it has installed its filter.
    pub(super) fn as_user(&self) -> bool {
        !self.recorded || self.spec.no_new_privileges
    }

    /// Whom a recorded command of the container becomes: `user`, or the container's.
    pub(super) fn becoming(&self, user: Option<&str>, env: &[String]) -> Option<Becoming> {
        let has_home = |env: &[String]| env.iter().any(|pair| pair.starts_with("HOME="));
        let without = TO_RECORD.iter().map(|&name| name.to_owned());
        (!self.as_user()).then(|| Becoming {
            user: user.unwrap_or(&self.spec.user).to_owned(),
            without: without.filter(|name| !self.spec.capabilities.contains(name)).collect(),
            sets_home: !has_home(&self.spec.env) && !has_home(env),
        })
    }

    /// The words of a command, behind those that record it.
    pub(super) fn words(&self, argv: &[String]) -> Vec<String> {
        if !self.recorded {
            return argv.to_vec();
        }
        let mut words = self.program.words();
        words.extend([CONTAINER_MARK, RECORD].map(str::to_owned));
        words.extend_from_slice(argv);
        words
    }

    /// Whether nothing was asked for, so that the engine's own choice holds.
    fn is_default(&self) -> bool {
        let names = &self.spec.capabilities;
        names.len() == DEFAULT_CAPABILITIES.len()
            && DEFAULT_CAPABILITIES.iter().all(|name| names.iter().any(|kept| kept == name))
    }

    /// Where the engine is asked, and for what.
    pub(super) fn ask(&self, name: &str) -> (String, Value) {
        match self.kind {
            EngineKind::Docker => (format!("/containers/create?name={name}"), self.docker()),
            // In Docker's form a read-only root comes with `/run`, `/tmp` and `/var/tmp` to write to, which nobody asked for.
            EngineKind::Podman => ("/v4.0.0/libpod/containers/create".to_owned(), podman::body(self, name)),
        }
    }

    /// What is mounted of this machine: from where to where.
    pub(super) fn binds(&self) -> Vec<(PathBuf, String)> {
        let mut binds = self.program.mounts();
        if self.recorded {
            binds.push((self.folder.join("socket"), SOCKET_INSIDE.to_owned()));
        }
        binds
    }

    /// Capabilities to take away and to add, or nothing where the engine's own choice holds.
    pub(super) fn capabilities(&self) -> (Vec<&str>, Vec<&str>) {
        let (mut dropped, mut added) = (Vec::new(), Vec::new());
        if !self.is_default() {
            dropped.push("ALL");
            added.extend(self.spec.capabilities.iter().map(String::as_str));
        }
        if !self.as_user() {
            let has = |name: &&&str| self.spec.capabilities.iter().any(|kept| kept == *name);
            added.extend(TO_RECORD.iter().filter(|name| !has(name)));
        }
        (dropped, added)
    }

    /// Settings of the kernel for it alone.
    pub(super) fn kernel_settings(&self) -> Value {
        // As Docker has it of itself: no port of a container's own network needs a privilege.
        if self.is_default() { json!({}) } else { json!({ "net.ipv4.ip_unprivileged_port_start": "0" }) }
    }

    /// The profile to run it under. One of the application's calls has none of those that recording takes.
    pub(super) fn seccomp(&self) -> Option<&[u8]> {
        self.spec.seccomp.as_deref().filter(|_| !self.recorded)
    }

    /// The user that the engine is to start it as.
    pub(super) fn user(&self) -> &str {
        if self.as_user() { &self.spec.user } else { "0:0" }
    }

    /// The body of `ContainerCreate`.
    fn docker(&self) -> Value {
        let words = self.words(&self.spec.argv);
        let (entrypoint, command) = words.split_at(words.len().min(1));
        let volumes = self.spec.mounts.iter().filter(|mount| mount.kind == MountKind::Volume);
        let volumes: serde_json::Map<String, Value> =
            volumes.map(|mount| (plain(&mount.path), json!({}))).collect();
        let mut body = json!({
            "Image": self.image,
            "Entrypoint": entrypoint,
            "Cmd": command,
            "Env": self.spec.env,
            "Hostname": self.spec.hostname,
            "User": self.user(),
            "WorkingDir": plain(&self.spec.workdir),
            "Volumes": volumes,
            "Labels": { "casehard": "run" },
            // The workload asks; an engine that asks as well would be seen by the recorder.
            "Healthcheck": { "Test": ["NONE"] },
            "HostConfig": self.host(),
        });
        if let (Some(name), Network::Joined(_, address)) = (self.network, &self.spec.network) {
            let address = json!({ "IPAMConfig": { "IPv4Address": address.to_string() } });
            body["NetworkingConfig"] = json!({ "EndpointsConfig": { name: address } });
        }
        body
    }

    fn host(&self) -> Value {
        let binds = self.binds();
        let binds = binds.iter().map(|(from, to)| format!("{}:{to}:ro", from.display()));
        let tmpfs = self.spec.mounts.iter().filter_map(|mount| {
            let MountKind::Tmpfs { mode, size, uid, gid, exec } = mount.kind else { return None };
            let exec = if exec { "exec" } else { "noexec" };
            let options = format!("mode={mode:04o},size={size},uid={uid},gid={gid},{exec}");
            Some((plain(&mount.path), json!(options)))
        });
        let hosts = self.spec.hosts.iter().map(|(name, address)| format!("{name}:{address}"));
        let mut security = Vec::new();
        if self.spec.no_new_privileges {
            security.push("no-new-privileges".to_owned());
        }
        security.extend(self.seccomp().map(|text| format!("seccomp={}", String::from_utf8_lossy(text))));
        let (dropped, added) = self.capabilities();
        json!({
            "NetworkMode": self.network.unwrap_or("none"),
            "ReadonlyRootfs": self.spec.read_only,
            "SecurityOpt": security,
            "Binds": binds.collect::<Vec<_>>(),
            "Tmpfs": tmpfs.collect::<serde_json::Map<_, _>>(),
            "ExtraHosts": hosts.collect::<Vec<_>>(),
            "CapDrop": dropped,
            "CapAdd": added,
            "Sysctls": self.kernel_settings(),
        })
    }
}

/// A path as the engine spells it; JSON has text alone.
pub(super) fn plain(path: &casehard_oci::RootPath) -> String {
    format!("/{}", String::from_utf8_lossy(path.as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, net::Ipv4Addr};

    use casehard_oci::RootPath;

    use super::*;
    use crate::{Limits, Mount};

    fn spec() -> Spec {
        Spec {
            argv: vec!["server".into(), "--port".into()],
            env: vec!["A=b".into()],
            workdir: RootPath::root(),
            user: "app".into(),
            hostname: "casehard".into(),
            read_only: false,
            mounts: Vec::new(),
            capabilities: DEFAULT_CAPABILITIES.map(str::to_owned).to_vec(),
            no_new_privileges: false,
            seccomp: None,
            limits: Limits { memory: None, processes: None, time: None, disk: None },
            network: Network::Loopback,
            hosts: BTreeMap::new(),
        }
    }

    fn hardened() -> Spec {
        let tmpfs = MountKind::Tmpfs { mode: 0o1777, size: 1024, uid: 7, gid: 8, exec: true };
        Spec {
            user: "7:8".into(),
            read_only: true,
            mounts: vec![
                Mount { path: RootPath::parse(b"/tmp").unwrap(), kind: tmpfs },
                Mount { path: RootPath::parse(b"/data").unwrap(), kind: MountKind::Volume },
            ],
            capabilities: vec!["CAP_CHOWN".into()],
            no_new_privileges: true,
            seccomp: Some(b"{}".to_vec()),
            network: Network::Joined(1, Ipv4Addr::new(10, 0, 0, 2)),
            hosts: [("db".to_owned(), Ipv4Addr::new(10, 0, 0, 3).into())].into(),
            ..spec()
        }
    }

    fn asked(kind: EngineKind, spec: &Spec, recorded: bool, network: Option<&str>) -> Value {
        let program = Program::of_this_process().unwrap();
        let folder = Path::new("/folder");
        Request { kind, image: "image:1", spec, program: &program, folder, network, recorded }.ask("name").1
    }

    #[test]
    fn nothing_is_asked_for_that_the_engine_chooses() {
        let docker = asked(EngineKind::Docker, &spec(), false, None);
        assert_eq!(docker["Entrypoint"], json!(["server"]));
        assert_eq!((&docker["Cmd"], &docker["User"]), (&json!(["--port"]), &json!("app")));
        let host = &docker["HostConfig"];
        for field in ["CapDrop", "CapAdd", "SecurityOpt"] {
            assert_eq!(host[field], json!([]), "{field}");
        }
        assert_eq!((&host["NetworkMode"], &host["Sysctls"]), (&json!("none"), &json!({})));
        let podman = asked(EngineKind::Podman, &spec(), false, None);
        for field in ["cap_drop", "cap_add"] {
            assert_eq!(podman[field], json!([]), "{field}");
        }
        assert_eq!(podman["seccomp_profile_path"], Value::Null);
    }

    #[test]
    fn the_recommended_controls_are_asked_for() {
        let docker = asked(EngineKind::Docker, &hardened(), false, Some("net"));
        let host = &docker["HostConfig"];
        assert_eq!((&host["CapDrop"], &host["CapAdd"]), (&json!(["ALL"]), &json!(["CAP_CHOWN"])));
        assert_eq!(host["SecurityOpt"], json!(["no-new-privileges", "seccomp={}"]));
        assert_eq!(host["Tmpfs"], json!({ "/tmp": "mode=1777,size=1024,uid=7,gid=8,exec" }));
        assert_eq!((&docker["Volumes"], &host["ReadonlyRootfs"]), (&json!({ "/data": {} }), &json!(true)));
        assert_eq!(host["ExtraHosts"], json!(["db:10.0.0.3"]));
        let endpoint = &docker["NetworkingConfig"]["EndpointsConfig"]["net"];
        assert_eq!(endpoint["IPAMConfig"]["IPv4Address"], json!("10.0.0.2"));
        let podman = asked(EngineKind::Podman, &hardened(), false, Some("net"));
        assert_eq!((&podman["cap_drop"], &podman["cap_add"]), (&json!(["ALL"]), &json!(["CAP_CHOWN"])));
        assert_eq!(podman["seccomp_profile_path"], json!("/folder/seccomp.json"));
        assert_eq!(
            (&podman["no_new_privileges"], &podman["read_only_filesystem"]),
            (&json!(true), &json!(true))
        );
        assert_eq!(podman["volumes"], json!([{ "Dest": "/data" }]));
        assert_eq!(podman["networks"]["net"]["static_ips"], json!(["10.0.0.2"]));
    }

    #[test]
    fn what_is_recorded_becomes_its_user_itself_unless_privileges_are_ruled_out() {
        for (spec, user, added) in
            [(spec(), "0:0", json!(["CAP_SYS_ADMIN"])), (hardened(), "7:8", json!(["CAP_CHOWN"]))]
        {
            let docker = asked(EngineKind::Docker, &spec, true, None);
            assert_eq!((&docker["User"], &docker["HostConfig"]["CapAdd"]), (&json!(user), &added));
            let words = docker["Cmd"].as_array().unwrap();
            assert!(words.ends_with(&[
                json!(CONTAINER_MARK),
                json!(RECORD),
                json!("server"),
                json!("--port")
            ]));
            let socket = format!("/folder/socket:{SOCKET_INSIDE}:ro");
            assert!(docker["HostConfig"]["Binds"].as_array().unwrap().contains(&json!(socket)));
            let security = docker["HostConfig"]["SecurityOpt"].to_string();
            assert!(!security.contains("seccomp"), "{security}");
        }
    }
}
