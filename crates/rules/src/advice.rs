//! What to move to: full, slim, distroless, hardened; glibc or musl. By what the image has, and what a profile saw used.

use casehard_image::{Image, Tree};
use casehard_inventory::{Ecosystem, Inventory};
use casehard_profile::{Access, Profile};

use crate::{
    FileContents, Settings,
    audit::{Input, Start},
    shells::{SHELLS, is_shell},
};

/// How much an image is beside its application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Compilers, headers, version control: an image for building.
    Full,
    /// A distribution with a shell and a package manager.
    Slim,
    /// No shell and no package manager.
    Distroless,
    /// The same, not as root, and without setuid files.
    Hardened,
}

/// Advice about one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// What it is now.
    pub weight: Weight,
    /// What it should become next, when there is something.
    pub next: Option<Weight>,
    /// Sentences: why, what stands in the way, which C library and why.
    pub reasons: Vec<String>,
}

impl Weight {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Slim => "slim",
            Self::Distroless => "distroless",
            Self::Hardened => "hardened",
        }
    }
}

/// Advice for an image; with a profile it rests on what was used, without one on what is there.
#[must_use]
pub fn advise(image: &Image, tree: &Tree, inventory: &Inventory, profile: Option<&Profile>) -> Advice {
    let settings = Settings::new();
    let found = FileContents::default();
    let input = Input::new(image, tree, inventory, &found, &settings);
    let tools = input.program_named(&[
        "gcc", "g++", "cc", "clang", "make", "cmake", "git", "svn", "hg", "go", "rustc", "javac", "mvn",
    ]);
    let shells = input.program_named(&SHELLS);
    let managers =
        input.program_named(&["apt-get", "dpkg", "apk", "dnf", "yum", "microdnf", "rpm", "zypper", "pacman"]);
    let setuid = tree
        .walk()
        .filter(|entry| entry.is_file() && entry.mode() & 0o6000 != 0 && entry.mode() & 0o111 != 0)
        .count();
    let root = input.uid() == Some(0);
    let weight = if tools.len() > 1 {
        Weight::Full
    } else if !shells.is_empty() || !managers.is_empty() {
        Weight::Slim
    } else if root || setuid > 0 {
        Weight::Distroless
    } else {
        Weight::Hardened
    };
    let mut reasons = Vec::new();
    let next = match weight {
        Weight::Full => {
            let names: Vec<String> = tools.iter().take(6).map(|entry| entry.path().to_string()).collect();
            reasons.push(format!("it is an image for building: it has {}", names.join(", ")));
            reasons.push("build in it, and copy the result into a slim image of the same release".to_owned());
            Some(Weight::Slim)
        }
        Weight::Slim => {
            let blockers = blockers(&input, profile);
            if blockers.is_empty() {
                reasons.push(format!(
                    "nothing {} runs a shell or a package manager",
                    if profile.is_some() { "that was seen" } else { "in its configuration" }
                ));
                reasons.push(format!("move to {}", distroless(&input)));
                Some(Weight::Distroless)
            } else {
                reasons.extend(blockers);
                reasons.push(
                    "a base without a shell would break it; harden this one, which keeps what is used"
                        .to_owned(),
                );
                Some(Weight::Hardened)
            }
        }
        Weight::Distroless => {
            if root {
                reasons.push("it still runs as root".to_owned());
            }
            if setuid > 0 {
                reasons.push(format!("{setuid} files are setuid or setgid"));
            }
            Some(Weight::Hardened)
        }
        Weight::Hardened => None,
    };
    if let Some(profile) = profile {
        reasons.push(unused(inventory, tree, profile));
    }
    reasons.push(libc(&input, profile));
    Advice { weight, next, reasons }
}

/// What a base without a shell would break.
fn blockers(input: &Input<'_>, profile: Option<&Profile>) -> Vec<String> {
    let mut found = Vec::new();
    let container = input.container();
    if let Some(name) = container.argv().first().filter(|name| is_shell(name)) {
        found.push(format!("the entrypoint is {name}"));
    }
    if let Start::Program(entry) = &input.start
        && let Some(script) = input.inventory.script(*entry)
        && is_shell(&String::from_utf8_lossy(script.program()))
    {
        found.push(format!("the entrypoint {} is a shell script", entry.path()));
    }
    if container
        .healthcheck
        .as_ref()
        .is_some_and(|check| check.test.first().is_some_and(|kind| kind == "CMD-SHELL"))
    {
        found.push("the health check is run by a shell".to_owned());
    }
    let used = profile.iter().flat_map(|profile| &profile.programs);
    for (path, arguments) in used.filter(|(path, _)| path.to_utf8().is_some_and(|path| is_shell(&path))) {
        let example = arguments.iter().next().map(|words| words.join(" ")).unwrap_or_default();
        found.push(format!(
            "{path} was run while it was observed: {}",
            example.chars().take(80).collect::<String>()
        ));
    }
    found
}

/// A base without a shell that would carry the application, by what it starts.
fn distroless(input: &Input<'_>) -> String {
    let program = input
        .start
        .program()
        .map(|entry| String::from_utf8_lossy(entry.name()).into_owned())
        .unwrap_or_default();
    let elf = input.start.program().and_then(|entry| input.inventory.elf(entry));
    if elf.is_some_and(|elf| elf.interpreter.is_none()) {
        return "scratch: what it starts is linked statically".to_owned();
    }
    let interpreter = input
        .start
        .program()
        .and_then(|entry| input.inventory.script(entry))
        .map(|script| String::from_utf8_lossy(script.program()).into_owned())
        .unwrap_or_default();
    let runtimes = [
        ("python", "Python"),
        ("node", "Node"),
        ("java", "Java"),
        ("ruby", "Ruby"),
        ("php", "PHP"),
        ("perl", "Perl"),
        ("dotnet", ".NET"),
    ];
    let runtime =
        runtimes.iter().find(|(name, _)| program.starts_with(name) || interpreter.starts_with(name));
    match runtime {
        Some((_, name)) => format!("a distroless base with {name}, of the same release"),
        None => "a distroless base with the C library alone".to_owned(),
    }
}

/// How many packages nothing was used of.
fn unused(inventory: &Inventory, tree: &Tree, profile: &Profile) -> String {
    let mut used = std::collections::BTreeSet::new();
    for (path, how) in &profile.paths {
        let counts = how
            .access
            .iter()
            .any(|access| matches!(access, Access::Executed | Access::Library | Access::Read));
        if let Some(entry) = tree.resolve(path).entry.filter(|_| counts) {
            used.extend(inventory.owners(entry));
        }
    }
    let all = inventory.packages.iter().filter(|package| package.ecosystem.is_distribution()).count();
    let of_distribution =
        used.iter().filter(|id| inventory.package(**id).ecosystem.is_distribution()).count();
    format!(
        "of {all} packages of the distribution, files of {of_distribution} were used while it was observed"
    )
}

/// Which C library, and why.
fn libc(input: &Input<'_>, profile: Option<&Profile>) -> String {
    let start = input.start.program();
    let script = start.and_then(|entry| input.inventory.script(entry));
    let program = match script {
        Some(script) => input.program_named(&[&String::from_utf8_lossy(script.program())]).into_iter().next(),
        None => start,
    };
    let elf = program.and_then(|entry| input.inventory.elf(input.tree.resolve(&entry.path()).entry?));
    let Some(elf) = elf else {
        return "C library: what it starts is no native program, so nothing is said".to_owned();
    };
    let Some(interpreter) = elf.interpreter.as_ref().map(|path| String::from_utf8_lossy(path).into_owned())
    else {
        return "C library: none is needed, as what it starts is linked statically; scratch or either family will do".to_owned();
    };
    if interpreter.contains("ld-musl") {
        return format!(
            "C library: musl ({interpreter}); stay with it, as programs built for glibc do not run on it"
        );
    }
    let mut why = Vec::new();
    let native = input
        .inventory
        .packages
        .iter()
        .filter(|package| matches!(package.ecosystem, Ecosystem::Pypi | Ecosystem::Npm | Ecosystem::Gem));
    let compiled = native.flat_map(|package| package.files.iter().map(move |file| (package, *file))).find(
        |(_, file)| {
            input.tree.entry(*file).is_file()
                && [b".so".as_slice(), b".node"]
                    .iter()
                    .any(|end| input.tree.entry(*file).name().ends_with(end))
        },
    );
    if let Some((package, _)) = compiled {
        why.push(format!("{} brings compiled modules that were built for it", package.name));
    }
    let looked_up = |part: &str| {
        profile.is_some_and(|profile| {
            profile.paths.iter().any(|(path, how)| {
                path.to_utf8().is_some_and(|path| path.contains(part))
                    && how.access.contains(&Access::Library)
            })
        })
    };
    if looked_up("libnss_")
        && input
            .at("/etc/nsswitch.conf")
            .and_then(|_| input.text("/etc/nsswitch.conf"))
            .is_some_and(|text| !text.is_empty())
    {
        why.push("it looks names up through NSS modules, which musl does not have".to_owned());
    }
    if looked_up("/gconv/") {
        why.push("it converts character sets with gconv modules, which musl does not have".to_owned());
    }
    if input.at("/usr/lib/locale/locale-archive").is_some() {
        why.push("it has locales, which musl does not apply".to_owned());
    }
    if why.is_empty() {
        format!(
            "C library: glibc ({interpreter}); nothing that was found binds it to glibc, but a move to musl means to build it anew and to test it"
        )
    } else {
        format!("C library: stay with glibc: {}", why.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> casehard_oci::RootPath {
        casehard_oci::RootPath::root().join_as_kernel(text.trim_start_matches('/').as_bytes())
    }

    fn advice(text: &str, profile: Option<&Profile>) -> Advice {
        crate::audit_example::with_image(text, |image, tree, inventory| {
            advise(image, tree, inventory, profile)
        })
    }

    #[test]
    fn each_image_is_told_its_next_step() {
        let full = advice("file /usr/bin/gcc 0755 x\nfile /usr/bin/git 0755 x\nfile /bin/sh 0755 x\n", None);
        assert_eq!((full.weight, full.next), (Weight::Full, Some(Weight::Slim)));
        let script = "file /bin/sh 0755 x\nfile /run.sh 0755 #!/bin/sh\\n\nconfig entrypoint=/run.sh\nconfig user=10001\n";
        let slim = advice(script, None);
        assert_eq!((slim.weight, slim.next), (Weight::Slim, Some(Weight::Hardened)), "{slim:?}");
        assert!(slim.reasons.iter().any(|reason| reason.contains("/run.sh is a shell script")), "{slim:?}");
        let program = "file /bin/sh 0755 x\nprogram /app\nconfig entrypoint=/app\nconfig user=10001\n";
        assert_eq!(advice(program, None).next, Some(Weight::Distroless));
        let mut profile = Profile::default();
        profile.programs.entry(path("/bin/sh")).or_default().insert(vec![
            "sh".to_owned(),
            "-c".to_owned(),
            "date".to_owned(),
        ]);
        let observed = advice(program, Some(&profile));
        assert_eq!(observed.next, Some(Weight::Hardened), "what was seen to run a shell stays: {observed:?}");
        let bare = advice("program /app\nconfig entrypoint=/app\n", None);
        assert_eq!((bare.weight, bare.next), (Weight::Distroless, Some(Weight::Hardened)));
        assert_eq!(advice("program /app\nconfig entrypoint=/app\nconfig user=10001\n", None).next, None);
    }
}
