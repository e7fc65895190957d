//! What is known beside a file: what registries answered, what images are made of, what a profile saw.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use casehard_deploy::{Compose, yaml};
use casehard_dockerfile::{Dockerfile, Keyword, Model, UserState, Value};
use casehard_finding::Subject;
use casehard_image::{Image, Tree};
use casehard_oci::RootPath;
use casehard_profile::{Address, Profile};

use crate::{
    build::{ImageName, ports},
    deployment::service_image,
};

/// What is known beside a file.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Digests (`sha256:…`) that registries have for references, as files write them.
    pub digests: BTreeMap<String, String>,
    /// Images by their name without registry defaults, tag and digest ([`image_key`]).
    pub images: BTreeMap<String, ImageFacts>,
    /// Images that a Compose file builds, by the service's name.
    pub services: BTreeMap<String, ImageFacts>,
    /// Compose files that this one extends, by their path relative to its folder ([`extended_files`]).
    pub files: BTreeMap<String, Arc<[u8]>>,
    /// The Compose file that this one is laid over, when it is an override file.
    pub overridden: Option<Arc<[u8]>>,
    /// What `/bin/sh` is ([`image_shell`]) in images by the name that `FROM` calls them; by [`image_key`] alone for every tag.
    pub shells: BTreeMap<String, &'static str>,
}

impl Evidence {
    /// What `/bin/sh` is in an image, as far as somebody looked.
    pub(crate) fn shell_of(&self, reference: &str) -> Option<&'static str> {
        let untied = reference.split_once('@').map_or(reference, |(name, _)| name);
        let of = |name: &str| self.shells.get(name).copied();
        of(reference).or_else(|| of(untied)).or_else(|| of(&image_key(reference)))
    }
}

/// What runs as `/bin/sh` in an image: the program that links lead to, symbolic and hard ones. `None` when there is none, or
/// one of another name.
#[must_use]
pub fn image_shell(tree: &Tree) -> Option<&'static str> {
    const PROGRAMS: [&str; 4] = ["dash", "bash", "busybox", "ash"];
    let path = RootPath::root().join_as_kernel(b"bin/sh");
    let program = tree.resolve(&path).entry.filter(|entry| entry.is_file())?;
    PROGRAMS.into_iter().find(|known| program.names().any(|name| name.name() == known.as_bytes()))
}

/// What is known of an image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageFacts {
    /// Where from, to be read after "by": `Dockerfile app/Dockerfile`.
    pub source: String,
    /// The user; empty for root by default, `None` when not known.
    pub user: Option<String>,
    /// The ports that it exposes or listens on; `None` when not known.
    pub ports: Option<BTreeSet<u32>>,
    /// Whether it has a health check; `None` when not known.
    pub healthcheck: Option<bool>,
    /// Directories that are volumes of the image.
    pub volumes: Vec<String>,
    /// Paths that it writes; `None` when nobody looked.
    pub writes: Option<BTreeSet<String>>,
    /// Those of them that it runs, or opens as libraries.
    pub own_code: BTreeSet<String>,
    /// Capabilities that it needs; `None` when nobody looked.
    pub capabilities: Option<BTreeSet<String>>,
}

impl ImageFacts {
    /// What a Dockerfile says of a stage: of the one named, or of the last.
    #[must_use]
    pub fn of_dockerfile(source: String, bytes: &[u8], target: Option<&str>) -> Option<Self> {
        let document = Dockerfile::parse(bytes);
        let model = Model::of(&document);
        let stage = match target {
            Some(name) => &model.stages()[model.stage_named(name)?],
            None => model.last_stage()?,
        };
        let user = match &stage.end.user {
            UserState::Set { value: Value::Known(user), .. } => Some(user.clone()),
            UserState::Default => Some(String::new()),
            _ => None,
        };
        let mut facts = Self { source, user, ..Self::default() };
        let mut exposed = BTreeSet::new();
        for (index, instruction) in model.lineage_instructions(stage.index) {
            match instruction.keyword {
                Keyword::Expose => {
                    let known = instruction
                        .words()
                        .iter()
                        .filter_map(|word| model.value_at(word, index).known().and_then(ports));
                    exposed.extend(known.filter(|range| range.end() - range.start() < 4096).flatten());
                }
                Keyword::Volume => {
                    facts.volumes.extend(instruction.words().iter().map(|word| word.text.clone()));
                }
                Keyword::Healthcheck => facts.healthcheck = Some(instruction.command().is_some()),
                _ => {}
            }
        }
        facts.ports = (!exposed.is_empty()).then_some(exposed);
        Some(facts)
    }

    /// What the configuration of a built image says.
    #[must_use]
    pub fn of_image(source: String, image: &Image) -> Self {
        let config = &image.config().config;
        let exposed: BTreeSet<u32> =
            config.exposed_ports.keys().filter_map(|port| ports(port)).flatten().collect();
        Self {
            source,
            user: Some(config.user.clone()),
            ports: (!exposed.is_empty()).then_some(exposed),
            healthcheck: Some(
                config
                    .healthcheck
                    .as_ref()
                    .is_some_and(|check| check.test.first().is_some_and(|test| test != "NONE")),
            ),
            volumes: config.volumes.keys().cloned().collect(),
            ..Self::default()
        }
    }

    /// Adds what a profile saw.
    pub fn learn(&mut self, profile: &Profile) {
        let mut writes = BTreeSet::new();
        for (path, used) in
            profile.paths.iter().filter(|(_, used)| used.access.iter().any(|access| access.writes()))
        {
            let Some(path) = path.to_utf8() else { continue };
            if ["/proc/", "/sys/", "/dev/"].iter().any(|start| path.starts_with(start)) {
                continue;
            }
            if used.access.iter().any(|access| access.runs_code()) {
                self.own_code.insert(path.clone());
            }
            writes.insert(path);
        }
        self.writes = Some(writes);
        self.capabilities = Some(profile.capabilities.keys().map(|name| bare_capability(name)).collect());
        let bound = profile.bound.iter().filter_map(|address| match address {
            Address::Tcp(address) | Address::Udp(address) => Some(u32::from(address.port())),
            _ => None,
        });
        self.ports.get_or_insert_default().extend(bound);
    }

    /// The user part of the user.
    pub(crate) fn uid(&self) -> Option<&str> {
        self.user.as_deref().map(|user| user.split(':').next().unwrap_or_default())
    }

    /// Whether the application runs as root; `None` when not known.
    pub(crate) fn is_root(&self) -> Option<bool> {
        self.uid().map(|uid| matches!(uid, "" | "root") || uid.bytes().all(|byte| byte == b'0'))
    }

    /// The directories that must be writable beside `places`, none below another.
    pub(crate) fn uncovered(&self, places: &[String]) -> Vec<String> {
        let covered = |path: &str| places.iter().chain(&self.volumes).any(|place| below(path, place));
        let mut found: Vec<String> = Vec::new();
        for path in self.writes.iter().flatten().filter(|path| !covered(path)) {
            let folder = path.rsplit_once('/').map_or("/", |(folder, _)| folder);
            let folder = if folder.is_empty() { path } else { folder };
            if !found.iter().any(|other| below(folder, other)) {
                found.retain(|other| !below(other, folder));
                found.push(folder.to_owned());
            }
        }
        found
    }

    /// Something below `place` that it writes and runs.
    pub(crate) fn own_code_in(&self, place: &str) -> Option<&str> {
        self.own_code.iter().map(String::as_str).find(|path| below(path, place))
    }
}

fn below(path: &str, place: &str) -> bool {
    let place = place.trim_end_matches('/');
    path == place || path.strip_prefix(place).is_some_and(|rest| rest.starts_with('/'))
}

/// A capability without `CAP_`, in capitals.
pub(crate) fn bare_capability(name: &str) -> String {
    let upper = name.to_ascii_uppercase();
    upper.strip_prefix("CAP_").unwrap_or(&upper).to_owned()
}

/// The name under which an image is known: without the default registry, tag and digest.
#[must_use]
pub fn image_key(reference: &str) -> String {
    let name = ImageName::parse(reference);
    let registry = name.registry.filter(|registry| !matches!(*registry, "docker.io" | "index.docker.io"));
    let path = name.path.strip_prefix("library/").unwrap_or(name.path);
    registry.map_or_else(|| path.to_owned(), |registry| format!("{registry}/{path}"))
}

/// What a service of a Compose file is built from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceBuild {
    /// The service.
    pub service: String,
    /// The folder, as written.
    pub context: String,
    /// The Dockerfile, relative to the folder.
    pub dockerfile: String,
    /// The stage, when not the last.
    pub target: Option<String>,
    /// The name that the image gets, when it is given one.
    pub image: Option<String>,
}

/// What a Compose file builds. Builds that only the environment knows are left out.
#[must_use]
pub fn service_builds(bytes: &[u8]) -> Vec<ServiceBuild> {
    let text = String::from_utf8_lossy(bytes);
    let parsed = yaml::read(&text);
    let Some(compose) = parsed.documents.first().and_then(Compose::of) else { return Vec::new() };
    let build = |service: &casehard_deploy::Service| {
        let build = service.get("build")?;
        let text = |key: &str| build.get(key).and_then(yaml::Node::text).map(str::to_owned);
        if build.get("dockerfile_inline").is_some() {
            return None;
        }
        let context =
            build.text().map(str::to_owned).or_else(|| text("context")).unwrap_or_else(|| ".".to_owned());
        let found = ServiceBuild {
            service: service.name.clone(),
            context,
            dockerfile: text("dockerfile").unwrap_or_else(|| "Dockerfile".to_owned()),
            target: text("target"),
            image: service_image(service),
        };
        let known = [&found.context, &found.dockerfile]
            .iter()
            .all(|part| !part.contains('$') && !part.contains("://"));
        known.then_some(found)
    };
    compose.services.iter().filter_map(build).collect()
}

/// The files that a Compose file in `folder` extends, relative to where `folder` is.
#[must_use]
pub fn extended_files(folder: &str, bytes: &[u8]) -> Vec<String> {
    let parsed = yaml::read(&String::from_utf8_lossy(bytes));
    let named = parsed.documents.first().map(Compose::extended_files).unwrap_or_default();
    named.iter().map(|path| casehard_deploy::beside(folder, path)).collect()
}

/// The references of a file that have no digest, as they are written: what a registry should be asked for.
#[must_use]
pub fn unpinned(subject: Subject, bytes: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut found: BTreeSet<String> = match subject {
        Subject::Dockerfile => {
            let document = Dockerfile::parse(bytes);
            let model = Model::of(&document);
            let bases = model.stages().iter().filter_map(|stage| match (&stage.base, &stage.image) {
                (casehard_dockerfile::Base::Image(name), Some(word)) if *name == word.text => {
                    Some(name.clone())
                }
                _ => None,
            });
            let copied = model.image_words().into_iter().map(|(_, word)| word.text);
            bases.chain(copied.filter(|name| model.names_image(name))).collect()
        }
        Subject::Compose => {
            let compose = yaml::read(&text).documents.first().and_then(Compose::of);
            let services = compose.iter().flat_map(|compose| &compose.services);
            services.filter(|service| service.get("build").is_none()).filter_map(service_image).collect()
        }
        Subject::Kubernetes => {
            let kubernetes = casehard_deploy::Kubernetes::of(&yaml::read(&text).documents);
            let images =
                kubernetes.workloads().flat_map(|workload| workload.containers().collect::<Vec<_>>());
            images.filter_map(|container| container.node.get("image")?.text().map(str::to_owned)).collect()
        }
        _ => BTreeSet::new(),
    };
    found.retain(|reference| !reference.contains(['$', '@', ' ']) && !reference.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use casehard_profile::Access;

    use super::*;

    #[test]
    fn facts_of_a_dockerfile_follow_the_stages() {
        let text = b"FROM debian:12 AS base\nEXPOSE 8080 9000-9001/udp\nVOLUME /data\nUSER app\nFROM base\nHEALTHCHECK CMD true\nUSER 10001:10001\n";
        let facts = ImageFacts::of_dockerfile("f".into(), text, None).unwrap();
        assert_eq!(
            (facts.uid(), facts.is_root(), facts.healthcheck),
            (Some("10001"), Some(false), Some(true))
        );
        assert_eq!(facts.ports.unwrap().into_iter().collect::<Vec<_>>(), [8080, 9000, 9001]);
        let base = ImageFacts::of_dockerfile("f".into(), text, Some("base")).unwrap();
        assert_eq!((base.uid(), base.healthcheck), (Some("app"), None));
        assert_eq!(base.volumes, ["/data"]);
        assert_eq!(ImageFacts::of_dockerfile("f".into(), text, Some("absent")), None);
        assert_eq!(ImageFacts::of_dockerfile("f".into(), b"FROM debian:12\n", None).unwrap().is_root(), None);
    }

    #[test]
    fn the_shell_of_an_image_is_where_links_lead() {
        let shell = |text: &str| crate::audit_example::with_image(text, |_, tree, _| image_shell(tree));
        let debian = "link /bin usr/bin\nfile /usr/bin/dash 0755\nlink /usr/bin/sh dash\n";
        assert_eq!(shell(debian), Some("dash"));
        assert_eq!(shell("file /bin/busybox 0755\nlink /bin/sh /bin/busybox\n"), Some("busybox"));
        assert_eq!(shell("file /bin/bash 0755\nhardlink /bin/sh /bin/bash\n"), Some("bash"));
        assert_eq!(shell("file /bin/sh 0755\n"), None);
        assert_eq!(shell("link /bin/sh /bin/dash\n"), None);
        let shells = [("corp/app:1".to_owned(), "bash"), ("corp/base".to_owned(), "dash")].into();
        let evidence = Evidence { shells, ..Evidence::default() };
        assert_eq!(evidence.shell_of("corp/app:1@sha256:x"), Some("bash"));
        assert_eq!((evidence.shell_of("corp/app:2"), evidence.shell_of("corp/base:9")), (None, Some("dash")));
    }

    #[test]
    fn what_is_written_needs_a_place() {
        let writes = ["/tmp/a", "/var/lib/app/x/1", "/var/lib/app/2", "/data/db"].map(str::to_owned);
        let facts = ImageFacts {
            writes: Some(writes.into()),
            volumes: vec!["/data".into()],
            ..ImageFacts::default()
        };
        assert_eq!(facts.uncovered(&["/tmp".to_owned()]), ["/var/lib/app"]);
    }

    #[test]
    fn code_that_is_written_and_run_wants_an_executable_place() {
        let mut profile = Profile::default();
        for (path, access) in
            [("/tmp/x.so", Access::Created), ("/tmp/x.so", Access::Library), ("/run/pid", Access::Created)]
        {
            let path = RootPath::parse(path.as_bytes()).unwrap();
            profile.paths.entry(path).or_default().access.insert(access);
        }
        let mut facts = ImageFacts { source: "the profile".to_owned(), ..ImageFacts::default() };
        facts.learn(&profile);
        assert_eq!((facts.own_code_in("/tmp"), facts.own_code_in("/run")), (Some("/tmp/x.so"), None));
        let evidence = Evidence { images: [("app".to_owned(), facts)].into(), ..Evidence::default() };
        let settings = crate::Settings { evidence: evidence.into(), ..crate::Settings::default() };
        let drift = |mounts: &str| -> Vec<String> {
            let text = format!("services:\n  a:\n    image: app:1\n    tmpfs: [{mounts}]\n");
            let checked =
                crate::check_file(Subject::Compose, "compose.yaml", text.as_bytes(), None, &settings);
            let found = checked.findings.into_iter().filter(|finding| finding.rule == "compose-drift");
            found.map(|finding| finding.message).collect()
        };
        assert_eq!(drift("/tmp:exec, /run"), [""; 0]);
        let said = drift("\"/tmp:size=64m\", /run");
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains("the application runs /tmp/x.so (the profile)"), "{said:?}");
    }

    #[test]
    fn references_are_collected_as_they_are_written() {
        let dockerfile = b"ARG V=1\nFROM debian:12 AS a\nFROM a\nFROM x:$V\nFROM y@sha256:1\n\
            COPY --from=tools:3 /t /t\nCOPY --from=a / /\nCOPY --from=0 / /\n\
            RUN --mount=from=tools:4,target=/m true\n";
        let asked = unpinned(Subject::Dockerfile, dockerfile);
        assert_eq!(asked.into_iter().collect::<Vec<_>>(), ["debian:12", "tools:3", "tools:4"]);
        let compose =
            b"services:\n  a: {image: nginx:1}\n  b: {image: 'c:${T}'}\n  d: {image: own, build: .}\n";
        assert_eq!(unpinned(Subject::Compose, compose).into_iter().collect::<Vec<_>>(), ["nginx:1"]);
        let builds = service_builds(compose);
        assert_eq!(
            (builds.len(), builds[0].image.as_deref(), builds[0].dockerfile.as_str()),
            (1, Some("own"), "Dockerfile")
        );
        assert_eq!(image_key("docker.io/library/nginx:1@sha256:x"), "nginx");
        assert_eq!(image_key("r.example.com:5000/a/b:1"), "r.example.com:5000/a/b");
    }
}
